"""The gateway as the browser sees it: a proxy that serves one host and refuses everything else."""

import asyncio
import io
import json
import os
import time
from dataclasses import replace

import aiohttp
import pytest

from exporter.answers import CSP
from exporter.egress import Egress
from exporter.elevation import flat_tile
from exporter.errors import EgressFailed, ResponseTooLarge, TilesCorrupt
from exporter.gateway import ORIGIN, PNG_SLACK_BYTES, TICKET_HEADER, Gateway
from exporter.settings import Settings
from exporter.tile_kinds import check_elevation_tile
from exporter.vector_tiles import check_vector_tile
from tests.certificates import make_certificates
from tests.mvt import write_archive
from tests.servers import ABSENT, ERROR, HANG, HTML, SAMPLE, Fault, canary, tile_host

ASTANA = "/tiles/openmaptiles/14/11442/5474"
PNG = {"Content-Type": "image/png"}


class TestFiles:
    async def test_the_page_is_served_with_its_policy(self, get):
        answer = await get("/")

        assert (answer.status, answer.body) == (200, b"<!doctype html>")
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"

    async def test_a_module_has_the_type_its_worker_needs(self, get):
        answer = await get("/src/main.mjs")

        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"

    @pytest.mark.parametrize(
        "path",
        ["/secret.py", "/src/..%2f..%2fsecret.py", "/src/%2e%2e/secret.py", "/src/%00.js", "/src"],
    )
    async def test_what_is_no_file_of_the_page_is_not_found(self, get, path):
        answer = await get(path)

        assert (answer.status, json.loads(answer.body)) == (404, {"code": "not_found"})

    def test_no_foreign_origin_is_in_the_policy(self):
        assert "http" not in CSP
        assert CSP.startswith("default-src 'none'")
        assert "unsafe-eval" not in CSP


class TestTiles:
    async def test_a_tile_is_decoded_and_may_be_kept(self, get):
        answer = await get(ASTANA)

        check_vector_tile(answer.body)
        assert len(answer.body) > 1000
        assert answer.headers["Cache-Control"] == "max-age=600"

    async def test_where_the_map_is_empty_the_tile_is_too(self, get):
        answer = await get("/tiles/openmaptiles/14/0/0")

        assert (answer.status, answer.body) == (200, b"")

    async def test_outside_the_zooms_there_is_no_tile(self, get):
        answer = await get("/tiles/openmaptiles/15/0/0")

        assert (answer.status, json.loads(answer.body)["code"]) == (404, "tile_missing")

    async def test_the_tilejson_points_back_to_the_gateway(self, get):
        given = json.loads((await get("/tiles/openmaptiles.json")).body)

        assert given["tiles"] == [f"{ORIGIN}/tiles/openmaptiles/{{z}}/{{x}}/{{y}}"]
        assert given["maxzoom"] == 14

    async def test_the_ticket_knows_how_its_tiles_ended(self, gateway, get):
        with gateway.open({}, ignore) as ticket:
            for path in (ASTANA, "/tiles/openmaptiles/14/0/0", "/tiles/openmaptiles/15/0/0"):
                await get(path, headers={TICKET_HEADER: ticket.word})

            tiles = ticket.tiles

        assert (tiles.served, tiles.empty, tiles.missing.names) == (1, 1, ("15/0/0",))

    async def test_a_tile_without_a_ticket_is_served_all_the_same(self, get):
        assert (await get(ASTANA, headers={TICKET_HEADER: "unknown"})).status == 200


