"""From JSON to an Export: the short form, the whole config, and what stands beside them."""

from dataclasses import fields

import pytest
from marshmallow import ValidationError

from exporter.poster import (
    Format,
    Layers,
    Location,
    PosterConfig,
    PosterJob,
    Resolution,
    Typography,
    to_json,
)
from exporter.queues import Priority
from exporter.settings import Settings
from tests.corpus.cases import config, place
from tests.factories import limits
from webapi.catalogue import Catalogue
from webapi.schemas import generate_schema
from webapi.simplified import CAMERA, OPTIONS, TEXT
from webapi.strict import invalid

CATALOGUE = Catalogue.read()
PLAIN = PosterConfig(Location((71.43, 51.145)))


class TestShortForm:
    def test_a_place_alone_is_the_poster_of_the_existing_api(self):
        export = load(place())

        layers, words = export.config.layers, export.config.typography
        assert export.config.location == Location((71.43, 51.145), "API Request", "", 12.0)
        assert (layers.streets, layers.water, layers.parks, layers.buildings) == (True,) * 4
        assert (layers.terrain, layers.pois, layers.marker, layers.contours) == (False,) * 4
        assert (layers.railroads, layers.contour_density, layers.label_max_width) == (True, 50, 10)
        assert (words.title_size, words.title_weight, words.position) == (5, 800, "bottom")
        assert export.config.format == Format()
        assert export.resolution == Resolution(2400, 3600)

    @pytest.mark.parametrize("zoom", [1, 12, 14.25, 24])
    def test_the_zoom_of_the_camera_is_the_zoom_of_the_poster(self, zoom):
        location = load(place(camera={"zoom": zoom})).config.location

        assert (location.zoom, location.bounds) == (zoom, None)

    @pytest.mark.parametrize(
        ("section", "table"), [("text", TEXT), ("camera", CAMERA), ("options", OPTIONS)]
    )
    def test_each_short_field_decides_one_field_of_the_config(self, section, table):
        for short, (cls, name, default) in table.items():
            value = another(default)
            changed = load(place(**{section: {short: value}})).config
            part = {Location: changed.location, Typography: changed.typography}
            assert getattr(part.get(cls, changed.layers), name) == value, short

    def test_labels_show_place_names(self):
        on = load(place(options={"labels": True})).config.layers
        off = load(place(options={"labels": False})).config.layers

        assert (on.labels_admin, on.labels_cities) == (True, True)
        assert (off.labels, off.labels_admin, off.labels_cities) == (False,) * 3

    def test_high_resolution_makes_a_larger_poster(self):
        assert load(place(options={"high_res": True})).resolution == Resolution(3600, 5400)


class TestConfig:
    def test_defaults_are_those_of_the_config(self):
        assert load(config()).config == PLAIN

    def test_every_field_goes_through_unchanged(self):
        given = PosterConfig(
            Location((1.5, 2.5), "Name", "City", 7.5),
            palette="navy",
            typography=Typography(**odd_values(Typography)),
            format=Format(**odd_values(Format)),
            layers=Layers(**odd_values(Layers)),
        )

        assert load({"config": to_json(given)}).config == given

    @pytest.mark.parametrize(("ratio", "size"), [("1:1", (3600, 3600)), ("16:9", (3600, 2025))])
    def test_the_format_decides_the_size(self, ratio, size):
        export = load(config(format={"aspectRatio": ratio}))

        assert (export.resolution.width, export.resolution.height) == size

    def test_a_resolution_wins_over_the_format(self):
        body = {**config(format={"aspectRatio": "1:1"}), "resolution": {"width": 80, "height": 120}}

        assert load(body).resolution == Resolution(80, 120)

    @pytest.mark.parametrize(
        ("asked", "size"),
        [
            ({"preset": "SMALL"}, Resolution(3600, 2400, dpi=300)),
            ({"preset": "THUMBNAIL"}, Resolution(1024, 683, dpi=72)),
            ({"preset": "THUMBNAIL", "dpi": 96}, Resolution(1024, 683, dpi=96)),
            ({"size": "A4"}, Resolution(3508, 2480, dpi=300)),
            (
                {"size": "A4", "dpi": 150, "orientation": "portrait"},
                Resolution(1240, 1754, dpi=150),
            ),
            (
                {"width": 210, "height": 99.5, "unit": "mm", "dpi": 100},
                Resolution(827, 392, dpi=100),
            ),
            ({"width": 80, "height": 120, "unit": "px", "dpi": 72}, Resolution(80, 120, dpi=72)),
        ],
    )
    def test_a_size_is_said_in_four_ways(self, asked, size):
        body = {**config(format={"orientation": "landscape"}), "resolution": asked}

        assert load(body).resolution == size

    def test_a_null_means_unset_where_unset_is_the_default(self):
        body = config(typography={"titleFont": None}, location={"bounds": None})

        assert load(body).config == PLAIN


