"""The only network the browser has: serves page and tiles, takes the drawing, refuses the rest.

One per worker process, on that process's event loop. It is the HTTP proxy Chromium is told to use
and the server of `http://poster.internal` at once; the contract is static_renderer/README.md.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from aiohttp import hdrs, web

from exporter import page_files
from exporter.answers import HEADERS, error_answer, json_answer, status_of
from exporter.egress import Egress
from exporter.elevation import open_elevation
from exporter.errors import ExportError
from exporter.foreign import Foreign
from exporter.foreign_routes import ForeignRoutes
from exporter.map_style import rehoused
from exporter.pieces import Pieces, sweep
from exporter.population import open_population
from exporter.poster import MapStyle, to_json
from exporter.settings import Settings
from exporter.tickets import EMPTY, MISSING, SERVED, OnProgress, Ticket
from exporter.tiles import open_tiles
from exporter.vector_tiles import TileJson

log = structlog.get_logger(__name__)

HOST = "poster.internal"
ORIGIN = f"http://{HOST}"
TILEJSON_URL = f"{ORIGIN}/tiles/openmaptiles.json"
TILES_URL = f"{ORIGIN}/tiles/openmaptiles/{{z}}/{{x}}/{{y}}"
TERRAIN_URL = f"{ORIGIN}/tiles/terrain/{{z}}/{{x}}/{{y}}"
POPULATION_URL = f"{ORIGIN}/tiles/population/{{z}}/{{x}}/{{y}}"
TILE_PATH = r"{z:\d{1,2}}/{x:\d{1,8}}/{y:\d{1,8}}"
PIECE_PATH = r"{x:\d{1,6}}/{y:\d{1,6}}"
TICKET_HEADER = "X-Export-Ticket"
# Chromium may keep a tile for the posters of one batch, and still see a source's update soon.
KEEP_TILE = "max-age=600"
MAX_PROGRESS_BYTES = 1024
# Chromium's drawing buffer has no more, so no piece has.
MOST_PIECE_PX = 33_177_600
# A PNG of noise is 4 bytes a pixel and deflate's overhead (under 0.1 %); 1 MB covers its chunks.
PNG_SLACK_BYTES = 1_000_000
# Requests still running when a worker stops belong to a page that is being closed.
STOP_WAIT_S = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gateway:
    """Serves `poster.internal` on a free loopback port; owns *egress* and closes it."""

    def __init__(
        self,
        settings: Settings,
        egress: Egress,
        *,
        renderer_dir: Path = page_files.RENDERER_DIR,
    ) -> None:
        self._egress = egress
        self._source = open_tiles(settings, egress)
        self._elevation = open_elevation(settings, egress)
        self._population = open_population(settings, egress)
        self._renderer_dir = renderer_dir
        self._settings = settings
        # Of all pieces of a sheet, each of which is cut into as few as they may be.
        self._max_sheet_bytes = 4 * settings.most_area_px + PNG_SLACK_BYTES
        self._max_fetch_bytes = settings.fetch_max_bytes
        self._tickets: dict[str, Ticket] = {}
        self._foreign = ForeignRoutes(ORIGIN, self._tickets)
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.denied = 0

    async def start(self) -> None:
        """Listen; `port` is set afterwards."""
        await asyncio.to_thread(sweep, self._settings.var_dir, self._settings.task_hard_limit_s)
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=STOP_WAIT_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    def sources(self) -> dict[str, str]:
        """Return where each kind of tile comes from."""
        known = {
            "openmaptiles": self._source,
            "terrain": self._elevation,
            "population": self._population,
        }
        return {name: source.origin() for name, source in known.items() if source}

    async def stop(self) -> None:
        """Stop listening and close the tile sources and the egress."""
        if self._runner:
            await self._runner.cleanup()
        for source in (self._source, self._elevation, self._population):
            if source:
                await source.close()
        await self._egress.close()

    def open(
        self, job: dict[str, Any], on_progress: OnProgress, own: MapStyle | None = None
    ) -> Ticket:
        """Return a ticket for *job* (what the page gets as its order), closed by its `with`.

        *own* is the style of the caller's own, if there is one; what it fetches is then served.
        """
        pieces = Pieces.new(self._settings.var_dir)
        ticket = Ticket(job, on_progress, pieces, close=lambda word: self._tickets.pop(word, None))
        if own:
            style = json.loads(own.text)
            style, resources = rehoused(style, self._foreign.address(ticket), TILEJSON_URL)
            ticket.foreign = Foreign(resources, self._egress, self._max_fetch_bytes)
            about = {"toggles": to_json(own.toggles), "finished": own.finished}
            ticket.job = {**job, "mapStyle": {"style": style, **about}}
        self._tickets[ticket.word] = ticket
        return ticket

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/tiles/openmaptiles.json", self._tilejson)
        app.router.add_get(f"/tiles/openmaptiles/{TILE_PATH}", self._tile)
        app.router.add_get("/tiles/terrain.json", self._elevation_tilejson)
        app.router.add_get(f"/tiles/terrain/{TILE_PATH}", self._elevation_tile)
        app.router.add_get("/tiles/population.json", self._population_tilejson)
        app.router.add_get(f"/tiles/population/{TILE_PATH}", self._population_tile)
        self._foreign.add_to(app.router)
        app.router.add_get("/jobs/{word}", self._job)
        app.router.add_post("/jobs/{word}/progress", self._progress)
        app.router.add_post(f"/jobs/{{word}}/pieces/{PIECE_PATH}", self._piece)
        app.router.add_get("/{path:.*}", self._file)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whatever is not for us before any route sees it, and dress every answer."""
        if not _is_ours(request):
            self.denied += 1
            log.warning("gateway_denied", method=request.method, target=str(request.url)[:200])
            refusal = error_answer(403, "egress_denied")
            refusal.force_close()
            return refusal
        try:
            response = await handler(request)
        except web.HTTPException as err:
            response = error_answer(err.status, "not_found" if err.status == 404 else "bad_request")
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = page_files.find(self._renderer_dir, request.path)
        if file is None:
            raise web.HTTPNotFound
        # no-cache: asked again each time, so that an upgraded page is never mixed with an old one.
        headers = {"Content-Type": file.content_type, "Cache-Control": "no-cache"}
        return web.FileResponse(file.path, headers=headers)

    async def _tilejson(self, _request: web.Request) -> web.Response:
        return await _described(self._source.tilejson(), TILES_URL)

    async def _elevation_tilejson(self, _request: web.Request) -> web.Response:
        if self._elevation is None:
            raise web.HTTPNotFound
        return await _described(self._elevation.tilejson(), TERRAIN_URL)

    async def _population_tilejson(self, _request: web.Request) -> web.Response:
        if self._population is None:
            raise web.HTTPNotFound
        return await _described(self._population.tilejson(), POPULATION_URL)

    async def _tile(self, request: web.Request) -> web.Response:
        z, x, y = _place(request)
        name = f"{z}/{x}/{y}"
        try:
            tile = await self._source.tile(z, x, y)
        except ExportError as err:
            return self._failed_tile(request, name, err)
        self._note(request, name, MISSING if tile is None else SERVED if tile else EMPTY)
        if tile is None:
            return error_answer(404, "tile_missing")
        return _served(tile, "application/x-protobuf")

    async def _elevation_tile(self, request: web.Request) -> web.Response:
        if self._elevation is None:
            raise web.HTTPNotFound
        z, x, y = _place(request)
        name = f"terrain/{z}/{x}/{y}"
        try:
            tile = await self._elevation.tile(z, x, y)
        except ExportError as err:
            return self._failed_tile(request, name, err)
        self._note(request, name, MISSING if tile.missing else SERVED)
        return _served(tile.png, "image/png")

    async def _population_tile(self, request: web.Request) -> web.Response:
        if self._population is None:
            raise web.HTTPNotFound
        z, x, y = _place(request)
        name = f"population/{z}/{x}/{y}"
        try:
            tile = await self._population.tile(z, x, y)
        except ExportError as err:
            return self._failed_tile(request, name, err)
        # Where nobody lives there is no tile.
        self._note(request, name, SERVED if tile else EMPTY)
        return _served(tile or b"", "application/x-protobuf")

    def _failed_tile(self, request: web.Request, name: str, err: ExportError) -> web.Response:
        # One line per kind and job: a dead host would otherwise write one for every tile.
        if self._note(request, name, err.code):
            log.warning("tile_failed", tile=name, code=err.code, cause=str(err))
        return error_answer(status_of(err), err.code)

    def _note(self, request: web.Request, name: str, outcome: str) -> bool:
        """Tell the ticket of *request* how a tile ended; True when its first to end so, or none."""
        ticket = self._tickets.get(request.headers.get(TICKET_HEADER, ""))
        return ticket is None or ticket.tile_ended(name, outcome)

    async def _job(self, request: web.Request) -> web.Response:
        return json_answer(self._ticket(request).job)

    async def _progress(self, request: web.Request) -> web.Response:
        ticket = self._ticket(request)
        body = await _read(request, MAX_PROGRESS_BYTES)
        try:
            given = json.loads(body or b"")
            known = ticket.progressed(given["stage"], given.get("done", 0), given.get("total", 0))
        except (ValueError, TypeError, KeyError, AttributeError):
            known = False
        return web.Response(status=204) if known else error_answer(400, "bad_request")

    async def _piece(self, request: web.Request) -> web.Response:
        ticket = self._ticket(request)
        if request.content_type != "image/png":
            return error_answer(415, "image_invalid")
        path = ticket.expect_piece(int(request.match_info["x"]), int(request.match_info["y"]))
        if path is None:
            return error_answer(409, "image_invalid")
        size = None
        try:
            most = min(4 * MOST_PIECE_PX, self._max_sheet_bytes - ticket.received_bytes)
            size = await _store(request, path, most)
        finally:
            ticket.piece_ended(path, size or 0)
        if size is None:
            return error_answer(413, "image_invalid")
        return web.Response(status=204) if size else error_answer(400, "image_invalid")

    def _ticket(self, request: web.Request) -> Ticket:
        try:
            return self._tickets[request.match_info["word"]]
        except KeyError as err:
            raise web.HTTPNotFound from err


