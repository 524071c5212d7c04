"""Elevation from an archive and from a host, and flat ground where there is none."""

import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from exporter.egress import Egress, Fetched
from exporter.elevation import ElevationTiles, flat_tile, open_elevation
from exporter.errors import InvalidSettings, TilesCorrupt, TilesUnavailable
from exporter.settings import Settings
from exporter.tile_kinds import ELEVATION, check_elevation_tile
from exporter.tiles import OnlineTiles, open_tiles
from tests.servers import SAMPLE

# Where the Jacksboro fault is, and the tile beside its area.
LAND, RING = (12, 1088, 1600), (12, 1086, 1600)
TEMPLATE = "https://h.example/{z}/{x}/{y}.png"


class TestArchive:
    async def test_a_tile_holds_the_heights_of_the_land(self, archive):
        tile = await archive.tile(*LAND)

        check_elevation_tile(tile.png)
        heights = [metres(pixel) for pixel in pixels(tile.png)]
        assert not tile.missing
        assert 236 <= min(heights) < max(heights) <= 1076

    async def test_beyond_the_area_the_ground_is_flat_and_nothing_is_missing(self, archive):
        tile = await archive.tile(12, 0, 0)

        assert (tile.png, tile.missing) == (flat_tile(), False)
        assert set(map(metres, pixels(tile.png))) == {0}

    async def test_around_the_area_it_goes_on_as_at_its_edge(self, archive):
        assert min(map(metres, pixels((await archive.tile(*RING)).png))) > 200

    async def test_it_tells_its_area_and_its_credit(self, archive):
        tilejson = await archive.tilejson()

        assert (tilejson.minzoom, tilejson.maxzoom) == (8, 12)
        assert tilejson.bounds == pytest.approx((-84.41375, 36.44625, -84.0779167, 36.7329167))
        assert tilejson.attribution == "Elevation: SRTM courtesy of the U.S. Geological Survey"

    @pytest.mark.parametrize("path", [SAMPLE / "helsinki.pmtiles", SAMPLE / "absent.pmtiles"])
    async def test_what_is_no_elevation_archive_names_the_setting(self, path):
        settings = Settings(terrain_url=f"pmtiles:{path}")

        async with Egress(settings) as egress:
            with pytest.raises(InvalidSettings, match="TERRAIN_URL"):
                open_elevation(settings, egress)

    async def test_an_elevation_archive_is_no_map(self):
        settings = Settings(tiles_url=f"pmtiles:{SAMPLE / 'elevation'}")
        async with Egress(settings) as egress:
            with pytest.raises(InvalidSettings, match=r"TILES_URL.*vector"):
                open_tiles(settings, egress)


class TestHost:
    async def test_a_template_is_asked_for_the_tile(self):
        egress = Answers({"https://h.example/9/1/2.png": (200, flat_tile())})

        tile = await online(TEMPLATE, egress).tile(9, 1, 2)

        assert (tile.png, tile.missing) == (flat_tile(), False)
        assert egress.asked == [("https://h.example/9/1/2.png", "image/png, */*;q=0.1")]

    @pytest.mark.parametrize("answer", [(404, b""), (410, b""), (204, b"")])
    async def test_a_tile_the_host_lacks_is_flat_and_missing(self, answer):
        egress = Answers({"https://h.example/9/1/2.png": answer})

        tile = await online(TEMPLATE, egress).tile(9, 1, 2)

        assert (tile.png, tile.missing) == (flat_tile(), True)

    async def test_deeper_than_any_template_is_read_no_host_is_asked(self):
        egress = Answers({})

        tile = await online(TEMPLATE, egress).tile(15, 1, 2)

        assert (tile.missing, egress.asked) == (False, [])

    async def test_a_page_instead_of_a_tile_is_corrupt(self):
        with pytest.raises(TilesCorrupt):
            await online(TEMPLATE, Answers({"https://h.example/9/1/2.png": (200, b"<html>")})).tile(
                9, 1, 2
            )

    async def test_a_refusal_is_unavailable(self):
        with pytest.raises(TilesUnavailable, match="403"):
            await online(TEMPLATE, Answers({"https://h.example/9/1/2.png": (403, b"")})).tile(
                9, 1, 2
            )

    async def test_a_tilejson_tells_its_own_area_and_credit(self):
        told = {
            "tiles": [TEMPLATE],
            "maxzoom": 10,
            "bounds": [0, 0, 10, 10],
            "attribution": "<b>We</b>",
        }
        source = online("https://h.example/dem.json",
                        Answers({"https://h.example/dem.json": (200, json.dumps(told).encode()),
                                 "https://h.example/9/1/2.png": (404, b"")}))  # fmt: skip

        tilejson, tile = await source.tilejson(), await source.tile(9, 1, 2)

        assert (tilejson.maxzoom, tilejson.attribution) == (10, "We")
        assert not tile.missing, "it is outside of the area"


class TestCredit:
    @pytest.mark.parametrize(
        ("url", "credit"),
        [
            (TEMPLATE, "Elevation: h.example"),
            (
                "https://s3.amazonaws.com/elevation-tiles-prod/terrarium/{z}/{x}/{y}.png",
                "SRTM courtesy",
            ),
        ],
    )
    async def test_a_template_that_cannot_tell_is_credited_all_the_same(self, url, credit):
        settings = Settings(terrain_url=url)

        async with Egress(settings) as egress:
            tilejson = await open_elevation(settings, egress).tilejson()

        assert credit in tilejson.attribution


async def test_without_the_setting_there_is_no_elevation():
    async with Egress(Settings()) as egress:
        assert open_elevation(Settings(), egress) is None


@pytest.mark.parametrize("url", ["ftp://h.example/{z}/{x}/{y}.png", "/srv/dem"])
def test_another_kind_of_address_names_the_setting(url):
    with pytest.raises(InvalidSettings, match="TERRAIN_URL"):
        replace(Settings(), terrain_url=url)


class Answers:
    """An egress that knows these URLs, and checks a body as the real one does."""

    def __init__(self, bodies):
        self._bodies = bodies
        self.asked = []
        self.check_url = Egress(Settings()).check_url

    async def fetch(self, url, *, accept, check=None):
        self.asked.append((url, accept))
        status, body = self._bodies[url]
        if check and status == 200:
            check(body)
        return Fetched(status, "", body, False, 0.0)


def online(url, egress):
    return ElevationTiles(OnlineTiles(url, egress, 1_000_000, ELEVATION))


def pixels(png):
    return list(Image.open(io.BytesIO(png)).convert("RGB").get_flattened_data())


def metres(pixel):
    red, green, blue = pixel
    return 256 * red + green + blue / 256 - 32_768


@pytest.fixture
async def archive():
    settings = Settings(terrain_url=f"pmtiles:{SAMPLE / 'elevation'}")
    async with Egress(settings) as egress:
        source = open_elevation(settings, egress)
        yield source
        await source.close()
