"""Which files may be made of one drawing."""

from functools import partial

import pytest
from marshmallow import ValidationError

from exporter.poster import Output
from exporter.settings import Settings
from tests.corpus.cases import place
from tests.factories import limits
from webapi.catalogue import Catalogue
from webapi.schemas import generate_schema
from webapi.strict import invalid
from webapi.tiers import Tier, limits_of

CATALOGUE = Catalogue.read()
DRAWN = {"width": 800, "height": 1200, "dpi": 200}


class TestOne:
    def test_without_a_word_it_is_a_png_as_drawn(self):
        assert load(place()).outputs == (Output(),)

    def test_all_it_can_say_reaches_the_job(self):
        output = {"name": "print", "format": "webp", "quality": 70, "width": 400, "dpi": 96}

        assert made(output=output) == (
            Output("print", "webp", 70, width_px=400, height_px=600, dpi=96),
        )

    @pytest.mark.parametrize(
        ("asked", "size"),
        [
            ({"width": 400}, (400, 600)),
            ({"height": 600}, (400, 600)),
            ({"width": 800, "height": 1200}, (800, 1200)),
            # Half a pixel may fall to either side.
            ({"width": 333, "height": 500}, (333, 500)),
            ({"width": 333, "height": 499}, (333, 499)),
        ],
    )
    def test_a_side_that_is_not_given_follows_the_other(self, asked, size):
        [output] = made(output=asked)

        assert (output.width_px, output.height_px) == size

    def test_transparent_paper_is_asked_for_in_either_form(self):
        short = load(place(options={"background": False})).outputs
        long = load(place(output={"background": "transparent"})).outputs

        assert short == long == (Output(background="transparent"),)

    def test_paper_is_the_default_of_the_short_form_too(self):
        assert load(place(options={"background": True})).outputs == (Output(),)

    @pytest.mark.parametrize(
        ("bleed", "pixels"),
        [({"amount": 3}, 24), ({"amount": 0.3, "unit": "cm"}, 24), ({"amount": 0}, 0),
         ({"amount": 0.125, "unit": "in"}, 25)],
    )  # fmt: skip
    def test_a_bleed_is_measured_by_the_dpi_of_the_drawing(self, bleed, pixels):
        [output] = made(output={"format": "pdf", "bleed": bleed, "crop_marks": True})

        assert (output.bleed_px, output.crop_marks) == (pixels, True)


class TestInks:
    def test_they_may_be_asked_for_in_a_pdf(self):
        [output] = made(output={"format": "pdf", "color_space": "cmyk"})

        assert output.color_space == "cmyk"

    @pytest.mark.parametrize("name", ["png", "jpeg", "webp", "pdf"])
    def test_without_them_every_format_is_rgb(self, name):
        assert made(output={"format": name, "color_space": "rgb"})


