"""Strict fields: nothing is coerced, and each complaint has a code and the range."""

import pytest
from marshmallow import ValidationError

from webapi.fields import Colour, Flag, Font, Number, Text, Whole, Word, did_you_mean, shown


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        (Flag(), True, True),
        (Flag(), False, False),
        (Number(0, 10), 0, 0.0),
        (Number(0, 10), 10, 10.0),
        (Number(-1, 1), -0.5, -0.5),
        (Whole(1, 900), 400, 400),
        (Whole(1, 900), 400.0, 400),
        (Text(3), "abc", "abc"),
        (Word(("low", "high")), "low", "low"),
        (Word(("low",), allow_none=True), None, None),
        (Colour(), " #fff ", "#fff"),
        (Font(("Inter",), "font_unknown"), "Inter", "Inter"),
    ],
)
def test_a_good_value_is_read(field, value, read):
    result = field.deserialize(value)

    assert result == read
    assert type(result) is type(read)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (Flag(), 1, "type_mismatch"),
        (Flag(), "true", "type_mismatch"),
        (Flag(), None, "type_mismatch"),
        (Number(0, 10), "5", "type_mismatch"),
        (Number(0, 10), True, "type_mismatch"),
        (Number(0, 10), [5], "type_mismatch"),
        (Number(0, 10), -0.001, "out_of_range"),
        (Number(0, 10), 10**308, "out_of_range"),
        (Number(0, 10), float("nan"), "out_of_range"),
        (Whole(1, 900), 1.5, "type_mismatch"),
        (Whole(1, 900), 0, "out_of_range"),
        (Text(3), 5, "type_mismatch"),
        (Text(3), "abcd", "string_too_long"),
        (Word(("low",)), "LOW", "enum_unknown"),
        (Word(("low",)), None, "type_mismatch"),
        (Word(("ink",), "font_unknown"), "x", "font_unknown"),
        (Colour(), "#12", "colour_invalid"),
        (Colour(), 0xFFFFFF, "type_mismatch"),
        (Font(("Inter",), "font_unknown"), "https://x/f.ttf", "url_not_allowed"),
        (Font(("Inter",), "font_unknown"), "../Inter", "font_unknown"),
    ],
)
def test_a_wrong_value_is_named_and_never_coerced(field, value, code):
    assert complaint_of(field, value).code == code


def test_a_range_is_part_of_the_complaint():
    assert complaint_of(Number(0.5, 40), 1e6).detail == "must be 0.5 to 40, got 1000000.0"


def test_a_missing_value_is_a_complaint_of_its_own():
    with pytest.raises(ValidationError) as raised:
        Number(0, 1, required=True).deserialize(__import__("marshmallow").missing)

    assert raised.value.messages[0].code == "field_missing"


def test_words_are_listed_and_the_close_one_suggested():
    detail = complaint_of(Word(("portrait", "landscape")), "potrait").detail

    assert detail == 'must be one of portrait, landscape; got "potrait" (did you mean "portrait"?)'


def test_nothing_far_is_suggested():
    assert did_you_mean("xyz", ["width", "height"]) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 100, '"' + "a" * 56 + "..."),
        ({"a": 1}, "an object"),
        ([1], "an array"),
        (None, "null"),
        ('"', '"\\""'),
    ],
)
def test_a_value_is_shown_short(value, text):
    assert shown(value) == text


def complaint_of(field, value):
    with pytest.raises(ValidationError) as raised:
        field.deserialize(value)
    (complaint,) = raised.value.messages
    return complaint
