"""Strict fields for places: degrees WGS 84, `[lng, lat]`, never wrapped or clamped."""

from typing import Any

from marshmallow import ValidationError, fields

from exporter.poster import MAX_LATITUDE
from webapi.fields import Strict, refuse, shown


class Latitude(Strict, fields.Float):
    wants = "degrees of latitude"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": -MAX_LATITUDE, "maximum": MAX_LATITUDE}, **kwargs)

    def read(self, value: Any) -> float:
        if not _is_number(value):
            self.mismatch(value)
        if abs(value) > 90:
            hint = "; are lat and lng swapped?" if abs(value) <= 180 else ""
            raise refuse("out_of_range", f"must be -90 to 90, got {shown(value)}{hint}")
        if abs(value) > MAX_LATITUDE:
            detail = f"the map ends at {MAX_LATITUDE} degrees north and south, got {shown(value)}"
            raise refuse("latitude_beyond_mercator", detail)
        return float(value)


class Longitude(Strict, fields.Float):
    wants = "degrees of longitude"
    farthest = 180

    def __init__(self, **kwargs: Any) -> None:
        about = {"minimum": -self.farthest, "maximum": self.farthest}
        super().__init__(metadata=about, **kwargs)

    def read(self, value: Any) -> float:
        if not _is_number(value):
            self.mismatch(value)
        if abs(value) > self.farthest:
            hint = ""
            if abs(value) <= 1e6:
                hint = f"; on this side of the antimeridian it is {(value + 180) % 360 - 180:.10g}"
            span = f"-{self.farthest} to {self.farthest}"
            raise refuse("out_of_range", f"must be {span}, got {shown(value)}{hint}")
        return float(value)


class EdgeLongitude(Longitude):
    """Of the edge of a map: maps tell one beyond the antimeridian as 190, not as -170."""

    farthest = 360


class Point(Strict):
    """`[lng, lat]`; a swapped pair is told apart where the numbers give it away."""

    wants = "an array [lng, lat]"
    longitude: type[Longitude] = Longitude

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata=_pair({"type": "number"}), **kwargs)

    def read(self, value: Any) -> tuple[float, float]:
        lng, lat = _two(self, value)
        if _is_number(lng) and _is_number(lat) and abs(lng) <= 90 < abs(lat) <= 180:
            swapped = f"[{shown(lat)}, {shown(lng)}]"
            raise refuse("coordinates_swapped", f"must be [lng, lat]; did you mean {swapped}?")
        return _both((self.longitude(), Latitude()), (lng, lat))


class Corner(Point):
    """A corner of bounds."""

    longitude = EdgeLongitude


class Bounds(Strict):
    """`[[west, south], [east, north]]`, a real rectangle.

    Across the antimeridian west is greater than east, or one of them is beyond 180 degrees.
    """

    wants = "an array [[west, south], [east, north]]"

    def __init__(self, **kwargs: Any) -> None:
        corner = {"type": "array", "items": {"type": "number"}}
        super().__init__(metadata=_pair(corner), **kwargs)

    def read(self, value: Any) -> tuple[tuple[float, float], tuple[float, float]]:
        corners = _both((Corner(), Corner()), _two(self, value))
        (west, south), (east, north) = corners
        if south > north:
            raise refuse("bbox_invalid", f"south {south:g} is above north {north:g}")
        width = east - west if west <= east else east + 360 - west
        if width == 0 or south == north:
            raise refuse("bbox_invalid", "the bounds have no area")
        if not 0 < width <= 360:
            detail = f"from west {west:g} to east {east:g} must be at most 360 degrees"
            raise refuse("bbox_invalid", detail)
        return corners


def _pair(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 2, "maxItems": 2}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _two(field: Strict, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, list):
        field.mismatch(value)
    if len(value) != 2:
        raise refuse("array_length", f"must be {field.wants}, got {len(value)} elements")
    return value[0], value[1]


def _both(parts: tuple[Strict, Strict], values: tuple[Any, Any]) -> tuple[Any, Any]:
    """Read both elements and raise the complaints of both, by index."""
    read: list[Any] = []
    wrong: dict[int, Any] = {}
    for index, (part, value) in enumerate(zip(parts, values, strict=True)):
        try:
            read.append(part.deserialize(value))
        except ValidationError as err:
            wrong[index] = err.messages
    if wrong:
        raise ValidationError(wrong)
    return read[0], read[1]