class TestPopulation:
    async def test_where_there_is_no_tile_nobody_lives(self, settings, tmp_path):
        path = write_archive(tmp_path / "people.pmtiles", {(1, 0, 0): b"\x1a\x00"}, "© Census")
        settings = replace(settings, population_url=f"pmtiles:{path}")

        async with running(Gateway(settings, Egress(settings))) as gateway:
            with gateway.open({}, ignore) as ticket:
                answers = [
                    await fetch(
                        gateway, "GET", f"/tiles/population/1/{x}/0",
                        headers={TICKET_HEADER: ticket.word},
                    )
                    for x in (0, 1)
                ]  # fmt: skip
                tiles = ticket.tiles
            given = json.loads((await fetch(gateway, "GET", "/tiles/population.json")).body)

            assert gateway.sources()["population"].startswith("people.pmtiles")
        assert [(answer.status, answer.body) for answer in answers] == [
            (200, b"\x1a\x00"),
            (200, b""),
        ]
        assert (tiles.served, tiles.empty, tiles.missing.count) == (1, 1, 0)
        assert given["tiles"] == [f"{ORIGIN}/tiles/population/{{z}}/{{x}}/{{y}}"]
        assert given["attribution"] == "© Census"

    async def test_a_host_that_tells_no_credit_is_credited_by_its_name(self, host, online_settings):
        template = f"https://{host.authority}/{{z}}/{{x}}/{{y}}.pbf"
        settings = replace(online_settings, population_url=template)

        async with running(Gateway(settings, Egress(settings))) as gateway:
            given = json.loads((await fetch(gateway, "GET", "/tiles/population.json")).body)

        assert given["attribution"] == "Population: localhost"

    async def test_a_host_that_fails_is_told_as_such(self, host, online_settings):
        host.fault = Fault(ERROR, everywhere=True)
        settings = replace(online_settings, population_url=host.tilejson_url)

        async with running(Gateway(settings, Egress(settings))) as gateway:
            answers = [
                await fetch(gateway, "GET", f"/tiles/population{end}")
                for end in (".json", "/1/0/0")
            ]

        assert [(answer.status, json.loads(answer.body)["code"]) for answer in answers] == [
            (502, EgressFailed.code)
        ] * 2


class TestElevation:
    async def test_a_tile_is_a_png_and_may_be_kept(self, with_relief):
        answer = await fetch(with_relief, "GET", "/tiles/terrain/12/1088/1600")

        check_elevation_tile(answer.body)
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "max-age=600"

    async def test_outside_its_area_the_ground_is_flat_and_nothing_is_missing(self, with_relief):
        with with_relief.open({}, ignore) as ticket:
            answer = await fetch(
                with_relief, "GET", "/tiles/terrain/12/0/0", headers={TICKET_HEADER: ticket.word}
            )

            tiles = ticket.tiles

        assert (answer.status, answer.body) == (200, flat_tile())
        assert (tiles.served, tiles.missing.count) == (1, 0)

    async def test_a_tile_is_not_taken_for_one_of_the_map(self, with_relief):
        with with_relief.open({}, ignore) as ticket:
            for path in ("/tiles/terrain/12/1088/1600", "/tiles/openmaptiles/15/0/0"):
                await fetch(with_relief, "GET", path, headers={TICKET_HEADER: ticket.word})

            tiles = ticket.tiles

        assert (tiles.served, tiles.missing.names) == (1, ("15/0/0",))

    async def test_the_tilejson_points_back_to_the_gateway(self, with_relief):
        given = json.loads((await fetch(with_relief, "GET", "/tiles/terrain.json")).body)

        assert given["tiles"] == [f"{ORIGIN}/tiles/terrain/{{z}}/{{x}}/{{y}}"]
        assert "SRTM" in given["attribution"]

    @pytest.mark.parametrize(
        "path",
        [
            "/tiles/terrain.json",
            "/tiles/terrain/12/1088/1600",
            "/tiles/population.json",
            "/tiles/population/9/1/1",
        ],
    )
    async def test_without_a_source_there_is_none(self, get, path):
        answer = await get(path)

        assert (answer.status, json.loads(answer.body)) == (404, {"code": "not_found"})

    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            (HTML, 415, TilesCorrupt.code),
            (ERROR, 502, EgressFailed.code),
            (HANG, 504, EgressFailed.code),
        ],
    )
    async def test_each_fault_of_a_host_has_its_status(
        self, host, online_settings, kind, status, code
    ):
        host.fault = Fault(kind, everywhere=True)
        template = f"https://{host.authority}/{{z}}/{{x}}/{{y}}.png"
        settings = replace(online_settings, terrain_url=template)

        async with running(Gateway(settings, Egress(settings))) as gateway:
            with gateway.open({}, ignore) as ticket:
                answer = await fetch(
                    gateway, "GET", "/tiles/terrain/9/1/2", headers={TICKET_HEADER: ticket.word}
                )
                failed = ticket.tiles.failed

        assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
        assert failed[code].names == ("terrain/9/1/2",)


