"""Strict JSON: what a lenient parser would let through, each with its code."""

import json

import pytest

from webapi.errors import BadRequest, BodyTooLarge
from webapi.json_body import MAX_DEPTH, MAX_DIGITS, MAX_KEYS, parse


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -1.5e-300, 10**300, "", "żółć 東京 👩", [], {}, {"a": [{"b": None}]},
        {'quotes"and\\slashes{[:]}': "{[:,]}"}, "\\u0000 spelled out", "\U0001f600",
    ],
)  # fmt: skip
def test_json_is_read_as_it_is(value):
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body_missing"),
        (b"   ", "json_invalid"),
        (b"{", "json_invalid"),
        (b'"', "json_invalid"),
        (b'"\\', "json_invalid"),
        (b"[1,]", "json_invalid"),
        (b"{} {}", "json_invalid"),
        (b"'a'", "json_invalid"),
        (b'"a\nb"', "json_invalid"),
        (b"01", "json_invalid"),
        (b"\xef\xbb\xbf{}", "json_encoding"),
        ("{}".encode("utf-16"), "json_encoding"),
        ("{}".encode("utf-32-be"), "json_encoding"),
        (b'"\xff"', "json_encoding"),
        (b'"\xed\xa0\x80"', "json_encoding"),
        (rb'"\ud800"', "json_encoding"),
        (rb'"\u0000"', "json_encoding"),
        (rb'{"a\u0000b":1}', "json_encoding"),
        (rb'{"a":[{"b":"\udc00"}]}', "json_encoding"),
        (b"NaN", "json_number"),
        (b"[-Infinity]", "json_number"),
        (b"1e999", "json_number"),
        (b"-1e999", "json_number"),
        (b"1" * (MAX_DIGITS + 1), "json_number"),
        (b"[" * (MAX_DEPTH + 1), "json_too_deep"),
        (b'{"a":' * (MAX_DEPTH + 1), "json_too_deep"),
        (b'{"a":1,"a":1}', "json_duplicate_key"),
        (rb'{"a":1,"\u0061":1}', "json_duplicate_key"),
        (b'{"x":{"__proto__":1}}', "json_forbidden_key"),
        (rb'{"\u005f_proto__":1}', "json_forbidden_key"),
        (b'{"prototype":1}', "json_forbidden_key"),
    ],
)
def test_what_is_not_strict_json_is_refused(body, code):
    with pytest.raises(BadRequest) as raised:
        parse(body)

    assert raised.value.code == code


def test_the_deepest_and_the_longest_that_is_allowed_is_read():
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse(b"9" * MAX_DIGITS) == 10**MAX_DIGITS - 1
    assert len(parse(json.dumps(dict.fromkeys(map(str, range(MAX_KEYS)))).encode())) == MAX_KEYS


def test_more_keys_than_allowed_are_refused():
    with pytest.raises(BodyTooLarge):
        parse(json.dumps(dict.fromkeys(map(str, range(MAX_KEYS + 1)))).encode())


def test_brackets_within_texts_are_not_depth():
    text = "[{" * 100 + '\\"' + "[" * 100

    assert parse(json.dumps({"a": text}).encode()) == {"a": text}


def test_a_parse_error_says_where():
    with pytest.raises(BadRequest, match="line 2, column 7"):
        parse(b'{"a": 1,\n "b": }')
