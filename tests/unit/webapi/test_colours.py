"""Which colours are taken."""

import pytest

from webapi.colours import is_colour


@pytest.mark.parametrize(
    "text",
    [
        "#fff", "#A1b2C3", "#a1b2c380", "rgb(0,0,0)", "rgb( 255 , 255 , 255 )",
        "rgb(10%, 0%, 100%)", "rgba(1,2,3,.5)", "rgba(1,2,3,50%)", "hsl(360,100%,50%)",
        "hsl(10deg, 1%, 2%)", "hsla(0,0%,0%,1)", "RebeccaPurple", "  black ",
    ],
)  # fmt: skip
def test_the_forms_every_renderer_reads_alike_are_taken(text):
    assert is_colour(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "#", "#12", "#12345", "#ggg", "#fff;", "#fff\n", "rgb(300,0,0)", "rgb(-1,0,0)",
        "rgb(1,2)", "rgb(1,2,3,4)", "rgb(10%,0,0)", "rgba(1,2,3)", "rgba(1,2,3,1.1)",
        "hsl(361,0%,0%)", "hsl(0,0,0)", "hsl(0,101%,0%)", "rgb(1e2,0,0)", "rgb(nan,0,0)",
        "rgb(0x1,0,0)", "rgb(\u0661,0,0)", "var(--x)", "url(//x)", "red;background:url(//x)",
        "expression(alert(1))", "notacolour", "rgb(0 0 0)", "color(srgb 1 0 0)", "currentColor",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    assert not is_colour(text)