class TestSeveral:
    def test_the_first_is_the_main_one(self):
        outputs = made(outputs=[{"format": "pdf"}, {"format": "jpeg", "width": 200}])

        assert [output.format for output in outputs] == ["pdf", "jpeg"]

    def test_two_of_a_format_need_names(self):
        two = [{"format": "jpeg"}, {"format": "jpeg", "width": 200}]

        assert refused(outputs=two) == {"/outputs/1/name": "conflicting_fields"}
        assert len(made(outputs=[two[0], {**two[1], "name": "small"}])) == 2

    def test_the_short_forms_transparency_is_for_all_of_them(self):
        outputs = made(
            outputs=[{"format": "png"}, {"format": "webp"}], options={"background": False}
        )

        assert {output.background for output in outputs} == {"transparent"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"output": {"format": "gif"}}, "/output/format", "enum_unknown"),
        ({"output": {"format": "jpeg", "quality": 0}}, "/output/quality", "out_of_range"),
        ({"output": {"format": "jpeg", "quality": 101}}, "/output/quality", "out_of_range"),
        ({"output": {"format": "jpeg", "quality": 90.5}}, "/output/quality", "type_mismatch"),
        ({"output": {"quality": 90}}, "/output/quality", "conflicting_fields"),
        ({"output": {"format": "pdf", "quality": 90}}, "/output/quality", "conflicting_fields"),
        ({"output": {"format": "jpeg", "background": "transparent"}}, "/output/background",
         "conflicting_fields"),
        ({"output": {"format": "pdf", "background": "transparent"}}, "/output/background",
         "conflicting_fields"),
        ({"output": {"format": "pdf"}, "options": {"background": False}}, "/output/background",
         "conflicting_fields"),
        ({"output": {"background": "paper"}, "options": {"background": False}},
         "/output/background", "conflicting_fields"),
        ({"output": {"background": "none"}}, "/output/background", "enum_unknown"),
        ({"output": {"width": 801}}, "/output/width", "out_of_range"),
        ({"output": {"height": 1201}}, "/output/height", "out_of_range"),
        ({"output": {"width": 400, "height": 400}}, "/output/height", "conflicting_fields"),
        ({"output": {"height": 15}}, "/output/height", "size_too_small"),
        ({"output": {"width": 15}}, "/output/width", "size_too_small"),
        ({"output": {"dpi": -1}}, "/output/dpi", "out_of_range"),
        ({"output": {"bleed": {"amount": 3}}}, "/output/bleed", "conflicting_fields"),
        ({"output": {"crop_marks": True}}, "/output/crop_marks", "conflicting_fields"),
        ({"output": {"color_space": "cmyk"}}, "/output/color_space", "conflicting_fields"),
        ({"output": {"format": "pdf", "color_space": "lab"}}, "/output/color_space",
         "enum_unknown"),
        ({"output": {"format": "pdf", "dpi": 10}, "resolution": {"width": 2100, "height": 900}},
         "/output/format", "out_of_range"),
        ({"output": {"format": "pdf", "bleed": {"amount": 26}}}, "/output/bleed/amount",
         "out_of_range"),
        ({"output": {"format": "pdf", "bleed": {"amount": 1, "unit": "furlong"}}},
         "/output/bleed/unit", "enum_unknown"),
        ({"output": {"format": "pdf", "bleed": 3}}, "/output/bleed", "type_mismatch"),
        ({"output": {"colour": "red"}}, "/output/colour", "unknown_field"),
        ({"output": {"name": "a" * 65}}, "/output/name", "string_too_long"),
        ({"output": []}, "/output", "type_mismatch"),
        ({"outputs": {}}, "/outputs", "type_mismatch"),
        ({"outputs": []}, "/outputs", "array_length"),
        ({"outputs": [{}] * 7}, "/outputs", "array_length"),
        ({"outputs": [3]}, "/outputs/0", "type_mismatch"),
        ({"outputs": [{}], "output": {}}, "/outputs", "conflicting_fields"),
        ({"outputs": [{}, {"name": "b", "width": 900}]}, "/outputs/1/width", "out_of_range"),
        ({"outputs": [{}, {"format": "webp", "background": "transparent"}]},
         "/outputs/1/background", "conflicting_fields"),
        ({"output": {"format": "pdf"}, "resolution": {"width": 2100, "height": 900, "dpi": 10}},
         "/output/format", "out_of_range"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_by_name(body, pointer, code):
    assert refused(**body) == {pointer: code}


def test_a_drawing_that_its_bleed_makes_too_large_is_refused():
    whole = {"width": 10_000, "height": 12_000}

    assert load(place(resolution=whole, output={"format": "pdf"}))
    body = {"resolution": whole, "output": {"format": "pdf", "bleed": {"amount": 3}}}
    assert refused(**body) == {"/output/bleed": "pixel_limit"}


@pytest.mark.parametrize("size", [(16_384, 1000), (12_000, 10_001)])
def test_a_webp_has_limits_of_its_own(size):
    """The second for what it holds in memory: all of the picture."""
    body = place(resolution={"width": size[0], "height": size[1]}, output={"format": "webp"})
    of_pro = partial(limits_of, Tier.PRO, Settings())

    with pytest.raises(ValidationError) as raised:
        generate_schema(Settings(), CATALOGUE, of_pro)().load(body)

    [issue] = invalid(raised.value.messages).issues
    assert (issue.pointer, issue.code) == ("/output/format", "pixel_limit")


def load(body):
    return generate_schema(Settings(), CATALOGUE, limits)().load(body)


def made(**body):
    return load(place(**{"resolution": DRAWN, **body})).outputs


def refused(**body):
    with pytest.raises(ValidationError) as raised:
        made(**body)
    return {issue.pointer: issue.code for issue in invalid(raised.value.messages).issues}
