"""Real servers on loopback for tests: a TLS tile host as OpenFreeMap is one, and a canary.

Each runs on an event loop in a thread of its own, so that synchronous, asynchronous and
whole-service tests use the same ones: `with tile_host(make_certificates(tmp_path)) as host: ...`.
"""

import asyncio
import gzip
import ssl
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from aiohttp import web

from exporter.archives import ArchiveTiles
from tests.certificates import Certificates

SAMPLE = Path(__file__).resolve().parent.parent / "static_renderer" / "sample"
VERSION = "20260107_001001_pt"
ATTRIBUTION = (
    '<a href="https://openfreemap.org" target="_blank">OpenFreeMap</a> '
    '<a href="https://www.openmaptiles.org/" target="_blank">&copy; OpenMapTiles</a> Data from '
    '<a href="https://www.openstreetmap.org/copyright" target="_blank">OpenStreetMap</a>'
)
CORS = {"Access-Control-Allow-Origin": "*"}
DAY_S = 86_400
BOMB_BYTES = 64_000_000

ERROR, ABSENT, SLOW, HANG = "error", "absent", "slow", "hang"
TRUNCATED, SHORT, HTML, BOMB = "truncated", "short", "html", "bomb"
TO_PRIVATE, LOOP, BUSY = "to-private", "loop", "busy"


@dataclass(frozen=True)
class Fault:
    """How tiles (and, with *everywhere*, the TileJSON) go wrong.

    `error` 500 · `absent` 404 · `slow` after *delay_s* · `hang` never · `truncated` torn gzip ·
    `short` fewer bytes than Content-Length · `html` a page with 200 · `bomb` gzip of 64 MB of
    zeros · `to-private` redirect to *location* · `loop` redirect to itself · `busy` 429 with
    Retry-After. *share* of all requests (of all tiles for `absent`) chosen by *seed*; *times*:
    only the first so many requests of each path.
    """

    kind: str
    share: float = 1.0
    seed: int = 0
    delay_s: float = 0.1
    times: int | None = None
    location: str = ""
    everywhere: bool = False

    def strikes(self, path: str, nth: int) -> bool:
        """Tell whether the *nth* request (from 0) for *path* is struck; the same on every run."""
        if self.times is not None and nth >= self.times:
            return False
        drawn_by = f"{self.seed} {path}" if self.kind == ABSENT else f"{self.seed} {path} {nth}"
        return int.from_bytes(sha256(drawn_by.encode()).digest()[:4]) < self.share * 2**32


@dataclass(frozen=True)
class Seen:
    """One request a server got."""

    path: str
    headers: Mapping[str, str]
    status: int


@dataclass
class TileHost:
    """A running tile host. Set `fault` to break it, read `requests` to see what it was asked.

    `files` are served besides: type and body by path, or by the beginning of a path ending in "/".
    """

    certificates: Certificates
    cache_control: str = f"public, max-age={DAY_S}"
    fault: Fault | None = None
    port: int = 0
    requests: list[Seen] = field(default_factory=list)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    busiest: int = 0

    @property
    def authority(self) -> str:
        return f"localhost:{self.port}"

    @property
    def tilejson_url(self) -> str:
        return f"https://{self.authority}/planet"

    @property
    def ca_file(self) -> str:
        return str(self.certificates.ca_file)

    def tile_url(self, z: int, x: int, y: int) -> str:
        return f"https://{self.authority}/planet/{VERSION}/{z}/{x}/{y}.pbf"

    def count(self, ending: str = "") -> int:
        """Return how many requests had a path that ends so."""
        return sum(seen.path.endswith(ending) for seen in self.requests)


@dataclass
class Canary:
    """A server nobody may reach: it counts connections, whatever they say."""

    port: int = 0
    hits: int = 0


