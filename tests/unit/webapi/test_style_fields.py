"""Styles and palettes of callers' own, as they are taken; the refused ones are the corpus'."""

import json

import pytest

from exporter.poster import LayerToggle, MapStyle, Palette, PosterJob, Roads
from exporter.settings import Settings
from tests.corpus.cases import config, place
from tests.corpus.strings import LITERAL
from tests.factories import limits
from tests.own_styles import CATALOGUE, map_style, ours, repainted
from webapi.schemas import generate_schema

INK = ours()["palettes"][0]


class TestStyle:
    def test_our_own_style_is_its_id(self):
        assert read(style=ours()).style == "minimal"

    def test_a_changed_map_is_the_callers_own(self):
        sent = repainted("water", fill_color="#ff0000")

        style = read(style=sent).style

        assert isinstance(style, MapStyle)
        assert json.loads(style.text) == sent["mapStyle"]
        assert style.base == "minimal"
        assert LayerToggle("terrain", ("hillshade",)) in style.toggles

    def test_any_map_will_do_under_any_name(self):
        style = read(style={"id": "mine", "mapStyle": map_style()}).style

        assert (style.base, style.toggles, style.finished) == ("minimal", (), False)

    def test_the_finishing_pass_goes_along_when_it_is_ours(self):
        sent = ours("watercolor")
        sent["mapStyle"]["layers"].pop()

        assert read(style=sent).style.finished is True
        del sent["finish"]
        assert read(style=sent).style.finished is False

    def test_other_toggles_make_it_ones_own(self):
        sent = {**ours(), "layerToggles": [{"id": "streets", "layerIds": ["water"]}]}

        assert read(style=sent).style.toggles == (LayerToggle("streets", ("water",)),)

    def test_an_editors_palettes_and_fonts_may_differ_beside_a_map(self):
        sent = repainted("water", fill_color="red") | {"palettes": [], "recommendedFonts": ["X"]}

        assert isinstance(read(style=sent).style, MapStyle)

    def test_the_short_form_takes_one_too(self):
        export = load(place(style={"mapStyle": map_style()}))

        assert isinstance(export.config.style, MapStyle)

    def test_texts_that_look_like_an_attack_are_names_like_others(self):
        layers = [{"id": text, "type": "background", "paint": {}} for text in LITERAL]
        spot = {"type": "Point", "coordinates": [0, 0]}
        sources = {"a": {"type": "geojson", "data": spot, "attribution": " ".join(LITERAL)}}

        style = read(style={"mapStyle": map_style(sources=sources, layers=layers)}).style

        assert [layer["id"] for layer in json.loads(style.text)["layers"]] == list(LITERAL)


class TestPalette:
    def test_a_palette_of_ours_is_its_id(self):
        assert read(palette=INK).palette == "ink"
        assert read(palette={"id": "ink"}).palette == "ink"

    def test_one_of_ones_own_is_read_whole(self):
        palette = read(palette={**INK, "id": "mine", "water": "#123"}).palette

        assert isinstance(palette, Palette)
        assert isinstance(palette.roads, Roads)
        assert (palette.id, palette.water, palette.accent) == ("mine", "#123", INK["accent"])
        assert palette.contour is None

    def test_a_name_becomes_a_number(self):
        palette = read(palette={**INK, "text": " RebeccaPurple ", "water": "rgba(1,2,3,0.5)"})

        assert palette.palette.text == "#663399"
        assert palette.palette.water == "rgba(1,2,3,0.5)"

    def test_parks_will_do_for_green_space(self):
        sent = {key: colour for key, colour in INK.items() if key != "greenSpace"}

        assert read(palette={**sent, "parks": "#0a0"}).palette.green_space == "#0a0"

    def test_a_palette_by_id_beside_ones_own_map_is_put_in_full(self):
        """The page knows palettes by their style, and this map has none."""
        exported = read(style={"mapStyle": map_style()}, palette="navy")

        assert exported.palette.background == "#f7f6f1"

    def test_beside_the_config_one_will_do_as_well(self):
        assert load({**place(), "palette": {**INK, "id": "mine"}}).config.palette.id == "mine"


@pytest.mark.parametrize(
    "sections",
    [
        {"style": repainted("water", fill_color="red")},
        {"palette": {**INK, "water": "#123"}},
        {"style": {"mapStyle": map_style()}, "palette": "navy"},
    ],
)
def test_a_job_is_the_same_after_its_record(sections):
    job = load(config(**sections)).job("id", "key")

    assert PosterJob.from_message(json.loads(json.dumps(job.to_message()))) == job


def test_the_page_gets_the_style_that_fonts_are_taken_from():
    job = load(config(style=repainted("water", fill_color="red"))).job("id", "key")

    assert job.to_page()["config"]["style"] == "minimal"


def read(**sections):
    return load(config(**sections)).config


SCHEMA = generate_schema(Settings(), CATALOGUE, limits)


def load(body):
    return SCHEMA().load(body)
