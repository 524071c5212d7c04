"""How many people live where, drawn by the real page from tiles whose every number is known."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from exporter.poster import Palette, Resolution, from_json
from tests.certificates import make_certificates
from tests.mvt import Feature, tile, write_archive
from tests.own_styles import CATALOGUE, map_style, own, repainted
from tests.rendering import BARE, ONLY_WATER, Renderer, offline, opened, renderer
from tests.servers import ERROR, HANG, Fault, TileHost, tile_host
from webapi.style_fields import MapStyles, StyleField

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Squares of 100 units beside each other, at the middle of the world's one tile, by their people.
PEOPLE = (0, 1, 100, 1000, 10_000, 1_000_000)
FAINT, CLEAR = (0, 0.05, 0.15, 0.3, 0.5, 0.5), (0, 0.1, 0.25, 0.45, 0.7, 0.7)
SIDE = 100
LEFT, TOP = 2048 - 3 * SIDE, 2048 - SIDE // 2
VIEW: dict[str, Any] = {"center": (0.0, 0.0), "zoom": 3.0, "size": Resolution(600, 900), **BARE}
SHOWN = replace(ONLY_WATER, population=True)
CREDIT = "© Counted by hand"


class TestAreas:
    @pytest.mark.parametrize(
        ("style", "opacity"),
        [
            ("minimal", FAINT),
            ("dark-mode", CLEAR),
            ("blueprint", CLEAR),
            ("abstract", (0, 0.1, 0.3, 0.5, 0.7, 0.7)),
        ],
    )
    async def test_the_more_people_the_more_tint(self, draw, style, opacity):
        # A palette of ours in any style: what is tested is how much of its colour there is.
        palette = red_people(style)
        plain, tinted = [
            opened(await draw(style=style, palette=palette, layers=layers, **VIEW))
            for layers in (ONLY_WATER, SHOWN)
        ]

        for n, share in enumerate(opacity):
            at = middle_of_area(n)
            was, seen = plain.getpixel(at), tinted.getpixel(at)
            red = (255, 0, 0)
            expected = [(1 - share) * a + share * b for a, b in zip(was, red, strict=True)]
            # Some styles have a grain, which differs with what it lies on.
            assert seen == pytest.approx(expected, abs=10), PEOPLE[n]

    async def test_no_net_is_drawn_over_areas_that_touch(self, draw_even):
        image = opened(await draw_even(palette=red_people("minimal"), layers=SHOWN, **VIEW))

        row = [image.getpixel((x, 450)) for x in range(240, 360)]
        assert len(set(row)) == 1

    async def test_its_credit_is_that_of_its_source(self, draw):
        shown, hidden = [await draw(layers=each, **VIEW) for each in (SHOWN, ONLY_WATER)]

        assert shown.manifest["attribution"].endswith(CREDIT)
        assert CREDIT not in hidden.manifest["attribution"]
        assert shown.manifest["sources"]["population"].startswith("people.pmtiles")
        assert not told(shown)


class TestWithout:
    async def test_an_installation_without_a_source_says_so(self, bare):
        [warning] = told(await bare(layers=SHOWN, **VIEW))

        assert warning["message"] == "population cannot be drawn: no source of it is configured."

    async def test_a_place_that_the_source_does_not_cover_is_told(self, online):
        draw, host = online
        people(host, bounds=[100, 40, 110, 50])

        drawing = await draw(layers=SHOWN, **VIEW)

        assert ["does not cover" in each["message"] for each in told(drawing)] == [True]
        assert "Population" not in drawing.manifest["attribution"]

    @pytest.mark.parametrize("fault", [ERROR, HANG])
    async def test_a_source_that_fails_costs_no_poster(self, online, bare, fault):
        draw, host = online
        people(host)
        host.fault = Fault(fault)

        drawing = await draw(layers=SHOWN, **VIEW)

        assert [each["field"] for each in told(drawing)] == ["population"]
        without = await bare(layers=ONLY_WATER, **VIEW)
        assert opened(drawing).tobytes() == opened(without).tobytes()

    async def test_a_tile_that_is_not_there_is_a_place_without_people(self, online, bare):
        draw, host = online
        people(host)

        drawing = await draw(layers=SHOWN, **VIEW)

        assert not told(drawing)
        assert drawing.manifest["attribution"].endswith("Population: localhost")
        without = await bare(layers=ONLY_WATER, **VIEW)
        map_of = (30, 30, 570, 870)
        assert opened(drawing).crop(map_of).tobytes() == opened(without).crop(map_of).tobytes()


class TestOwnStyles:
    async def test_a_style_of_ours_that_was_changed_shows_it_from_our_source(self, draw):
        style = StyleField(CATALOGUE, MapStyles()).read(repainted("water", fill_color="#00ff00"))

        with_it, without = [
            opened(await draw(style=style, layers=each, **VIEW)) for each in (SHOWN, ONLY_WATER)
        ]

        at = middle_of_area(4)
        assert with_it.getpixel(at) != without.getpixel(at)

    async def test_nothing_is_said_of_a_map_that_has_no_such_layer(self, bare):
        square = [[-20, -20], [20, -20], [20, 20], [-20, 20], [-20, -20]]
        shape = {"type": "geojson", "data": {"type": "Polygon", "coordinates": [square]}}
        layers = [{"id": "shape", "type": "fill", "source": "shape"}]

        drawing = await bare(
            style=own(map_style(sources={"shape": shape}, layers=layers)), layers=SHOWN, **VIEW
        )

        assert not told(drawing)


def told(drawing: Any) -> list[dict[str, Any]]:
    return [each for each in drawing.warnings if each["code"] == "layer_not_drawn"]


def middle_of_area(n: int) -> tuple[int, int]:
    """Return the pixel in the middle of area *n*: a unit is a CSS pixel, 0.54 of the poster's."""
    return round(300 + (LEFT + (n + 0.5) * SIDE - 2048) * 0.54), 450


