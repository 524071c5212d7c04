"""Places: degrees, `[lng, lat]`, never wrapped, clamped or guessed."""

import pytest
from marshmallow import ValidationError

from webapi.points import Bounds, Latitude, Longitude, Point


@pytest.mark.parametrize("lat", [0, 85.051129, -85.051129, 51.5])
def test_a_latitude_on_the_map_is_taken(lat):
    assert Latitude().deserialize(lat) == lat


@pytest.mark.parametrize(
    ("lat", "code"),
    [
        (85.06, "latitude_beyond_mercator"),
        (-90, "latitude_beyond_mercator"),
        (90.0001, "out_of_range"),
        (1e300, "out_of_range"),
        ("51", "type_mismatch"),
        (True, "type_mismatch"),
        (None, "type_mismatch"),
    ],
)
def test_any_other_latitude_is_refused(lat, code):
    assert codes(Latitude(), lat) == code


@pytest.mark.parametrize(("lng", "hint"), [(181, "-179"), (-190, "170"), (540.5, "-179.5")])
def test_a_longitude_beyond_the_antimeridian_is_told_its_other_name(lng, hint):
    with pytest.raises(ValidationError) as raised:
        Longitude().deserialize(lng)

    assert raised.value.messages[0].detail.endswith(f"it is {hint}")


def test_an_absurd_longitude_gets_no_advice():
    with pytest.raises(ValidationError) as raised:
        Longitude().deserialize(10**300)

    assert "antimeridian" not in raised.value.messages[0].detail


def test_a_point_is_read_in_order():
    assert Point().deserialize([71.4, 51.1]) == (71.4, 51.1)


@pytest.mark.parametrize(
    ("point", "code"),
    [
        ([51.1, 120], "coordinates_swapped"),
        ([120, 95], {1: "out_of_range"}),
        ([1], "array_length"),
        ([1, 2, 3], "array_length"),
        ([], "array_length"),
        ("1,2", "type_mismatch"),
        ({"lng": 1, "lat": 2}, "type_mismatch"),
        (["1", None], {0: "type_mismatch", 1: "type_mismatch"}),
    ],
)
def test_a_point_that_is_none_is_refused_where_it_is_wrong(point, code):
    assert codes(Point(), point) == code


def test_bounds_are_a_rectangle():
    assert Bounds().deserialize([[-1, -2], [3, 4]]) == ((-1, -2), (3, 4))


@pytest.mark.parametrize(
    ("west", "east"), [(170, -170), (170, 190), (-190, -170), (-180, 180), (179.95, -179.95)]
)
def test_bounds_may_lead_across_the_antimeridian(west, east):
    """As GeoJSON tells them, and as maps tell them that count on beyond it."""
    assert Bounds().deserialize([[west, -2], [east, 4]]) == ((west, -2), (east, 4))


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ([[0, 2], [1, 1]], "bbox_invalid"),
        ([[0, 1], [0, 2]], "bbox_invalid"),
        ([[0, 1], [1, 1]], "bbox_invalid"),
        ([[180, 0], [-180, 1]], "bbox_invalid"),
        ([[-190, 0], [190, 1]], "bbox_invalid"),
        ([[300, 0], [-300, 1]], "bbox_invalid"),
        ([[0, 0], [361, 1]], {1: {0: "out_of_range"}}),
        ([[0, 0]], "array_length"),
        ([[0, 0], [1]], {1: "array_length"}),
        ([[0, 0], [120, 99]], {1: {1: "out_of_range"}}),
        ([0, 0, 1, 1], "array_length"),
    ],
)
def test_bounds_that_are_none_are_refused_where_they_are_wrong(bounds, code):
    assert codes(Bounds(), bounds) == code


def codes(field, value):
    with pytest.raises(ValidationError) as raised:
        field.deserialize(value)
    return _codes(raised.value.messages)


def _codes(messages):
    if isinstance(messages, dict):
        return {index: _codes(message) for index, message in messages.items()}
    return messages[0].code
