"""Strict marshmallow fields: nothing is coerced, and each complaint has a code and names the range.

`schemas.py` makes them from the field metadata of `exporter/poster.py`, the one home of ranges.
"""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from marshmallow import ValidationError, fields

from webapi import colours, texts


@dataclass(frozen=True)
class Complaint:
    """What a field found wrong; its place is known to the schema around it."""

    code: str
    detail: str


def refuse(code: str, detail: str) -> ValidationError:
    return ValidationError([Complaint(code, detail)])


def shown(item: Any) -> str:
    """Return *item* as JSON people would recognise it, cut short."""
    if isinstance(item, list | dict):
        return "an array" if isinstance(item, list) else "an object"
    text = json.dumps(item, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean "x"?)` or nothing. Long words are cut: the comparison is quadratic."""
    close = difflib.get_close_matches(word[:64], list(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def described(field: fields.Field[Any], **words: Any) -> fields.Field[Any]:
    """Add *words* (`default`, `description`) to what the OpenAPI description says of *field*."""
    field.metadata = {**field.metadata, **words}
    return field


class Strict(fields.Field[Any]):
    """A field that takes what `read` takes; `wants` says in words what that is."""

    wants = "a value"

    def make_error(self, key: str, **_: Any) -> ValidationError:
        if key == "required":
            return refuse("field_missing", f"is required: {self.wants}")
        return refuse("type_mismatch", f"must be {self.wants}, got null")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return self.read(value)

    def read(self, value: Any) -> Any:
        raise NotImplementedError

    def mismatch(self, value: Any) -> NoReturn:
        raise refuse("type_mismatch", f"must be {self.wants}, got {shown(value)}")


class Flag(Strict, fields.Boolean):
    wants = "true or false"

    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            self.mismatch(value)
        return value


class Number(Strict, fields.Float):
    wants = "a number"
    json_type = "number"

    def __init__(self, low: float, high: float, **kwargs: Any) -> None:
        self.low, self.high = low, high
        about = {"type": self.json_type, "minimum": low, "maximum": high}
        super().__init__(metadata=about, **kwargs)

    def read(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.mismatch(value)
        if not self.low <= value <= self.high:
            span = f"{self.low:.15g} to {self.high:.15g}"
            raise refuse("out_of_range", f"must be {span}, got {shown(value)}")
        return float(value)


class Whole(Number):
    wants = "a whole number"
    json_type = "integer"

    def read(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            self.mismatch(value)
        return int(super().read(value))


class Text(Strict, fields.String):
    wants = "a text"

    def __init__(self, longest: int, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(metadata={"maxLength": longest}, **kwargs)

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            self.mismatch(value)
        if complaint := texts.complaint(value, self.longest):
            raise refuse(*complaint)
        return value


class Word(Strict, fields.String):
    """One of a few words; for a font or a palette `code` may differ."""

    wants = "a text"

    def __init__(self, one_of: Iterable[str], code: str = "enum_unknown", **kwargs: Any) -> None:
        self.one_of, self.code = tuple(one_of), code
        null = [None] if kwargs.get("allow_none") else []
        super().__init__(metadata={"enum": [*self.one_of, *null]}, **kwargs)

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            self.mismatch(value)
        if value not in self.one_of:
            listed = ", ".join(self.one_of)
            hint = did_you_mean(value, self.one_of)
            raise refuse(self.code, f"must be one of {listed}; got {shown(value)}{hint}")
        return value


class Font(Word):
    """A font of the catalogue: ids only, nothing is fetched on a caller's word."""

    def read(self, value: Any) -> str:
        if isinstance(value, str) and "://" in value:
            raise refuse("url_not_allowed", "must be the name of a font, not a URL")
        return super().read(value)


class Colour(Strict, fields.String):
    wants = "a colour"

    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            self.mismatch(value)
        if not colours.is_colour(value):
            raise refuse("colour_invalid", f"must be {colours.FORMS}; got {shown(value)}")
        return colours.normal(value)
