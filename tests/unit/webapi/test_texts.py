"""What a text of a poster may hold."""

import pytest

from tests.corpus.strings import LITERAL
from webapi.texts import MAX_MARKS, complaint


@pytest.mark.parametrize(
    "text",
    [
        "", "Zürich", "上海市", "مدينة", "נמל\u2067abc\u2069", "e\u0301", "क्षत्रिय", "👨‍👩‍👧",
        "\u200f", "a" + "\u0301" * MAX_MARKS, *LITERAL,
    ],
)  # fmt: skip
def test_any_script_and_any_markup_is_a_text(text):
    assert complaint(text, 200) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\0", "text_control_chars"),
        ("a\nb", "text_control_chars"),
        ("\t", "text_control_chars"),
        ("a\x85", "text_control_chars"),
        ("a\u2028b", "text_control_chars"),
        ("\u202eabc", "text_bidi_override"),
        ("abc\u202d", "text_bidi_override"),
        ("a" + "\u0301" * (MAX_MARKS + 1), "text_combining_marks"),
        ("a" + "\u0301" * 1000, "text_combining_marks"),
        ("a" * 201, "string_too_long"),
        ("a" * 1_000_000, "string_too_long"),
    ],
)
def test_what_cannot_be_printed_on_one_line_is_refused(text, code):
    found, detail = complaint(text, 200)

    assert found == code
    assert detail


def test_length_counts_characters_and_says_both_numbers():
    assert complaint("é" * 200, 200) is None
    assert complaint("é" * 201, 200)[1] == "must be at most 200 characters, got 201"
