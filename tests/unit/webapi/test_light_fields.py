"""The light of terrain and buildings as saved configs have it."""

import pytest
from marshmallow import ValidationError

from exporter.poster import Building3D, Layers, PosterJob
from exporter.settings import Settings
from tests.corpus.cases import config, place
from tests.factories import limits, poster_job
from webapi.catalogue import Catalogue
from webapi.schemas import generate_schema
from webapi.strict import invalid

CATALOGUE = Catalogue.read()
INK = dict(CATALOGUE.styles["minimal"]["palettes"][0])
# As the web app saves it for a poster with 3D terrain.
SAVED = {
    "volumetricTerrain": True, "terrainMeshQuality": "ultra", "terrainFog": True,
    "terrainFogColor": "rgba(200, 220, 255, 0.5)", "terrainFogRange": [0.5, 10],
    "terrainLightAzimuth": 90, "terrainLightAltitude": 20, "terrainAmbientLight": 0.5,
    "terrainDiffuseLight": 1, "terrainShadows": True, "terrainShadowDarkness": 0.9,
    "terrainColor": [170, 187, 136], "terrainShadowColor": [0, 0, 0],
    "terrainHighlightColor": [255, 255, 255],
}  # fmt: skip
RAMP = {"colorLow": "#112233", "colorMid": "#445566", "colorHigh": "#778899", "opacity": 0.9}


class TestTerrainLight:
    def test_a_saved_config_is_taken_whole(self):
        layers = load(config(layers=SAVED)).config.layers

        assert layers.terrain_light_altitude == 20
        assert (layers.terrain_ambient_light, layers.terrain_diffuse_light) == (0.5, 1)
        assert layers.terrain_fog_range == (0.5, 10)
        assert layers.terrain_fog_color == "rgba(200, 220, 255, 0.5)"
        assert (layers.terrain_color, layers.terrain_shadow_color) == ("#aabb88", "#000000")

    @pytest.mark.parametrize("name", [*SAVED, "terrain", "terrainUnderWater"])
    def test_a_null_means_unset(self, name):
        assert load(config(layers={name: None})).config.layers == Layers()

    @pytest.mark.parametrize(
        ("given", "read"),
        [([0, 127.6, 255], "#0080ff"), ("#abc", "#abc"), ("rgb(1, 2, 3)", "rgb(1, 2, 3)")],
    )
    def test_a_colour_may_be_its_channels(self, given, read):
        assert load(config(layers={"terrainColor": given})).config.layers.terrain_color == read

    @pytest.mark.parametrize(
        ("layers", "pointer", "code"),
        [
            ({"terrainColor": [1, 2]}, "/terrainColor", "array_length"),
            ({"terrainColor": [1, 2, "3"]}, "/terrainColor/2", "type_mismatch"),
            ({"terrainColor": [-1, 2, 300]}, "/terrainColor/0", "out_of_range"),
            ({"terrainColor": 7}, "/terrainColor", "type_mismatch"),
            ({"terrainColor": "redd"}, "/terrainColor", "colour_invalid"),
            ({"terrainFogRange": 5}, "/terrainFogRange", "type_mismatch"),
            ({"terrainFogRange": [1]}, "/terrainFogRange", "array_length"),
            ({"terrainFogRange": [0, 21]}, "/terrainFogRange/1", "out_of_range"),
            ({"terrainFogRange": [1, 1]}, "/terrainFogRange", "out_of_range"),
            ({"terrainShadows": "yes"}, "/terrainShadows", "type_mismatch"),
            ({"terrainShadowDarkness": 1.1}, "/terrainShadowDarkness", "out_of_range"),
            ({"terrainAmbientLight": -0.1}, "/terrainAmbientLight", "out_of_range"),
        ],
    )
    def test_what_the_web_app_cannot_save_is_refused(self, layers, pointer, code):
        assert complaints(config(layers=layers))[f"/config/layers{pointer}"] == code

    @pytest.mark.parametrize("saved", [1.5, 3, -0.5])
    def test_an_exaggeration_beyond_what_is_drawn_is_taken(self, saved):
        """The page draws the nearest that there is (shared-styles/src/light.js)."""
        layers = load(config(layers={"hillshadeExaggeration": saved})).config.layers

        assert layers.hillshade_exaggeration == saved

    def test_it_is_the_same_after_the_record(self):
        layers = load(config(layers=SAVED)).config.layers
        job = poster_job(config=load(config(layers=SAVED)).config)

        assert PosterJob.from_message(job.to_message()).config.layers == layers


class TestUnsaidRelief:
    def test_a_config_says_whether_it_spoke_of_relief(self):
        assert load(config()).config.layers.terrain is None
        assert load(config(layers={"terrain": True})).config.layers.terrain is True
        assert load(config(layers={"terrain": False})).config.layers.terrain is False

    def test_the_short_form_has_none_unless_it_asks(self):
        assert load(place()).config.layers.terrain is False
        assert load(place(options={"terrain": True})).config.layers.terrain is True


class TestBuilding3D:
    def test_a_ramp_and_its_light_are_taken(self):
        palette = own({**RAMP, "lightColor": "white", "lightIntensity": 0.3})

        assert palette.building_3d == Building3D(
            color_low="#112233", color_mid="#445566", color_high="#778899", opacity=0.9,
            light_color="#ffffff", light_intensity=0.3,
        )  # fmt: skip

    def test_colours_the_web_app_does_not_use_pass(self):
        unused = {"colorRoof": "#fff", "colorEdge": None, "floodLightColor": "#000"}

        assert own({**RAMP, **unused}) == own(RAMP)

    def test_none_is_the_palette_itself(self):
        assert load(config(palette={**INK, "building3D": None})).config.palette == INK["id"]

    def test_it_is_the_same_after_the_record(self):
        job = poster_job(config=load(config(palette={**INK, "building3D": RAMP})).config)

        assert PosterJob.from_message(job.to_message()) == job
        assert job.to_page()["config"]["palette"]["building3D"]["colorMid"] == "#445566"


def own(building):
    return load(config(palette={**INK, "building3D": building})).config.palette


def load(body):
    return generate_schema(Settings(), CATALOGUE, limits)().load(body)


def complaints(body):
    with pytest.raises(ValidationError) as raised:
        load(body)
    return {issue.pointer: issue.code for issue in invalid(raised.value.messages).issues}
