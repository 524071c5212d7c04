"""Strict fields of terrain's light that are arrays: the channels of a colour, a span of numbers."""

from typing import Any

from marshmallow import ValidationError

from webapi.fields import Colour, Number, Strict, refuse

CHANNELS = 3


class Rgb(Colour):
    """`[red, green, blue]`, each 0 to 255, as saved configs have it, or a colour; read as one."""

    wants = "a colour, or an array [red, green, blue]"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.metadata = {"oneOf": [{"type": "string"}, _array(Number(0, 255), CHANNELS)]}

    def read(self, value: Any) -> str:
        if not isinstance(value, list):
            return super().read(value)
        channels = _numbers(self, value, CHANNELS, Number(0, 255))
        return "#" + "".join(f"{round(channel):02x}" for channel in channels)


class Span(Strict):
    """`[start, end]`, the first below the second."""

    wants = "an array [start, end]"

    def __init__(self, low: float, high: float, **kwargs: Any) -> None:
        self.number = Number(low, high)
        super().__init__(metadata=_array(self.number, 2), **kwargs)

    def read(self, value: Any) -> tuple[float, float]:
        if not isinstance(value, list):
            self.mismatch(value)
        start, end = _numbers(self, value, 2, self.number)
        if start >= end:
            raise refuse("out_of_range", f"must begin below its end, got {start:g} to {end:g}")
        return start, end


def _array(number: Number, length: int) -> dict[str, Any]:
    return {"type": "array", "items": number.metadata, "minItems": length, "maxItems": length}


def _numbers(field: Strict, value: list[Any], length: int, number: Number) -> list[float]:
    """Read *value* and raise the complaints of all its elements, by index."""
    if len(value) != length:
        raise refuse("array_length", f"must be {field.wants}, got {len(value)} elements")
    read: list[float] = []
    wrong: dict[int, Any] = {}
    for index, item in enumerate(value):
        try:
            read.append(number.deserialize(item))
        except ValidationError as err:
            wrong[index] = err.messages
    if wrong:
        raise ValidationError(wrong)
    return read