class TestOnlineTiles:
    """The statuses of the contract, from a host that goes wrong in each way."""

    @pytest.mark.parametrize(
        ("kind", "status", "code"),
        [
            (ABSENT, 404, "tile_missing"),
            (HTML, 415, TilesCorrupt.code),
            (ERROR, 502, EgressFailed.code),
            (HANG, 504, EgressFailed.code),
        ],
    )
    async def test_each_fault_has_its_status(self, host, online, kind, status, code):
        host.fault = Fault(kind)

        answer = await online(ASTANA)

        assert (answer.status, json.loads(answer.body)["code"]) == (status, code)

    async def test_a_tile_that_is_too_large_is_a_bad_gateway(self, host, online_settings):
        settings = replace(online_settings, fetch_max_bytes=20_000)

        async with running(Gateway(settings, Egress(settings))) as gateway:
            answer = await fetch(gateway, "GET", ASTANA)

        assert (answer.status, json.loads(answer.body)["code"]) == (502, ResponseTooLarge.code)

    async def test_an_address_that_is_not_allowed_is_forbidden(self, host, online_settings):
        settings = replace(online_settings, egress_allow=())

        async with running(Gateway(settings, Egress(settings))) as gateway:
            answer = await fetch(gateway, "GET", "/tiles/openmaptiles.json")

        assert (answer.status, json.loads(answer.body)["code"]) == (403, "egress_denied")
        assert host.requests == []

    async def test_a_good_host_serves_the_city(self, online):
        check_vector_tile((await online(ASTANA)).body)