class TestBeside:
    def test_what_is_not_said_is_the_default(self):
        export = load(place())

        assert (export.priority, export.user_id, export.timeout_s) == (Priority.NORMAL, "", 120)

    def test_a_timeout_is_in_milliseconds(self):
        assert load(place(timeout=1500)).timeout_s == 1.5

    def test_a_job_survives_its_record(self):
        body = {**config(typography={"titleFont": "Outfit"}), "priority": "low", "user_id": "u"}
        job = load({**body, "resolution": {"width": 100, "height": 90, "pixelRatio": 2}}).job(
            "j", "k"
        )

        assert PosterJob.from_message(job.to_message()) == job


class TestComplaints:
    def test_they_point_into_the_body(self):
        body = config(layers={"roadWeight": 9, "markerColor": "x"}, location={"center": [1, "2"]})

        assert complaints(body) == {
            "/config/location/center/1": "type_mismatch",
            "/config/layers/roadWeight": "out_of_range",
            "/config/layers/markerColor": "colour_invalid",
        }

    def test_a_pointer_is_escaped(self):
        assert complaints(place(**{"a/b~c": 1})) == {"/a~1b~0c": "unknown_field"}

    def test_neither_form_is_a_missing_location(self):
        assert complaints({"style": "minimal"}) == {"/location": "field_missing"}

    def test_both_forms_exclude_each_other(self):
        body = {**config(), "camera": {"zoom": 3}, "style": "minimal"}

        assert complaints(body) == {"/camera": "conflicting_fields", "/style": "conflicting_fields"}

    @pytest.mark.parametrize(
        ("asked", "code", "field"),
        [
            ({"preset": "HUGE"}, "enum_unknown", "/preset"),
            ({"preset": "SMALL", "width": 3}, "conflicting_fields", "/width"),
            ({"size": "A7"}, "enum_unknown", "/size"),
            ({"size": "A4", "pixelRatio": 2}, "conflicting_fields", "/pixelRatio"),
            ({"width": 2, "height": 3, "unit": "in", "pixelRatio": 2}, "conflicting_fields",
             "/pixelRatio"),
            ({"width": 2, "height": 3, "orientation": "portrait"}, "conflicting_fields",
             "/orientation"),
            ({"width": 1500, "height": 2250, "unit": "mm"}, "pixel_limit", ""),
            ({"width": 0.1, "height": 0.1, "unit": "mm"}, "size_too_small", ""),
            ({"width": 1, "height": 30, "unit": "cm"}, "aspect_limit", ""),
            ({"height": 30, "unit": "cm"}, "field_missing", "/width"),
            ({}, "field_missing", "/width"),
            ({"width": 0, "height": 30, "unit": "cm"}, "out_of_range", "/width"),
            ({"width": 1, "height": 3, "unit": "furlong"}, "enum_unknown", "/unit"),
            ({"size": "A4", "dpi": -300}, "out_of_range", "/dpi"),
            ({"size": "A4", "dip": 300}, "unknown_field", "/dip"),
            ([], "type_mismatch", ""),
        ],
    )  # fmt: skip
    def test_a_size_that_cannot_be_is_refused(self, asked, code, field):
        assert complaints(place(resolution=asked))[f"/resolution{field}"] == code

    def test_a_size_that_is_too_large_for_its_dpi_names_one_that_is_not(self):
        with pytest.raises(ValidationError) as raised:
            load(place(resolution={"size": "24x36in", "dpi": 600}))

        [issue] = invalid(raised.value.messages).issues
        assert "333 dpi" in issue.detail

    def test_a_palette_belongs_to_its_style(self):
        assert complaints(place(palette="nope")) == {"/palette": "enum_unknown"}
        assert complaints(config(palette={"id": "nope"})) == {"/config/palette/id": "enum_unknown"}
        assert complaints(config(palette={"name": "x"})) == {"/config/palette/id": "field_missing"}


def load(body):
    return generate_schema(Settings(), CATALOGUE, limits)().load(body)


def complaints(body):
    with pytest.raises(ValidationError) as raised:
        load(body)
    return {issue.pointer: issue.code for issue in invalid(raised.value.messages).issues}


def another(default):
    """Return a valid value that differs from *default*."""
    if isinstance(default, bool):
        return not default
    others = {"API Request": "x", "": "x", "bottom": "top", None: "#123456"}
    return others[default] if default in others else default + 1.5


def odd_values(cls):
    """Return a valid value that is not the default for every field of *cls*."""
    return {f.name: odd_value(f) for f in fields(cls)}


def odd_value(f):
    meta = f.metadata
    if isinstance(f.default, bool):
        return not f.default
    if meta["one_of"]:
        return next(word for word in meta["one_of"] if word != f.default)
    if meta["kind"] == "span":
        return meta["low"], meta["high"]
    if meta["low"] is not None:
        return meta["low"] if meta["low"] != f.default else meta["high"]
    return {"font": "Outfit", "colour": "#abcdef", "rgb": "#abcdef", "": False}[meta["kind"]]
