"""The base of the request schemas: what they complain about together, and how it is told."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, validates_schema

from webapi.errors import Invalid, Issue
from webapi.fields import Complaint, did_you_mean, refuse, shown

# More would help nobody, and a body of 20,000 strange keys must stay cheap to refuse.
MAX_ISSUES = 20


class StrictSchema(Schema):
    """A schema that refuses unknown fields, with a suggestion."""

    class Meta:
        unknown = EXCLUDE  # refuse_strangers below sees them, and knows how to name them
        register = False

    error_messages = {"type": [Complaint("type_mismatch", "must be an object")]}  # type: ignore  # noqa
    ignored: ClassVar[frozenset[str]] = frozenset()

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_strangers(self, _data: Any, original: Any, **_: Any) -> None:
        if not isinstance(original, Mapping):
            return
        known = {field.data_key or name for name, field in self.load_fields.items()}
        strangers = (key for key in original if key not in known | self.ignored)
        if wrong := {key: [_stranger(key, known)] for key in islice(strangers, MAX_ISSUES)}:
            raise ValidationError(wrong)


def _stranger(key: str, known: Iterable[str]) -> Complaint:
    return Complaint("unknown_field", f"there is no field {shown(key)}{did_you_mean(key, known)}")


def invalid(messages: Any) -> Invalid:
    """Turn marshmallow's nested messages into issues, each with its JSON pointer."""
    return Invalid(tuple(islice(_issues("", messages), MAX_ISSUES)))


def _issues(pointer: str, messages: Any) -> Iterator[Issue]:
    if isinstance(messages, Complaint):
        yield Issue(pointer, messages.code, messages.detail)
    elif isinstance(messages, list):
        for message in messages:
            yield from _issues(pointer, message)
    else:
        for key, message in messages.items():
            deeper = "" if key == "_schema" else "/" + _escaped(key)
            yield from _issues(pointer + deeper, message)


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


__all__ = ["StrictSchema", "invalid", "refuse"]
