"""The gateway's routes below /foreign: what a job's own style fetches, under the job's ticket."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from exporter.answers import KEEP_NOTHING, error_answer, json_answer, status_of
from exporter.errors import ExportError
from exporter.foreign import Body, Foreign
from exporter.tickets import EMPTY, MISSING, SERVED, Ticket

log = structlog.get_logger(__name__)

PREFIX = "/foreign"
ONE = PREFIX + r"/{word}/{n:\d{1,3}}"
TILE = r"/{z:\d{1,2}}/{x:\d{1,8}}/{y:\d{1,8}}"
STACK = r"/{stack:[^/]{1,300}}/{span:\d{1,7}-\d{1,7}}.pbf"

Fetch = Callable[[Foreign, int, Mapping[str, str]], Awaitable[Body | None]]


class ForeignRoutes:
    """Serves the resources of the tickets that *tickets* holds at the time."""

    def __init__(self, origin: str, tickets: Mapping[str, Ticket]) -> None:
        self._origin = origin
        self._tickets = tickets

    def add_to(self, router: web.UrlDispatcher) -> None:
        router.add_get(f"{ONE}.json", self._tilejson)
        router.add_get(f"{ONE}{TILE}", self._tile)
        router.add_get(f"{ONE}.geojson", self._other(lambda of, n, _: of.data(n)))
        router.add_get(
            f"{ONE}/sprite{{_:(@2x)?}}.{{ending:json|png}}",
            self._other(lambda of, n, given: of.sprite(n, given["ending"])),
        )
        router.add_get(
            f"{ONE}{STACK}",
            self._other(lambda of, n, given: of.glyphs(n, given["stack"], given["span"])),
        )

    def address(self, ticket: Ticket) -> str:
        """Return where the resources of *ticket* are."""
        return f"{self._origin}{PREFIX}/{ticket.word}"

    async def _tilejson(self, request: web.Request) -> web.Response:
        ticket, foreign, n = self._asked(request)
        try:
            tiles_url = f"{self.address(ticket)}/{n}/{{z}}/{{x}}/{{y}}"
            return json_answer(await foreign.tilejson(n, tiles_url))
        except LookupError as err:
            raise web.HTTPNotFound from err
        except ExportError as err:
            return _failed(foreign, n, err)

    async def _tile(self, request: web.Request) -> web.Response:
        ticket, foreign, n = self._asked(request)
        z, x, y = (int(request.match_info[place]) for place in "zxy")
        try:
            tile = await foreign.tile(n, z, x, y)
        except LookupError as err:
            raise web.HTTPNotFound from err
        except ExportError as err:
            ticket.tile_ended(_tile_name(foreign, n, z, x, y), err.code)
            return _failed(foreign, n, err)
        outcome = MISSING if tile is None else SERVED if tile.data else EMPTY
        ticket.tile_ended(_tile_name(foreign, n, z, x, y), outcome)
        return _served(tile, "tile_missing")

    def _other(self, fetch: Fetch) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            _, foreign, n = self._asked(request)
            try:
                return _served(await fetch(foreign, n, request.match_info), "not_found")
            except LookupError as err:
                raise web.HTTPNotFound from err
            except ExportError as err:
                return _failed(foreign, n, err)

        return answer

    def _asked(self, request: web.Request) -> tuple[Ticket, Foreign, int]:
        ticket = self._tickets.get(request.match_info["word"])
        if ticket is None or ticket.foreign is None:
            raise web.HTTPNotFound
        return ticket, ticket.foreign, int(request.match_info["n"])


def _tile_name(foreign: Foreign, n: int, z: int, x: int, y: int) -> str:
    return f"{foreign.resources[n].source[:40]}/{z}/{x}/{y}"


def _served(body: Body | None, absent: str) -> web.Response:
    if body is None:
        return error_answer(404, absent)
    headers = {"Content-Type": body.content_type, **KEEP_NOTHING}
    return web.Response(body=body.data, headers=headers)


def _failed(foreign: Foreign, n: int, err: ExportError) -> web.Response:
    # One line per kind and job: a dead host would otherwise write one for every tile.
    if foreign.first(n, err.code):
        log.warning("foreign_failed", resource=n, code=err.code, cause=str(err))
    return error_answer(status_of(err), err.code)
