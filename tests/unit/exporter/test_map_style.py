"""A style's URLs: all of them are found, and none is left in what the page gets."""

import json

import pytest

from exporter.map_style import CONTOURS, ELEVATION, GLYPHS, PLANET, Kind, rehoused, resources_of
from tests.own_styles import CATALOGUE, map_style

OURS, HERE = "http://poster.internal/tiles/openmaptiles.json", "http://poster.internal/foreign/t"
FULL = map_style(
    sources={
        "a": {"type": "vector", "url": "https://e.com/t.json", "attribution": "<b>A</b> & co"},
        "b": {"type": "raster", "tiles": ["https://1.e.com/{z}/{x}/{y}", "https://2.e.com/{z}/{x}/{y}"]},
        "c": {"type": "geojson", "data": "https://e.com/c"},
        "d": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
    },
    sprite=[{"id": "one", "url": "https://e.com/s"}],
    glyphs="https://e.com/{fontstack}/{range}.pbf",
    center=[1, 2],
    transition={"duration": 9},
)  # fmt: skip


def test_every_url_becomes_an_address_of_the_gateway():
    style, resources = rehoused(FULL, HERE, OURS)

    assert "e.com" not in json.dumps(style)
    assert style["sources"]["a"] == {
        "type": "vector",
        "url": f"{HERE}/0.json",
        "attribution": "A & co",
    }
    assert style["sources"]["b"]["tiles"] == [f"{HERE}/1/{{z}}/{{x}}/{{y}}"]
    assert style["sources"]["c"]["data"] == f"{HERE}/2.geojson"
    assert style["sprite"] == [{"id": "one", "url": f"{HERE}/3/sprite"}]
    assert style["glyphs"] == f"{HERE}/4/{{fontstack}}/{{range}}.pbf"
    assert [resource.kind for resource in resources] == list(Kind)
    assert resources[1].urls == tuple(FULL["sources"]["b"]["tiles"])


def test_the_api_sees_the_same_in_the_same_order():
    assert resources_of(FULL) == rehoused(FULL, HERE, OURS)[1]


def test_what_is_no_part_of_a_map_does_not_reach_the_page():
    style, _ = rehoused({**FULL, "terrain": {"source": "a"}, "fog": {}}, HERE, OURS)

    assert set(style) == {"version", "sources", "layers", "sprite", "glyphs"}


@pytest.mark.parametrize("style_id", CATALOGUE.styles)
def test_our_styles_fetch_nothing_from_others(style_id):
    style, resources = rehoused(CATALOGUE.styles[style_id]["mapStyle"], HERE, OURS)

    assert resources == ()
    assert style["sources"]["openmaptiles"]["url"] == OURS


def test_the_web_apps_glyphs_are_drawn_with_our_faces():
    style, resources = rehoused(map_style(glyphs=GLYPHS), HERE, OURS)

    assert "glyphs" not in style
    assert len(resources) == 1


@pytest.mark.parametrize("url", [PLANET, f"{PLANET}/"])
def test_the_planet_is_served_by_our_tiles_under_any_name(url):
    style, resources = rehoused(
        map_style(sources={"map": {"type": "vector", "url": url}}), HERE, OURS
    )

    assert (style["sources"]["map"]["url"], resources) == (OURS, ())


def test_the_planet_beside_tiles_is_a_callers_own():
    both = {"type": "vector", "url": PLANET, "tiles": ["https://e.com/{z}/{x}/{y}"]}

    style, resources = rehoused(map_style(sources={"map": both}), HERE, OURS)

    assert "e.com" not in json.dumps(style)
    assert [resource.kind for resource in resources] == [Kind.TILEJSON, Kind.TILES]


def test_relief_of_ours_keeps_its_name_and_a_callers_gets_another():
    relief = {"type": "raster-dem", "tiles": [ELEVATION]}
    lines = {"type": "vector", "tiles": [CONTOURS]}
    own = {"type": "raster-dem", "tiles": ["https://e.com/{z}/{x}/{y}"]}
    layers = [{"id": "shade", "type": "hillshade", "source": "terrain"}]

    same, _ = rehoused(
        map_style(sources={"terrain": relief, "contours": lines}, layers=layers), HERE, OURS
    )
    other, _ = rehoused(
        map_style(sources={"terrain": own, "own-terrain": own}, layers=layers), HERE, OURS
    )

    assert same["sources"] == {"terrain": relief, "contours": lines}
    assert list(other["sources"]) == ["own-terrain-", "own-terrain"]
    assert other["layers"][0]["source"] == "own-terrain-"