class TestJob:
    async def test_the_page_gets_its_order_and_tells_how_far_it_is(self, gateway, get, post):
        steps = []
        with gateway.open({"width": 400}, lambda *step: steps.append(step)) as ticket:
            order = await get(f"/jobs/{ticket.word}")
            told = await post(
                f"/jobs/{ticket.word}/progress",
                data=b'{"stage": "settling", "done": 2, "total": 9}',
            )

        assert json.loads(order.body) == {"width": 400}
        assert order.headers["Cache-Control"] == "no-store"
        assert (told.status, steps) == (204, [("settling", 2, 9)])

    @pytest.mark.parametrize(
        "body",
        [b"", b"no json", b"[]", b"3", b'{"stage": "sleeping"}', b'{"stage": []}', bytes(2000)],
    )
    async def test_progress_that_is_not_of_the_contract_is_refused(self, gateway, post, body):
        with gateway.open({}, never) as ticket:
            answer = await post(f"/jobs/{ticket.word}/progress", data=body)

        assert answer.status == 400

    async def test_pieces_arrive_whole(self, gateway, post):
        bodies = {(0, 0): bytes(range(256)) * 20_000, (400, 0): b"right", (0, 600): b"below"}
        with gateway.open({}, ignore) as ticket:
            for (x, y), body in bodies.items():
                path = f"/jobs/{ticket.word}/pieces/{x}/{y}"
                assert (await post(path, data=io.BytesIO(body), headers=PNG)).status == 204

            with ticket.take_pieces() as taken:
                assert {(each.x, each.y): each.path.read_bytes() for each in taken} == bodies

    async def test_a_second_piece_of_a_place_is_refused(self, gateway, post):
        with gateway.open({}, ignore) as ticket:
            path = f"/jobs/{ticket.word}/pieces/0/0"
            await post(path, data=b"first", headers=PNG)
            answer = await post(path, data=b"second", headers=PNG)

            with ticket.take_pieces() as taken:
                assert (answer.status, [each.path.read_bytes() for each in taken]) == (
                    409,
                    [b"first"],
                )

    @pytest.mark.parametrize("chunked", [False, True])
    async def test_more_than_any_poster_has_is_refused(self, small, chunked):
        """Also when it comes in pieces: together they may fill no disk."""
        most = PNG_SLACK_BYTES + 4 * 10_000
        with small.open({}, ignore) as ticket:

            async def send(x, size):
                body = pieces(bytes(size)) if chunked else bytes(size)
                path = f"/jobs/{ticket.word}/pieces/{x}/0"
                return (await fetch(small, "POST", path, data=body, headers=PNG)).status

            assert await send(0, most + 1) == 413
            assert await send(0, most - 9) == 204
            assert await send(1, 10) == 413
            assert await send(1, 9) == 204

    async def test_an_empty_piece_and_another_type_are_refused(self, gateway, post):
        with gateway.open({}, ignore) as ticket:
            empty = await post(f"/jobs/{ticket.word}/pieces/0/0", data=b"", headers=PNG)
            other = await post(f"/jobs/{ticket.word}/pieces/0/0", data=b"x")

        assert (empty.status, other.status) == (400, 415)

    @pytest.mark.parametrize("place", ["", "/0", "/-1/0", "/a/0", "/1234567/0", "/../../x"])
    async def test_a_place_is_two_numbers(self, gateway, post, place):
        with gateway.open({}, ignore) as ticket:
            answer = await post(f"/jobs/{ticket.word}/pieces{place}", data=b"x", headers=PNG)

        assert answer.status in (404, 405)

    async def test_a_broken_upload_may_be_sent_again(self, gateway, post):
        with gateway.open({}, ignore) as ticket:
            path = f"/jobs/{ticket.word}/pieces/0/0"
            await broken_upload(gateway.port, path)
            async with asyncio.timeout(5):
                while (await post(path, data=b"whole", headers=PNG)).status == 409:
                    await asyncio.sleep(0.01)

            with ticket.take_pieces() as taken:
                assert [each.path.read_bytes() for each in taken] == [b"whole"]

    async def test_what_a_killed_worker_left_is_removed(self, settings, renderer):
        old, new = [settings.var_dir / "pieces" / name for name in ("old", "new")]
        for folder in (old, new):
            folder.mkdir(parents=True)
        long_ago = time.time() - settings.task_hard_limit_s - 1
        os.utime(old, (long_ago, long_ago))

        async with running(Gateway(settings, Egress(settings), renderer_dir=renderer)):
            assert (old.exists(), new.exists()) == (False, True)

    @pytest.mark.parametrize("path", ["", "/progress", "/pieces/0/0"])
    async def test_a_closed_or_unknown_ticket_is_not_found(self, gateway, get, post, path):
        with gateway.open({}, ignore) as ticket:
            pass

        for word in (ticket.word, "guessed"):
            send = post if path else get
            assert (await send(f"/jobs/{word}{path}", headers=PNG)).status == 404


class TestDenying:
    async def test_every_other_host_is_refused(self, gateway):
        with canary() as bird:
            for url in (
                f"http://127.0.0.1:{bird.port}/",
                f"http://localhost:{bird.port}/",
                "http://169.254.169.254/latest/",
                "http://tiles.openfreemap.org/planet",
                "http://poster.internal:8080/",
                "http://poster.internal.evil.example/",
                "http://user@poster.internal/",
            ):
                status = await raw(gateway.port, f"GET {url} HTTP/1.1", host=url.split("/")[2])
                assert status == 403, url

            assert bird.hits == 0
        assert gateway.denied == 7

    async def test_a_tunnel_is_refused(self, gateway):
        with canary() as bird:
            for target in (f"127.0.0.1:{bird.port}", "poster.internal:443", "poster.internal:80"):
                status = await raw(gateway.port, f"CONNECT {target} HTTP/1.1", host=target)
                assert status in (400, 403), target

            assert bird.hits == 0

    async def test_a_websocket_is_refused(self, gateway):
        status = await raw(
            gateway.port,
            f"GET {ORIGIN}/ HTTP/1.1",
            host="poster.internal",
            headers="Connection: Upgrade\r\nUpgrade: websocket\r\n",
        )

        assert status == 403

    async def test_a_host_header_that_differs_from_the_target_is_refused(self, gateway):
        assert await raw(gateway.port, f"GET {ORIGIN}/ HTTP/1.1", host="evil.example") == 403
        assert await raw(gateway.port, "GET / HTTP/1.1", host="127.0.0.1") == 403
        assert await raw(gateway.port, "GET / HTTP/1.1", host="poster.internal") == 200

    async def test_other_methods_change_nothing(self, gateway):
        assert (await fetch(gateway, "DELETE", "/index.html")).status == 405
        assert (await fetch(gateway, "POST", "/", data=b"x")).status == 405


