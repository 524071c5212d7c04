"""What a job's own style may fetch, as the browser sees it: by number, under the job's ticket."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from exporter import foreign
from exporter.egress import Egress
from exporter.errors import EgressDenied, EgressFailed, StyleFailed, TilesCorrupt
from exporter.gateway import ORIGIN, Gateway
from exporter.settings import Settings
from exporter.tickets import Ticket
from exporter.vector_tiles import check_vector_tile
from tests.certificates import make_certificates
from tests.integration.test_gateway import fetch, ignore, running
from tests.own_styles import map_style, own, tile
from tests.servers import (
    ABSENT,
    ERROR,
    HANG,
    HTML,
    LOOP,
    TO_PRIVATE,
    Fault,
    TileHost,
    canary,
    tile_host,
)

PBF = "14/11442/5474"
GLYPHS = b"\x0a\x02\x0a\x00"


class TestTiles:
    async def test_the_tilejson_points_back_to_the_ticket(self, gateway, host):
        with opened(gateway, vector(host)) as ticket:
            answer = await ask(gateway, ticket, "0.json")

        given = json.loads(answer.body)
        assert given["tiles"] == [f"{ORIGIN}/foreign/{ticket.word}/0/{{z}}/{{x}}/{{y}}"]
        assert given["maxzoom"] == 14
        assert given["attribution"] == "OpenFreeMap © OpenMapTiles Data from OpenStreetMap"

    async def test_a_tile_is_decoded_and_never_kept(self, gateway, host):
        with opened(gateway, vector(host)) as ticket:
            answer = await ask(gateway, ticket, f"0/{PBF}")

            assert ticket.tiles.served == 1
        check_vector_tile(answer.body)
        assert answer.headers["Cache-Control"] == "no-store"

    async def test_templates_are_filled_and_take_turns(self, gateway, host):
        host.files["/a/"] = host.files["/b/"] = ("image/png", tile())
        urls = [f"https://{host.authority}/{each}/{{z}}/{{x}}/{{y}}{{ratio}}" for each in "ab"]
        with opened(gateway, source(type="raster", tiles=urls)) as ticket:
            for x in (2, 3):
                answer = await ask(gateway, ticket, f"0/4/{x}/6")

        assert answer.headers["Content-Type"] == "image/png"
        assert [seen.path for seen in host.requests] == ["/a/4/2/6", "/b/4/3/6"]

    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            (ABSENT, 404, "tile_missing"),
            (HTML, 415, TilesCorrupt.code),
            (ERROR, 502, EgressFailed.code),
            (HANG, 504, EgressFailed.code),
            (LOOP, 403, EgressDenied.code),
        ],
    )
    async def test_each_fault_has_its_status(self, gateway, host, kind, status, code):
        host.fault = Fault(kind)
        with opened(gateway, vector(host)) as ticket:
            answer = await ask(gateway, ticket, f"0/{PBF}")

            warned = [warning["tiles"] for warning in ticket.warnings()]
        assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
        assert warned == [[f"map/{PBF}"]]

    async def test_what_is_no_picture_is_refused(self, gateway, host):
        host.files["/r/"] = ("image/svg+xml", b"<svg onload='x'/>")
        url = f"https://{host.authority}/r/{{z}}/{{x}}/{{y}}"
        with opened(gateway, source(type="raster", tiles=[url])) as ticket:
            answer = await ask(gateway, ticket, "0/1/1/1")

        assert answer.status == 415

    async def test_a_picture_too_large_to_decode_is_refused(self, gateway, host):
        host.files["/r/"] = ("image/png", tile(side=5000))
        url = f"https://{host.authority}/r/{{z}}/{{x}}/{{y}}"
        with opened(gateway, source(type="raster", tiles=[url])) as ticket:
            answer = await ask(gateway, ticket, "0/1/1/1")

        assert answer.status == 415


class TestOthers:
    async def test_geojson(self, gateway, host):
        host.files["/g"] = ("text/plain", b'{"type": "FeatureCollection", "features": []}')
        with opened(gateway, source(type="geojson", data=f"https://{host.authority}/g")) as ticket:
            answer = await ask(gateway, ticket, "0.geojson")

        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")

    async def test_a_sprite_is_the_sharper_one_if_there_is_one(self, gateway, host):
        host.files["/s@2x.png"] = ("image/png", tile(side=2))
        host.files["/s.json"] = ("application/json", b"{}")
        style = map_style(sprite=f"https://{host.authority}/s?key=k")
        with opened(gateway, style) as ticket:
            answers = [await ask(gateway, ticket, f"1/sprite.{end}") for end in ("png", "json")]

        assert [answer.status for answer in answers] == [200, 200]
        asked = [seen.path for seen in host.requests]
        assert asked == ["/s@2x.png", "/s@2x.json", "/s.json"]

    async def test_glyphs(self, gateway, host):
        host.files["/f/Noto Sans Regular,Arial/0-255.pbf"] = ("application/x-protobuf", GLYPHS)
        style = map_style(glyphs=f"https://{host.authority}/f/{{fontstack}}/{{range}}.pbf")
        with opened(gateway, style) as ticket:
            answer = await ask(gateway, ticket, "1/Noto%20Sans%20Regular,Arial/0-255.pbf")

        assert (answer.status, answer.body) == (200, GLYPHS)

    @pytest.mark.parametrize(
        "path", ["9.json", "9/1/1/1", "0.geojson", "0/sprite.png", "0/a/0-255.pbf", "0", "x.json"]
    )
    async def test_what_the_style_does_not_name_is_not_found(self, gateway, host, path):
        with opened(gateway, vector(host)) as ticket:
            assert (await ask(gateway, ticket, path)).status == 404
        assert host.requests == []

    @pytest.mark.parametrize("word", ["guessed", "closed", "ours"])
    async def test_another_ticket_has_nothing(self, gateway, host, word):
        with opened(gateway, vector(host)) as closed, gateway.open({}, ignore) as plain:
            pass
        names = {"closed": closed.word, "ours": plain.word}

        answer = await fetch(gateway, "GET", f"/foreign/{names.get(word, word)}/0.json")

        assert answer.status == 404


class TestLimits:
    async def test_an_address_that_is_not_allowed_fails_the_job(self, gateway, host):
        with canary() as bird:
            inward = source(type="vector", url=f"https://127.0.0.1:{bird.port}/t.json")
            with opened(gateway, inward) as ticket:
                answer = await ask(gateway, ticket, "0.json")

            assert bird.hits == 0
        assert answer.status == 403
        assert isinstance(ticket.foreign.fault, EgressDenied)

    async def test_a_redirect_inward_fails_the_job(self, gateway, host):
        with canary() as bird:
            location = f"https://127.0.0.1:{bird.port}/"
            host.fault = Fault(TO_PRIVATE, location=location, everywhere=True)
            with opened(gateway, vector(host)) as ticket:
                answer = await ask(gateway, ticket, "0.json")

            assert bird.hits == 0
        assert answer.status == 403
        assert isinstance(ticket.foreign.fault, EgressDenied)

    async def test_tiles_of_a_tilejson_that_point_inward_fail_the_job(self, gateway, host):
        with canary() as bird:
            inward = {"tiles": [f"https://localhost:{bird.port}/{{z}}/{{x}}/{{y}}"]}
            host.files["/t.json"] = ("application/json", json.dumps(inward).encode())
            style = source(type="vector", url=f"https://{host.authority}/t.json")
            with opened(gateway, style) as ticket:
                answer = await ask(gateway, ticket, "0/1/1/1")

            assert bird.hits == 0
        assert answer.status == 403
        assert isinstance(ticket.foreign.fault, EgressDenied)

    @pytest.mark.parametrize("limit", ["MAX_REQUESTS", "MAX_BYTES"])
    async def test_a_style_that_fetches_too_much_fails_the_job(
        self, gateway, host, monkeypatch, limit
    ):
        monkeypatch.setattr(foreign, limit, 2)
        with opened(gateway, vector(host)) as ticket:
            for x in range(3):
                await ask(gateway, ticket, f"0/14/{11442 + x}/5474")

        assert isinstance(ticket.foreign.fault, StyleFailed)
        assert "fetches more than" in ticket.foreign.fault.public

    async def test_a_body_that_came_as_something_else_is_checked_again(self, gateway, host):
        """The cache of fetched answers is shared; what lies in it was checked for another use."""
        host.cache_control = "max-age=600"
        host.files["/g"] = ("application/json", b'{"type": "FeatureCollection", "features": []}')
        url = f"https://{host.authority}/g"
        with opened(gateway, source(type="geojson", data=url)) as ticket:
            assert (await ask(gateway, ticket, "0.geojson")).status == 200
        tiles = source(type="raster", tiles=[f"{url}?{{z}}{{x}}{{y}}", url])

        with opened(gateway, tiles) as ticket:
            answer = await ask(gateway, ticket, "0/1/0/1")

        assert answer.status == 415


async def test_the_order_holds_the_style_and_no_url_of_it(gateway, host):
    with opened(gateway, vector(host)) as ticket:
        order = json.loads((await fetch(gateway, "GET", f"/jobs/{ticket.word}")).body)

    assert order["width"] == 400
    assert order["mapStyle"]["style"]["layers"]
    assert host.authority not in json.dumps(order)


def source(**fields: Any) -> dict[str, Any]:
    return map_style(sources={"map": fields})


def vector(host: TileHost) -> dict[str, Any]:
    return source(type="vector", url=host.tilejson_url)


def opened(gateway: Gateway, style: dict[str, Any]) -> Ticket:
    return gateway.open({"width": 400}, ignore, own(style))


async def ask(gateway: Gateway, ticket: Ticket, path: str):
    return await fetch(gateway, "GET", f"/foreign/{ticket.word}/{path}")


@pytest.fixture
async def gateway(settings: Settings, host: TileHost, tmp_path) -> AsyncIterator[Gateway]:
    changed = replace(
        settings,
        var_dir=tmp_path,
        egress_allow=(host.authority,),
        egress_ca_file=host.ca_file,
        fetch_timeout_s=0.5,
    )
    async with running(Gateway(changed, Egress(changed))) as started:
        yield started


@pytest.fixture
def host(tmp_path) -> Iterator[TileHost]:
    with tile_host(make_certificates(tmp_path)) as started:
        yield started