def red_people(style: str) -> Any:
    """Return the style's own palette with red for population."""
    return from_json(Palette, {**CATALOGUE.styles[style]["palettes"][0], "population": "#ff0000"})


def people(host: TileHost, **more: Any) -> None:
    """Let *host* have population tiles: their TileJSON, and no tile."""
    tiles = [f"https://{host.authority}/people/{{z}}/{{x}}/{{y}}.pbf"]
    given = {"tilejson": "3.0.0", "tiles": tiles, "minzoom": 0, "maxzoom": 3, **more}
    host.files["/people.json"] = ("application/json", json.dumps(given).encode())


def square(n: int, number: int) -> Feature:
    left, right, bottom = LEFT + n * SIDE, LEFT + (n + 1) * SIDE, TOP + SIDE
    corners = ((left, TOP), (right, TOP), (right, bottom), (left, bottom))
    return Feature(corners, {"population": number}, closed=True)


def world(folder: Path, numbers: tuple[int, ...]) -> Any:
    """Settings of an installation with one lake far away, and areas of so many people."""
    lake = Feature(((2000, 2300), (2100, 2300), (2100, 2400), (2000, 2400)), closed=True)
    tiles = write_archive(folder / "world.pmtiles", {(0, 0, 0): tile({"water": [lake]})})
    areas = [square(n, number) for n, number in enumerate(numbers)]
    path = write_archive(folder / "people.pmtiles", {(0, 0, 0): tile({"stats": areas})}, CREDIT)
    return replace(offline(folder), tiles_url=f"pmtiles:{tiles}", population_url=f"pmtiles:{path}")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory) -> AsyncIterator[Renderer]:
    async with renderer(world(tmp_path_factory.mktemp("people"), PEOPLE)) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw_even(tmp_path_factory) -> AsyncIterator[Renderer]:
    async with renderer(world(tmp_path_factory.mktemp("even"), (100,) * 6)) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bare(tmp_path_factory) -> AsyncIterator[Renderer]:
    settings = replace(world(tmp_path_factory.mktemp("bare"), PEOPLE), population_url="")
    async with renderer(settings) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module")
async def online(tmp_path) -> AsyncIterator[tuple[Renderer, TileHost]]:
    with tile_host(make_certificates(tmp_path)) as host:
        settings = replace(
            world(tmp_path, PEOPLE),
            population_url=f"https://{host.authority}/people.json",
            egress_allow=(host.authority,),
            egress_ca_file=host.ca_file,
            fetch_timeout_s=0.5,
            settle_timeout_s=20,
        )
        async with renderer(settings) as draw:
            yield draw, host