@contextmanager
def tile_host(certificates: Certificates, *, archives: Path = SAMPLE) -> Iterator[TileHost]:
    """Serve *archives* over TLS with *certificates* (`make_certificates(tmp_path)`)."""
    host = TileHost(certificates)
    source = ArchiveTiles(archives, max_bytes=20_000_000)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(host.certificates.cert_file, host.certificates.key_file)
    handler = _TileHandler(host, source)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        runner = web.ServerRunner(web.Server(handler.answer), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        host.port = runner.addresses[0][1]
        try:
            yield
        finally:
            assert runner.server is not None
            lines = [each.transport for each in runner.server.connections]
            await runner.cleanup()
            # Of answers that hung: their callers are dead, and say no goodbye.
            for line in lines:
                if line is not None:
                    line.abort()
            await asyncio.sleep(0)
            await source.close()

    with _in_thread(running()):
        yield host


@contextmanager
def canary() -> Iterator[Canary]:
    """Listen on 127.0.0.1 and count every connection."""
    bird = Canary()

    async def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bird.hits += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
            bird.port = server.sockets[0].getsockname()[1]
            yield

    with _in_thread(running()):
        yield bird


class _TileHandler:
    def __init__(self, host: TileHost, source: ArchiveTiles) -> None:
        self._host = host
        self._source = source
        self._running = 0
        self._counts: dict[str, int] = {}

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self._running += 1
        self._host.busiest = max(self._host.busiest, self._running)
        try:
            response = await self._choose(request)
        finally:
            self._running -= 1
        self._host.requests.append(Seen(request.path, dict(request.headers), response.status))
        return response

    async def _choose(self, request: web.BaseRequest) -> web.StreamResponse:
        if file := self._file(request.path):
            headers = {**CORS, "Content-Type": file[0], "Cache-Control": self._host.cache_control}
            return web.Response(body=file[1], headers=headers)
        nth = self._counts[request.path] = self._counts.get(request.path, -1) + 1
        fault, is_tile = self._host.fault, request.path.endswith(".pbf")
        struck = fault and (is_tile or fault.everywhere) and fault.strikes(request.path, nth)
        if fault and struck and fault.kind != SLOW:
            return await self._faulty(request, fault)
        if fault and struck:
            await asyncio.sleep(fault.delay_s)
        return await self._tile(request) if is_tile else await self._tilejson(request)

    def _file(self, path: str) -> tuple[str, bytes] | None:
        files = self._host.files
        folder = next((key for key in files if key.endswith("/") and path.startswith(key)), "")
        return files.get(path) or files.get(folder)

    async def _tilejson(self, request: web.BaseRequest) -> web.Response:
        if request.path != "/planet":
            return web.Response(status=404, headers=CORS)
        given = (await self._source.tilejson()).to_json(
            f"https://{self._host.authority}/planet/{VERSION}/{{z}}/{{x}}/{{y}}.pbf"
        )
        given["attribution"] = ATTRIBUTION
        headers = {**CORS, "Cache-Control": self._host.cache_control}
        return web.json_response(given, headers=headers)

    async def _tile(self, request: web.BaseRequest) -> web.Response:
        tile = await self._source.tile(*_numbers(request.path))
        if not tile:
            return web.Response(status=404, headers=CORS)
        etag = f'"{sha256(tile).hexdigest()[:16]}"'
        headers = {**CORS, "Cache-Control": self._host.cache_control, "ETag": etag}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return _gzipped(tile, headers)

    async def _faulty(self, request: web.BaseRequest, fault: Fault) -> web.StreamResponse:
        match fault.kind:
            case "error":
                return web.Response(status=500, headers=CORS)
            case "absent":
                return web.Response(status=404, headers=CORS)
            case "busy":
                return web.Response(status=429, headers={**CORS, "Retry-After": "1"})
            case "hang":
                await asyncio.Event().wait()
            case "html":
                return web.Response(
                    text="<!doctype html><title>Sign in</title>", content_type="text/html"
                )
            case "bomb":
                return _gzipped(bytes(BOMB_BYTES), CORS)
            case "loop":
                return web.Response(status=302, headers={"Location": str(request.path)})
            case "to-private":
                return web.Response(status=302, headers={"Location": fault.location})
            case "truncated":
                whole = await self._tile(request)
                assert isinstance(whole.body, bytes)
                return web.Response(body=whole.body[: len(whole.body) // 2], headers=whole.headers)
            case "short":
                return await _short(request)
        raise ValueError(f"unknown fault {fault.kind!r}")


async def _short(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"\x1a")
    assert request.transport is not None
    request.transport.close()
    return response


def _numbers(path: str) -> tuple[int, int, int]:
    z, x, y = path.removesuffix(".pbf").split("/")[-3:]
    return int(z), int(x), int(y)


def _gzipped(body: bytes, headers: Mapping[str, str]) -> web.Response:
    return web.Response(
        body=gzip.compress(body, 6),
        headers={
            **headers,
            "Content-Type": "application/vnd.mapbox-vector-tile",
            "Content-Encoding": "gzip",
        },
    )


@contextmanager
def _in_thread(server: AbstractAsyncContextManager[None]) -> Iterator[None]:
    """Keep *server* open on a loop in a thread; at the end nothing of it is left running."""
    loop = asyncio.new_event_loop()
    stop, started = asyncio.Event(), threading.Event()
    failure: list[BaseException] = []

    async def serve() -> None:
        async with server:
            started.set()
            await stop.wait()

    def run() -> None:
        # The runner cancels what still runs, such as an answer that never comes.
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                runner.run(serve())
            except BaseException as err:
                failure.append(err)
                started.set()

    thread = threading.Thread(target=run, name="test-server", daemon=True)
    thread.start()
    try:
        assert started.wait(10), "the test server did not start"
        yield
    finally:
        with suppress(RuntimeError):  # it failed and its loop is closed
            loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        if failure:
            raise failure[0]