async def test_nobody_listens_after_the_end(settings, renderer):
    async with running(Gateway(settings, Egress(settings), renderer_dir=renderer)) as gateway:
        pass

    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", gateway.port)


def ignore(stage, done, total):
    """A page's progress nobody asked for."""


def never(stage, done, total):
    raise AssertionError(stage)


async def pieces(body):
    for at in range(0, len(body), 65_536):
        yield body[at : at + 65_536]


class Answered:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body


async def fetch(gateway, method, path, **given):
    """Ask as Chromium does: the gateway is the proxy, the target the whole URL."""
    proxy = f"http://127.0.0.1:{gateway.port}"
    async with aiohttp.ClientSession() as session:
        url = aiohttp.client.URL(f"{ORIGIN}{path}", encoded=True)
        async with session.request(method, url, proxy=proxy, **given) as response:
            return Answered(response, await response.read())


async def raw(port, line, *, host, headers=""):
    """Send a request by hand, where no client would let it through; return the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"{line}\r\nHost: {host}\r\n{headers}\r\n".encode())
        async with asyncio.timeout(5):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        await writer.wait_closed()


async def broken_upload(port, path):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: poster.internal\r\nContent-Type: image/png\r\n"
        f"Content-Length: 1000\r\n\r\nhalf".encode()
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()


class running:
    """A started gateway, stopped at the end."""

    def __init__(self, gateway):
        self._gateway = gateway

    async def __aenter__(self):
        await self._gateway.start()
        return self._gateway

    async def __aexit__(self, *_):
        await self._gateway.stop()


@pytest.fixture
def settings(tmp_path):
    return Settings(var_dir=tmp_path / "var", tiles_url=f"pmtiles:{SAMPLE}")


@pytest.fixture
def renderer(tmp_path):
    folder = tmp_path / "renderer"
    (folder / "src").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>")
    (folder / "src/main.mjs").write_text("export {}")
    (tmp_path / "secret.py").write_text("x")
    return folder


@pytest.fixture
async def gateway(settings, renderer):
    async with running(Gateway(settings, Egress(settings), renderer_dir=renderer)) as gateway:
        yield gateway


@pytest.fixture
async def with_relief(settings):
    settings = replace(settings, terrain_url=f"pmtiles:{SAMPLE / 'elevation'}")
    async with running(Gateway(settings, Egress(settings))) as gateway:
        yield gateway


@pytest.fixture
async def small(settings, renderer):
    """A gateway of an installation whose largest poster has 100 x 100 pixels."""
    settings = replace(settings, max_area_px=10_000, large_max_area_px=10_000)
    async with running(Gateway(settings, Egress(settings), renderer_dir=renderer)) as gateway:
        yield gateway


@pytest.fixture
def get(gateway):
    return lambda path, **given: fetch(gateway, "GET", path, **given)


@pytest.fixture
def post(gateway):
    return lambda path, **given: fetch(gateway, "POST", path, **given)


@pytest.fixture
def host(tmp_path):
    with tile_host(make_certificates(tmp_path)) as host:
        yield host


@pytest.fixture
def online_settings(settings, host, monkeypatch):
    monkeypatch.setattr("exporter.egress.BACKOFF_S", 0.01)
    return replace(
        settings,
        tiles_url=host.tilejson_url,
        egress_allow=(host.authority,),
        egress_ca_file=host.ca_file,
        fetch_timeout_s=0.5,
    )


@pytest.fixture
async def online(online_settings):
    async with running(Gateway(online_settings, Egress(online_settings))) as gateway:
        yield lambda path: fetch(gateway, "GET", path)
