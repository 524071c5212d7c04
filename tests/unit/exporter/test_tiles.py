"""Tiles from a host on the network: a TLS stand-in that answers as OpenFreeMap does."""

from dataclasses import replace

import pytest

from exporter.archives import ArchiveTiles
from exporter.egress import Egress, Fetched
from exporter.errors import (
    EgressDenied,
    EgressFailed,
    ResponseTooLarge,
    TilesCorrupt,
    TilesUnavailable,
)
from exporter.settings import Settings
from exporter.tiles import OnlineTiles, open_tiles
from tests.certificates import make_certificates
from tests.servers import (
    ABSENT,
    BOMB,
    ERROR,
    HTML,
    SAMPLE,
    TO_PRIVATE,
    TRUNCATED,
    VERSION,
    Fault,
    tile_host,
)

TILE = (14, 11442, 5474)


async def test_a_tile_of_the_network_is_that_of_the_archive(online, offline):
    assert await online.tile(*TILE) == await offline.tile(*TILE)


async def test_offline_and_online_differ_in_settings_only(settings):
    async with Egress(settings) as egress:
        assert isinstance(open_tiles(settings, egress), OnlineTiles)
        archive = open_tiles(replace(settings, tiles_url=f"pmtiles:{SAMPLE}"), egress)
        assert isinstance(archive, ArchiveTiles)
        await archive.close()


async def test_what_the_host_covers_and_its_credit_are_passed_on(online):
    tilejson = await online.tilejson()

    assert (tilejson.minzoom, tilejson.maxzoom) == (0, 14)
    assert tilejson.attribution == "OpenFreeMap © OpenMapTiles Data from OpenStreetMap"


async def test_the_host_is_asked_once_for_the_same_tile(host, online):
    for _ in range(3):
        await online.tile(*TILE)

    assert [seen.path for seen in host.requests] == [
        "/planet",
        "/planet/{}/{}/{}/{}.pbf".format(VERSION, *TILE),
    ]


async def test_where_the_host_has_no_tile_there_is_none(host, online):
    host.fault = Fault(ABSENT)

    assert await online.tile(*TILE) is None


async def test_outside_the_zooms_the_host_is_not_asked(host, online):
    assert await online.tile(15, 0, 0) is None
    assert host.count(".pbf") == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (HTML, TilesCorrupt),
        (TRUNCATED, TilesCorrupt),
        (BOMB, ResponseTooLarge),
        (ERROR, EgressFailed),
    ],
)
async def test_what_is_no_tile_is_named(host, online, kind, error):
    host.fault = Fault(kind)

    with pytest.raises(error):
        await online.tile(*TILE)


async def test_a_page_instead_of_a_tile_is_not_remembered(host, online):
    host.fault = Fault(HTML, times=1)
    with pytest.raises(TilesCorrupt):
        await online.tile(*TILE)

    assert await online.tile(*TILE)


async def test_a_host_that_sends_us_inside_is_denied(host, online):
    await online.tilejson()
    host.fault = Fault(TO_PRIVATE, location="https://10.0.0.1/")

    with pytest.raises(EgressDenied):
        await online.tile(*TILE)


async def test_a_host_without_permission_is_denied(host, settings):
    """Loopback is private: it is reached only through the operator's allow-list."""
    async with Egress(replace(settings, egress_allow=())) as egress:
        with pytest.raises(EgressDenied):
            await OnlineTiles(host.tilejson_url, egress, 1000).tilejson()

    assert host.requests == []


async def test_a_tilejson_that_is_not_there_is_unavailable(host, settings):
    async with Egress(settings) as egress:
        source = OnlineTiles(f"https://{host.authority}/elsewhere", egress, 1000)
        with pytest.raises(TilesUnavailable, match="404"):
            await source.tilejson()


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "no json",
        "{}",
        '{"tiles": []}',
        '{"tiles": ["https://h.example/{z}/{x}.pbf"]}',
        '{"tiles": ["https://h.example/{z}/{x}/{y}"], "scheme": "tms"}',
        '{"tiles": ["https://h.example/{z}/{x}/{y}"], "minzoom": "low"}',
    ],
)
async def test_a_tilejson_that_cannot_be_used_is_corrupt(body):
    with pytest.raises(TilesCorrupt, match="TileJSON"):
        await OnlineTiles("https://h.example/", AnswersWith(body), 1000).tilejson()


async def test_a_tilejson_may_not_point_inside():
    body = '{"tiles": ["https://169.254.169.254/{z}/{x}/{y}"]}'

    with pytest.raises(EgressDenied):
        await OnlineTiles("https://h.example/", AnswersWith(body), 1000).tilejson()


class AnswersWith:
    """An egress that gives one body to everyone, and judges addresses as the real one."""

    def __init__(self, body: str) -> None:
        self._body = body
        self.check_url = Egress(Settings()).check_url

    async def fetch(self, url, **_):
        return Fetched(200, "application/json", self._body.encode(), False, 0.0)


@pytest.fixture
def host(tmp_path):
    with tile_host(certificates=make_certificates(tmp_path)) as running:
        yield running


@pytest.fixture
def settings(tmp_path, host):
    return Settings(
        var_dir=tmp_path / "var",
        tiles_url=host.tilejson_url,
        egress_allow=(host.authority,),
        egress_ca_file=host.ca_file,
        fetch_timeout_s=5.0,
    )


@pytest.fixture
async def online(settings, monkeypatch):
    monkeypatch.setattr("exporter.egress.BACKOFF_S", 0.01)
    async with Egress(settings) as egress:
        yield open_tiles(settings, egress)


@pytest.fixture
async def offline():
    source = ArchiveTiles(SAMPLE, 20_000_000)
    yield source
    await source.close()
