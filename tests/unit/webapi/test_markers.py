"""Markers, what they make together, and the watermark: from JSON into a PosterConfig."""

import json

import pytest

from exporter.poster import MAX_MARKERS, Layers, Marker, PosterJob, to_json
from tests.corpus.cases import config, place
from tests.unit.webapi.test_schemas import complaints, load

WHOLE = Marker(
    51.1, 71.4, "m-1", "Дом", "heart", "#ff0000", 42, "vintage", "rgb(1, 2, 3)", 21,
)  # fmt: skip
HERE = {"lat": 51, "lng": 71}


class TestMarkers:
    def test_a_place_alone_is_a_pin(self):
        [marker] = markers([HERE])

        assert marker == Marker(51, 71)
        assert (marker.type, marker.size, marker.label_size) == ("pin", 30, 14)
        assert marker.label_style == "standard"

    def test_every_field_goes_through_unchanged_and_in_order(self):
        assert markers([to_json(WHOLE), HERE]) == (WHOLE, Marker(51, 71))

    def test_the_names_are_those_of_the_web_app(self):
        assert set(to_json(WHOLE)) == {
            "id", "lat", "lng", "label", "type", "color", "size", "labelStyle", "labelColor",
            "labelSize",
        }  # fmt: skip

    @pytest.mark.parametrize("name", sorted(set(to_json(WHOLE)) - {"lat", "lng"}))
    def test_a_null_means_unset(self, name):
        assert markers([{**HERE, name: None}]) == (Marker(51, 71),)

    @pytest.mark.parametrize("nothing", [None, []])
    def test_no_markers_are_none(self, nothing):
        assert markers(nothing) == ()

    def test_as_many_as_the_limit_pass(self):
        assert len(markers([HERE] * MAX_MARKERS)) == MAX_MARKERS

    def test_only_the_first_wrong_ones_are_told(self):
        told = complaints(config(markers=[HERE, *[{"lat": 95, "lng": 0}] * 500]))

        assert len(told) == 20
        assert told["/config/markers/1/lat"] == "out_of_range"

    def test_they_survive_the_job_record(self):
        job = load(config(markers=[to_json(WHOLE)], watermark="© me")).job("j", "k")

        again = PosterJob.from_message(json.loads(json.dumps(job.to_message())))

        assert again == job
        assert again.config.markers == (WHOLE,)

    def test_the_short_form_has_none(self):
        assert load(place()).config.markers == ()
        assert complaints(place(markers=[HERE])) == {"/markers": "unknown_field"}


class TestMarksOfTheMap:
    def test_a_scale_bar_is_drawn_only_when_the_config_says_so(self):
        """The web app's default is true, and yet no poster it exported had one."""
        assert load(config()).config.layers.show_scale is False
        assert load(place()).config.layers.show_scale is False
        assert load(config(layers={"showScale": True})).config.layers.show_scale is True

    @pytest.mark.parametrize(
        "name",
        [
            "graticules", "graticuleWeight", "graticuleLabelSize", "graticuleDensity", "showScale",
            "connectMarkers", "markerPathColor", "markerPathWidth", "markerPathStyle",
            "showSegmentLengths", "markerPathLabelStyle", "markerPathLabelSize", "fillMarkers",
            "markerFillColor",
        ],
    )  # fmt: skip
    def test_a_null_means_unset_as_in_saved_configs(self, name):
        assert load(config(layers={name: None})).config.layers == Layers()

    def test_a_watermark_is_printed_only_when_given(self):
        assert load(config()).config.watermark == ""
        assert load(config(watermark=None)).config.watermark == ""
        assert load(config(watermark="poster.example")).config.watermark == "poster.example"


def markers(given):
    return load(config(markers=given)).config.markers
