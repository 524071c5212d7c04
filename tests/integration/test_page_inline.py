"""Styles and palettes of callers' own, drawn by the real page in real Chromium."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from PIL import Image

from exporter.errors import EgressDenied, StyleFailed, TilesCorrupt, TilesUnavailable
from exporter.poster import Palette, Resolution, from_json
from exporter.settings import Settings
from tests.certificates import make_certificates
from tests.own_styles import CATALOGUE, RED, map_style, ours, own, repainted, tile
from tests.rendering import (
    BARE,
    ONLY_WATER,
    PLAIN,
    Renderer,
    offline,
    opened,
    picture,
    png_of,
    renderer,
)
from tests.servers import ERROR, Fault, TileHost, canary, tile_host
from webapi.style_fields import MapStyles, StyleField

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAYLOAD = '<details open onload="1" ontoggle="window.__pwned = fetch(\'/canary\')">Owner</details>'
PALETTE = from_json(
    Palette, {**ours()["palettes"][0], "id": "mine", "background": "#112233", "water": "#00ff00"}
)


class TestTheWebAppsStyle:
    """Its styles hold public addresses, which are served from this installation's own tiles."""

    async def test_a_changed_paint_is_drawn_as_given(self, draw):
        image = await picture(draw, style=sent(repainted("water", fill_color="#ff0000")), **BARE)

        assert share(image, RED) > 0.01

    async def test_unchanged_layers_wear_the_palette(self, draw):
        style = sent(repainted("water", fill_color="#ff0000"))

        image = await picture(draw, style=style, palette=PALETTE, **BARE)

        assert share(image, RED) > 0.01
        assert share(image, (0x11, 0x22, 0x33)) > 0.3

    async def test_a_palette_of_ones_own_colours_a_style_of_ours(self, draw):
        drawing = await draw(palette=PALETTE, layers=ONLY_WATER, **BARE)

        image = opened(drawing)
        assert drawing.manifest["palette"] == "mine"
        assert image.getpixel((2, 2)) == (0x11, 0x22, 0x33)
        assert share(image, (0, 255, 0)) > 0.01

    async def test_the_credit_is_that_of_the_tiles(self, draw):
        credit = (await draw(style=sent(repainted("water", fill_color="#ff0000")))).manifest

        assert credit["attribution"] == (await draw()).manifest["attribution"]


class TestForeignSources:
    async def test_vector_tiles_come_through_the_gateway(self, draw, host):
        style = map_style(sources={"map": {"type": "vector", "url": host.tilejson_url}})

        drawing = await draw(style=own(style), **BARE)

        assert share(opened(drawing), RED) > 0.01
        assert "OpenStreetMap" in drawing.manifest["attribution"]
        assert "<a" not in drawing.manifest["attribution"]
        assert host.count(".pbf") > 0

    async def test_raster_tiles_come_through_the_gateway(self, draw, host):
        host.files["/r/"] = ("image/png", tile("#ff0000"))

        drawing = await draw(style=own(raster(host, "/r/{z}/{x}/{y}.png")), **BARE)

        assert share(opened(drawing), RED) > 0.5

    async def test_the_manifest_names_the_hosts_and_nothing_more_of_an_address(self, draw, host):
        host.files["/key/r/"] = ("image/png", tile("#ff0000"))
        style = raster(host, "/key/r/{z}/{x}/{y}.png?token=secret", name="photos")

        manifest = (await draw(style=own(style), **BARE)).manifest

        assert manifest["sources"]["own/photos"] == "localhost"
        assert "secret" not in json.dumps(manifest)

    async def test_geojson_and_a_sprite_come_through_the_gateway(self, draw, host):
        square = [[71, 50.9], [72, 50.9], [72, 51.4], [71, 51.4], [71, 50.9]]
        shape = {"type": "Polygon", "coordinates": [square]}
        host.files["/shape"] = ("application/json", json.dumps(shape).encode())
        index = {"spot": {"x": 0, "y": 0, "width": 16, "height": 16, "pixelRatio": 1}}
        host.files["/s.json"] = ("application/json", json.dumps(index).encode())
        host.files["/s.png"] = ("image/png", tile("#ff0000", 16))
        style = map_style(
            sprite=f"https://{host.authority}/s",
            sources={"shape": {"type": "geojson", "data": f"https://{host.authority}/shape"}},
            layers=[{"id": "shape", "type": "fill", "source": "shape",
                     "paint": {"fill-pattern": "spot"}}],
        )  # fmt: skip

        assert share(await picture(draw, style=own(style), **BARE), RED) > 0.5

    @pytest.mark.parametrize(
        ("spot", "files", "error"),
        [
            ({"width": "wide"}, ("json", "png"), TilesCorrupt),
            ({"width": 100_000, "height": 100_000}, ("json", "png"), TilesCorrupt),
            ({}, ("json",), TilesUnavailable),
            ({}, ("png",), TilesUnavailable),
        ],
        ids=["index-of-nonsense", "icon-beyond-its-sheet", "no-sheet", "no-index"],
    )
    async def test_a_broken_sprite_gets_no_poster(self, draw, host, spot, files, error):
        name = f"/{'-'.join(files)}{len(spot)}{error.code}"
        index = {"spot": {"x": 0, "y": 0, "width": 16, "height": 16, "pixelRatio": 1, **spot}}
        bodies = {
            "json": ("application/json", json.dumps(index).encode()),
            "png": ("image/png", tile("#ff0000", 16)),
        }
        for ending in files:
            host.files[f"{name}.{ending}"] = bodies[ending]
        style = map_style(
            sprite=f"https://{host.authority}{name}",
            sources={"map": {"type": "vector", "url": host.tilejson_url}},
            layers=[{"id": "sea", "type": "fill", "source": "map", "source-layer": "water",
                     "paint": {"fill-pattern": "spot"}}],
        )  # fmt: skip

        with pytest.raises(error):
            await draw(style=own(style), **BARE)

    async def test_a_source_may_be_called_as_our_relief_is(self, draw, host):
        host.files["/r/"] = ("image/png", tile("#ff0000"))
        style = raster(host, "/r/{z}/{x}/{y}.png", name="terrain")

        assert share(await picture(draw, style=own(style), layers=PLAIN, **BARE), RED) > 0.5

    async def test_a_failing_host_is_told_as_such(self, draw, host):
        host.fault = Fault(ERROR, everywhere=True)
        style = map_style(sources={"map": {"type": "vector", "url": host.tilejson_url}})

        with pytest.raises(TilesUnavailable):
            await draw(style=own(style))

    async def test_failing_tiles_are_told_as_such(self, draw, host):
        host.fault = Fault(ERROR)
        style = map_style(sources={"map": {"type": "vector", "url": host.tilejson_url}})

        with pytest.raises(TilesUnavailable):
            await draw(style=own(style))

    async def test_a_tilejson_that_points_inward_gets_no_poster(self, draw, host):
        with canary() as bird:
            inward = {"tiles": [f"https://127.0.0.1:{bird.port}/{{z}}/{{x}}/{{y}}"]}
            host.files["/t.json"] = ("application/json", json.dumps(inward).encode())
            url = f"https://{host.authority}/t.json"
            style = map_style(sources={"map": {"type": "vector", "url": url}})

            with pytest.raises(EgressDenied):
                await draw(style=own(style))

        assert bird.hits == 0


