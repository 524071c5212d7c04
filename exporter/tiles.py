"""The tiles of this installation, chosen by `TILES_URL` and `TERRAIN_URL`.

`pmtiles:` and a path reads archives on this host (exporter/archives.py); an https URL is a
TileJSON, or the template of the tiles themselves, which are fetched through exporter/egress.py.
The two differ in nothing else. Used by exporter/gateway.py and exporter/elevation.py.
"""

import json
import time
import zlib
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from yarl import URL

from exporter.archives import ArchiveTiles
from exporter.content import GZIP_MAGIC, gunzip
from exporter.egress import Egress, Fetched
from exporter.errors import EgressFailed, InvalidSettings, TilesCorrupt, TilesUnavailable
from exporter.settings import Settings
from exporter.tile_kinds import VECTOR, TileKind
from exporter.vector_tiles import (
    DEFAULT_MAX_ZOOM,
    WORLD,
    TileJson,
    TileMemory,
    TileSource,
    joined,
    plain_text,
    sane_bounds,
    within,
)

ARCHIVE_SCHEME = "pmtiles:"
# However short-lived a host calls its TileJSON, one poster should see one version of its tiles.
TILEJSON_MIN_S = 60.0
EMPTY = 204
ABSENT = frozenset({404, 410})
PLACES = ("{z}", "{x}", "{y}")


def open_tiles(settings: Settings, egress: Egress) -> TileSource:
    """Return the source `TILES_URL` names. Raises InvalidSettings when it names none."""
    return open_source(settings.tiles_url, VECTOR, settings, egress)


def open_source(url: str, kind: TileKind, settings: Settings, egress: Egress) -> TileSource:
    """Return the source of *kind* at *url*. Raises InvalidSettings when it names none."""
    if url.startswith(ARCHIVE_SCHEME):
        path = Path(url.removeprefix(ARCHIVE_SCHEME))
        return ArchiveTiles(path, settings.fetch_max_bytes, kind)
    if url.startswith(("https://", "http://")):
        return OnlineTiles(url, egress, settings.fetch_max_bytes, kind)
    raise InvalidSettings(
        f"{kind.setting} must start with https:// or {ARCHIVE_SCHEME}, got {url!r}"
    )


@dataclass(frozen=True)
class _Origin:
    """A TileJSON as read: what it covers, its tiles' URL template, and when to read it again."""

    tilejson: TileJson
    template: str
    fresh_until: float


class OnlineTiles:
    """The tiles of the TileJSON or template at *url*; *max_bytes* bounds a decoded tile."""

    def __init__(self, url: str, egress: Egress, max_bytes: int, kind: TileKind = VECTOR) -> None:
        self._url = url
        self._egress = egress
        self._max_bytes = max_bytes
        self._kind = kind
        self._memory = TileMemory()
        self._origin = _untold(url, kind) if all(place in url for place in PLACES) else None

    async def tilejson(self) -> TileJson:
        """Return what the TileJSON says. Raises TilesUnavailable, TilesCorrupt, egress errors."""
        return (await self._read()).tilejson

    async def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the decoded tile; None where the host says there is none (404, 410)."""
        origin = await self._read()
        if not within(origin.tilejson, z, x, y):
            return None
        url = _fill(origin.template, z, x, y)
        tile = self._memory.get(url, time.time())
        return await self._fetch(url) if tile is None else tile

    def origin(self) -> str:
        """Return host and path of the tiles; hosts put the version of their data into the path."""
        url = URL(self._origin.template if self._origin else self._url)
        return f"{url.host}{url.path.partition('{')[0].rstrip('/')}"

    async def close(self) -> None:
        """Nothing of its own is open; the egress is closed by its owner."""

    async def _fetch(self, url: str) -> bytes | None:
        try:
            fetched = await self._egress.fetch(url, accept=self._kind.accept, check=self._check)
        except EgressFailed as err:
            if isinstance(err.__cause__, zlib.error):
                raise TilesCorrupt(str(err)) from err
            raise
        if fetched.status in ABSENT:
            return None
        tile = self._decoded(_body(fetched, url))
        self._memory.put(url, tile, fetched.fresh_until)
        return tile

    def _check(self, body: bytes) -> None:
        self._kind.check(self._decoded(body))

    def _decoded(self, body: bytes) -> bytes:
        # Some hosts serve tiles as they lie on disk, gzipped, without saying so in a header.
        if not body.startswith(GZIP_MAGIC):
            return body
        try:
            return gunzip(body, self._max_bytes)
        except zlib.error as err:
            raise TilesCorrupt(f"a tile's gzip is broken: {err}") from err

    async def _read(self) -> _Origin:
        if self._origin is None or self._origin.fresh_until <= time.time():
            fetched = await self._egress.fetch(self._url, accept="application/json")
            self._origin = self._parsed(_body(fetched, self._url), fetched.fresh_until)
        return self._origin

    def _parsed(self, body: bytes, fresh_until: float) -> _Origin:
        try:
            given = json.loads(body)
            template = _template(given)
            tilejson = _tilejson(given, self._kind)
        except (ValueError, TypeError, LookupError, AttributeError) as err:
            raise TilesCorrupt(f"{self._url} is not a TileJSON of tiles: {err!r}") from err
        self._egress.check_url(_fill(template, 0, 0, 0))
        return _Origin(tilejson, template, max(fresh_until, time.time() + TILEJSON_MIN_S))


def _untold(template: str, kind: TileKind) -> _Origin:
    """What a bare template is taken to cover: the world, to the zoom maps are drawn from."""
    return _Origin(TileJson(0, DEFAULT_MAX_ZOOM, WORLD, kind.credit), template, inf)


def _body(fetched: Fetched, url: str) -> bytes:
    if fetched.status == EMPTY:
        return b""
    if fetched.status != 200:
        raise TilesUnavailable(f"{url} answered {fetched.status}")
    return fetched.body


def _template(given: dict[str, Any]) -> str:
    template = given["tiles"][0]
    if not all(place in template for place in PLACES):
        raise ValueError("its tiles have no {z}, {x} and {y}")
    if given.get("scheme", "xyz") != "xyz":
        raise ValueError("its rows are not counted from the north (scheme xyz)")
    return str(template)


def _tilejson(given: dict[str, Any], kind: TileKind) -> TileJson:
    return TileJson(
        minzoom=int(given.get("minzoom", 0)),
        maxzoom=int(given.get("maxzoom", DEFAULT_MAX_ZOOM)),
        bounds=sane_bounds(given.get("bounds", ())),
        attribution=joined([plain_text(str(given.get("attribution") or ""))], kind.credit),
    )


def _fill(template: str, z: int, x: int, y: int) -> str:
    return template.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
