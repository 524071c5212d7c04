"""Read a request body as strict JSON, before any schema sees it.

Python's parser takes what JSON does not have (NaN, lone surrogates), lets the last of two equal
keys win and dies of deep nesting, so limits and doubts are settled here, in linear time.
"""

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from webapi.errors import BadRequest, BodyTooLarge

MAX_DEPTH = 32
MAX_KEYS = 20_000
# The longest double has 309 digits before its point; nothing longer is a number for anyone.
MAX_DIGITS = 309
# A poster's config becomes an object in the page: names that reach a prototype stay outside.
FORBIDDEN_KEYS = frozenset({"__proto__", "constructor", "prototype"})

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# A string is one token however it ends, so that the scan stays linear for unfinished ones, too.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[][{}:]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """Return the JSON value of *body*. Raises BadRequest and, for too many keys, BodyTooLarge."""
    if not body:
        raise BadRequest("body_missing", "Send the poster as a JSON object.")
    text = _decode(body)
    _check_shape(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as err:
        where = f"line {err.lineno}, column {err.colno}"
        raise BadRequest("json_invalid", f"The body is not JSON: {err.msg} at {where}.") from err
    for item in _strings(value):
        _check_string(item)
    return value


def _decode(body: bytes) -> str:
    if body.startswith(_BOMS) or b"\0" in body:
        raise BadRequest("json_encoding", "The body must be UTF-8 without a byte order mark.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as err:
        raise BadRequest(
            "json_encoding", f"The body must be UTF-8; byte {err.start} is not."
        ) from err


def _check_shape(text: str) -> None:
    depth = keys = 0
    for token in _TOKEN.finditer(text):
        sign = token[0][0]
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif sign == ":":
            keys += 1
        if depth > MAX_DEPTH:
            raise BadRequest("json_too_deep", f"The body must not nest deeper than {MAX_DEPTH}.")
        if keys > MAX_KEYS:
            raise BodyTooLarge("body_too_large", f"The body must have at most {MAX_KEYS} keys.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, item in pairs:
        _check_string(key)
        if key in FORBIDDEN_KEYS:
            raise BadRequest("json_forbidden_key", f"The key {key!r} is not allowed.")
        if key in value:
            raise BadRequest("json_duplicate_key", f"The key {key[:60]!r} appears twice.")
        value[key] = item
    return value


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise BadRequest("json_number", f"A number of {len(digits)} digits is too long.")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise BadRequest("json_number", f"The number {digits[:40]} is too large.")
    return number


def _no_number(word: str) -> float:
    raise BadRequest("json_number", f"{word} is not a JSON number.")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)


def _check_string(item: str) -> None:
    if "\0" in item:
        raise BadRequest("json_encoding", "A text of the body holds the character NUL.")
    if _SURROGATE.search(item):
        raise BadRequest("json_encoding", "A text of the body holds half a surrogate pair.")