class TestSafety:
    async def test_a_style_runs_no_script(self, draw, host):
        """CVE-2026-85061: zero clicks, by the attribution of a source."""
        host.files["/t.json"] = ("application/json", json.dumps({
            "tiles": [f"https://{host.authority}/r/{{z}}/{{x}}/{{y}}.png"], "attribution": PAYLOAD,
        }).encode())  # fmt: skip
        host.files["/r/"] = ("image/png", tile("#ff0000"))
        pictured = {"type": "raster", "url": f"https://{host.authority}/t.json"}
        inline = {"type": "geojson", "attribution": PAYLOAD,
                  "data": {"type": "Point", "coordinates": [71.43, 51.145]}}  # fmt: skip
        layers = [
            {"id": PAYLOAD, "type": "raster", "source": "pictured"},
            {"id": "spot", "type": "circle", "source": "inline"},
        ]
        style = map_style(sources={"pictured": pictured, "inline": inline}, layers=layers)

        drawing = await draw(style=own(style))

        # Whatever a script could have done, it would have had to ask the gateway.
        assert drawing.manifest["attribution"] == "Owner"
        assert host.count("/canary") == 0

    async def test_an_invalid_style_is_a_fault_of_the_style(self, draw):
        """The page checks, too: an API without its validator lets such a style through."""
        layers = [{"id": "a", "type": "fill", "source": "nothing"}]

        with pytest.raises(StyleFailed) as raised:
            await draw(style=own(map_style(layers=layers)))

        assert 'source "nothing" not found' in raised.value.public

    async def test_nothing_of_one_job_is_kept_for_the_next(self, draw, host):
        """The same address, another content: the browser has no copy of the first."""
        host.cache_control = "no-store"
        style = own(raster(host, "/r/{z}/{x}/{y}.png"))
        host.files["/r/"] = ("image/png", tile("#ff0000"))
        first = await picture(draw, style=style, **BARE)
        host.files["/r/"] = ("image/png", tile("#0000ff"))

        second = await picture(draw, style=style, **BARE)

        assert share(first, RED) > 0.5
        assert (share(second, RED), share(second, (0, 0, 255)) > 0.5) == (0, True)

    async def test_a_poster_of_ours_is_the_same_before_and_after(self, draw, host):
        host.files["/r/"] = ("image/png", tile("#ff0000"))
        before = await draw()
        await draw(style=own(raster(host, "/r/{z}/{x}/{y}.png")))

        assert png_of(await draw()) == png_of(before)

    async def test_no_page_is_left_behind(self, draw):
        before = await draw.pages()
        await draw(style=sent(repainted("water", fill_color="#ff0000")), size=Resolution(80, 120))

        assert await draw.pages() == before


def raster(host: TileHost, path: str, name: str = "picture"):
    source = {"type": "raster", "tileSize": 256, "tiles": [f"https://{host.authority}{path}"]}
    return map_style(
        sources={name: source}, layers=[{"id": "picture", "type": "raster", "source": name}]
    )


def sent(style: dict[str, object]):
    """What the API makes of a whole style."""
    return StyleField(CATALOGUE, MapStyles()).read(style)


def share(image: Image.Image, colour: tuple[int, int, int]) -> float:
    """How much of *image* has exactly this colour."""
    return Counter(image.get_flattened_data())[colour] / (image.width * image.height)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(running_host: TileHost, tmp_path_factory) -> AsyncIterator[Renderer]:
    config: Settings = replace(
        offline(tmp_path_factory.mktemp("inline")),
        egress_allow=(running_host.authority,),
        egress_ca_file=running_host.ca_file,
        fetch_timeout_s=2.0,
    )
    async with renderer(config) as drawn:
        yield drawn


@pytest.fixture(scope="module")
def running_host(tmp_path_factory):
    with tile_host(make_certificates(tmp_path_factory.mktemp("tls"))) as running:
        yield running


@pytest.fixture
def host(running_host):
    """The host, as new; what it serves is not to be kept from one test to the next."""
    running_host.cache_control = "no-store"
    yield running_host
    running_host.fault = None
    running_host.files.clear()
    running_host.requests.clear()