def _is_ours(request: web.Request) -> bool:
    """Tell whether a request is a plain one for our host, by its target and by its Host header."""
    return (
        request.method != hdrs.METH_CONNECT
        and hdrs.UPGRADE not in request.headers
        and request.headers.get(hdrs.HOST, "").lower() in (HOST, f"{HOST}:80")
        and request.url.authority in (HOST, f"{HOST}:80")
    )


async def _read(request: web.Request, max_bytes: int) -> bytes | None:
    """Return the whole body, None when it is longer than *max_bytes*."""
    if (request.content_length or 0) > max_bytes:
        return None
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > max_bytes:
            return None
    return bytes(body)


async def _store(request: web.Request, path: Path, max_bytes: int) -> int | None:
    """Write the body to *path* and return its size, None when it is longer than *max_bytes*."""
    if (request.content_length or 0) > max_bytes:
        return None
    size = 0
    with path.open("wb") as file:
        async for part in request.content.iter_any():
            size += len(part)
            if size > max_bytes:
                return None
            # Into the system's cache of files: quicker than a thread would be asked.
            file.write(part)
    return size


def _place(request: web.Request) -> tuple[int, int, int]:
    """Return z, x and y of a tile request."""
    return (
        int(request.match_info["z"]),
        int(request.match_info["x"]),
        int(request.match_info["y"]),
    )


async def _described(reading: Awaitable[TileJson], tiles_url: str) -> web.Response:
    """Answer with a source's TileJSON whose tiles are ours."""
    try:
        return json_answer((await reading).to_json(tiles_url))
    except ExportError as err:
        log.warning("tilejson_failed", code=err.code, cause=str(err))
        return error_answer(status_of(err), err.code)


def _served(tile: bytes, content_type: str) -> web.Response:
    headers = {"Content-Type": content_type, "Cache-Control": KEEP_TILE}
    return web.Response(body=tile, headers=headers)
