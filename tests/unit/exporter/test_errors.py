"""The error tree: stable codes, two texts, and whose fault it is."""

import inspect
import re

import pytest

from exporter import errors
from exporter.errors import (
    LONGEST_MESSAGE,
    ExportError,
    InvalidJob,
    RenderError,
    by_code,
    harmless,
    of_page,
)
from exporter.jobs import Failure

CLASSES = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, ExportError) and cls is not ExportError
]


def test_no_two_errors_share_a_code():
    # What nobody foresaw has the code of the base class, which is never raised itself.
    codes = [cls.code for cls in CLASSES]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_the_caller_is_told_the_summary_and_not_the_cause():
    error = errors.TilesUnavailable("10.0.0.7:443 refused the connection")

    failure = Failure.of(error)

    assert str(error) == "10.0.0.7:443 refused the connection"
    assert failure == Failure("tiles_unavailable", errors.TilesUnavailable.summary, True)


def test_a_public_text_may_be_given_where_it_helps_the_caller():
    assert errors.EgressDenied("why", public="Use https.").public == "Use https."


def test_an_invalid_job_names_its_field():
    error = InvalidJob("number_out_of_range", "width must be 1-8192, got 0", pointer="/width")

    assert (error.field_code, error.pointer) == ("number_out_of_range", "/width")
    assert error.public == "width must be 1-8192, got 0"


@pytest.mark.parametrize("cls", CLASSES)
def test_what_the_caller_did_wrong_is_not_tried_again(cls):
    assert not (cls.user_fault and cls.retryable)


@pytest.mark.parametrize(
    "code",
    [
        "style_error",
        "render_timeout",
        "tiles_unavailable",
        "tiles_corrupt",
        "map_blank",
        "canvas_clamped",
        "font_unavailable",
        "render_error",
    ],
)
def test_every_code_of_the_page_has_its_error(code):
    assert by_code(code).code == code


def test_what_the_page_says_of_a_style_is_passed_on():
    error = of_page("style_error", 'layers[0].paint.fill-color: color expected, "re d" found')

    assert isinstance(error, errors.StyleFailed)
    assert error.public == (
        'The map style cannot be drawn. layers[0].paint.fill-color: color expected, "re d" found'
    )


def test_what_the_page_says_of_anything_else_is_for_the_log():
    error = of_page("tiles_unavailable", "10.0.0.7 refused the connection")

    assert error.public == errors.TilesUnavailable.summary
    assert "10.0.0.7" in str(error)


@pytest.mark.parametrize(
    ("said", "passed_on"),
    [
        ("no https://tiles.example/a?key=secret, sorry", "no [URL] sorry"),
        ("no HTTP:\\\\host\\x", "no [URL]"),
        ("at http://poster.internal/foreign/ticket/0.json", "at [URL]"),
        ("wss://user:password@host:1/x", "[URL]"),
        ("data:text/html;base64,AAAA", "[URL]"),
        ("in /srv/app/secret.js:3", "in [path]:3"),
        (r"in C:\Users\me", "in C:[path]"),
        ("one\nline\x00 only\u202e", "one line only"),
        ("and/or stays", "and/or stays"),
    ],
)
def test_nothing_secret_is_passed_on(said, passed_on):
    assert harmless(said) == passed_on


@pytest.mark.parametrize("size", [301, 10_000_000])
def test_a_long_message_is_cut(size):
    assert harmless("x" * size) == f"{'x' * (LONGEST_MESSAGE - 1)}…"


@pytest.mark.parametrize("code", ["", "new_code", "lease_lost", "internal_error"])
def test_any_other_code_of_the_page_is_a_render_error(code):
    assert by_code(code) is RenderError
