"""The resources of one job's own style, fetched for it alone; between the gateway and egress.

The page names them by number, so it can reach nothing that the job's style did not name, nor the
TileJSON of that style. What comes is checked to be what it should be before anyone sees it.
"""

import asyncio
import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from PIL import Image
from yarl import URL

from exporter.content import GZIP_MAGIC, gunzip
from exporter.egress import Egress, bare
from exporter.errors import (
    EgressDenied,
    EgressFailed,
    ExportError,
    StyleFailed,
    TilesCorrupt,
    TilesUnavailable,
)
from exporter.map_style import Kind, Resource, credit_of
from exporter.tile_kinds import VECTOR
from exporter.vector_tiles import sane_bounds

# A poster of 20 sources needs some 2,000 tiles at most; a tile bomb needs more.
MAX_REQUESTS = 4_000
# Decoded, all together: ten times what a rich poster fetches.
MAX_BYTES = 200_000_000
# Tiles and sprites are at most 1024 and a few thousand pixels wide; the browser decodes them whole.
MAX_IMAGE_SIDE_PX = 4096
# Of one resource, to be named in the manifest; a TileJSON may spread its tiles over any number.
NAMED_HOSTS = 8
IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ABSENT = frozenset({404, 410})
EMPTY = 204
PLACES = ("{z}", "{x}", "{y}")
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
_GLYPHS_TAG = 0x0A  # field 1, length-delimited: a font stack


@dataclass(frozen=True)
class Body:
    """Something to hand to the page."""

    data: bytes
    content_type: str


@dataclass(frozen=True)
class _TileSet:
    templates: tuple[str, ...]
    tilejson: dict[str, Any]


class Foreign:
    """What the style of one job may fetch; `fault` is why that job must fail, if it must."""

    def __init__(self, resources: tuple[Resource, ...], egress: Egress, max_bytes: int) -> None:
        """*max_bytes* bounds one decoded body."""
        self.resources = resources
        self.fault: ExportError | None = None
        self._egress = egress
        self._max_bytes = max_bytes
        self._requests = 0
        self._bytes = 0
        self._sets: dict[int, asyncio.Task[_TileSet]] = {}
        self._told: set[tuple[int, str]] = set()
        self._hosts: dict[str, set[str]] = {}

    def first(self, n: int, code: str) -> bool:
        """Tell whether resource *n* fails with *code* for the first time."""
        first = (n, code) not in self._told
        self._told.add((n, code))
        return first

    def hosts(self) -> dict[str, str]:
        """Return the hosts that answered, by source, `sprite` or `glyphs`; nothing else of a URL.

        A path may hold a key, as a query may.
        """
        return {name: _listed(hosts) for name, hosts in sorted(self._hosts.items())}

    def close(self) -> None:
        """Stop what is running."""
        for task in self._sets.values():
            task.cancel()

    async def tilejson(self, n: int, tiles_url: str) -> dict[str, Any]:
        """Return the TileJSON of resource *n*, its tiles at *tiles_url*."""
        return {**(await self._set(n)).tilejson, "tiles": [tiles_url]}

    async def tile(self, n: int, z: int, x: int, y: int) -> Body | None:
        """Return a tile, None where its host says there is none."""
        templates = (await self._set(n)).templates
        url = _filled(templates[(x + y) % len(templates)], z, x, y)
        vector = self.resources[n].source_type == "vector"
        return await self._fetch(n, url, _vector_tile if vector else _image)

    async def data(self, n: int) -> Body | None:
        """Return the GeoJSON of resource *n*."""
        return await self._fetch(n, self._one(n, Kind.GEOJSON), _json_object)

    async def sprite(self, n: int, ending: str) -> Body | None:
        """Return the sheet (*ending* `png`) or index (`json`) of a sprite, its sharper one if any.

        The page asks for the coarse one, because it settles on a coarse map.
        """
        url, read = URL(self._one(n, Kind.SPRITE)), _json_object if ending == "json" else _image
        for size in ("@2x", ""):
            path = f"{url.raw_path}{size}.{ending}"
            sized = str(url.with_path(path, encoded=True, keep_query=True))
            found = await self._fetch(n, sized, read)
            if found:
                return found
        return None

    async def glyphs(self, n: int, stack: str, span: str) -> Body | None:
        """Return the glyphs *span* (`0-255`) of a font stack."""
        url = self._one(n, Kind.GLYPHS)
        url = url.replace("{fontstack}", quote(stack, safe="")).replace("{range}", span)
        return await self._fetch(n, url, _glyphs)

    def _one(self, n: int, kind: Kind) -> str:
        if not 0 <= n < len(self.resources) or self.resources[n].kind != kind:
            raise LookupError(n)
        return self.resources[n].urls[0]

    async def _set(self, n: int) -> _TileSet:
        """Return the tiles of resource *n*; its TileJSON is read once, whoever asks."""
        if not 0 <= n < len(self.resources):
            raise LookupError(n)
        resource = self.resources[n]
        if resource.kind == Kind.TILES:
            return _TileSet(resource.urls, {})
        if n not in self._sets:
            reading = asyncio.create_task(self._read_set(n, self._one(n, Kind.TILEJSON)))
            reading.add_done_callback(_seen)
            self._sets[n] = reading
        return await asyncio.shield(self._sets[n])

    async def _read_set(self, n: int, url: str) -> _TileSet:
        body = await self._fetch(n, url, _json_object)
        if body is None:
            raise TilesUnavailable(f"{bare(url)} is no TileJSON: there is nothing")
        try:
            return _tile_set(json.loads(body.data))
        except (ValueError, TypeError, LookupError, AttributeError) as err:
            raise TilesCorrupt(f"{bare(url)} is not a TileJSON of tiles: {err!r}") from err

    async def _fetch(self, n: int, url: str, read: Callable[[bytes], Body]) -> Body | None:
        def check(body: bytes) -> None:
            if data := self._open(body):
                read(data)

        self._count(requests=1)
        try:
            fetched = await self._egress.fetch(url, check=check)
        except EgressDenied as err:
            # Whatever the page makes of the gap: a style that reaches inward gets no poster.
            self.fault = self.fault or err
            raise
        except EgressFailed as err:
            if isinstance(err.__cause__, zlib.error):
                raise TilesCorrupt(str(err)) from err
            raise
        if fetched.status in ABSENT:
            return None
        if fetched.status not in (200, EMPTY):
            raise TilesUnavailable(f"{bare(url)} answered {fetched.status}")
        self._note_host(n, url)
        data = self._open(fetched.body)
        self._count(size=len(data))
        # Checked again: a body that was fetched as something else may come from the cache.
        return read(data) if data else Body(b"", "application/octet-stream")

    def _note_host(self, n: int, url: str) -> None:
        resource = self.resources[n]
        name = resource.source[:40] or resource.kind.value
        self._hosts.setdefault(name, set()).add(URL(url).host or "")

    def _open(self, body: bytes) -> bytes:
        if not body.startswith(GZIP_MAGIC):
            return body
        try:
            return gunzip(body, self._max_bytes)
        except zlib.error as err:
            raise TilesCorrupt(f"its gzip is broken: {err}") from err

    def _count(self, requests: int = 0, size: int = 0) -> None:
        self._requests += requests
        self._bytes += size
        if self._requests <= MAX_REQUESTS and self._bytes <= MAX_BYTES:
            return
        what = f"{MAX_REQUESTS} files or {MAX_BYTES // 1_000_000} MB"
        self.fault = self.fault or StyleFailed(
            f"a style fetched {self._requests} files, {self._bytes} bytes",
            public=f"The map style fetches more than {what}.",
        )
        raise self.fault


def _listed(hosts: set[str]) -> str:
    rest = ["…"] if len(hosts) > NAMED_HOSTS else []
    return ", ".join(sorted(hosts)[:NAMED_HOSTS] + rest)


def _seen(task: asyncio.Task[_TileSet]) -> None:
    if not task.cancelled():
        task.exception()  # marks it as seen, should nobody have waited for it


def _vector_tile(data: bytes) -> Body:
    VECTOR.check(data)
    return Body(data, PROTOBUF)


def _image(data: bytes) -> Body:
    try:
        with Image.open(io.BytesIO(data), formats=tuple(IMAGES)) as image:
            kind, size = image.format or "", image.size
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError) as err:
        raise TilesCorrupt(f"no PNG, JPEG or WebP: {err!r}") from err
    if max(size) > MAX_IMAGE_SIDE_PX:
        raise TilesCorrupt(f"an image of {size[0]} x {size[1]} pixels is too large")
    return Body(data, IMAGES[kind])


def _json_object(data: bytes) -> Body:
    try:
        given = json.loads(data)
    except (ValueError, RecursionError) as err:
        raise TilesCorrupt(f"not JSON: {err!r}") from err
    if not isinstance(given, dict):
        raise TilesCorrupt("not a JSON object")
    return Body(data, JSON)


def _glyphs(data: bytes) -> Body:
    if data[0] != _GLYPHS_TAG:
        raise TilesCorrupt("no glyphs")
    return Body(data, PROTOBUF)


def _tile_set(given: dict[str, Any]) -> _TileSet:
    templates = tuple(str(template) for template in given["tiles"])
    if not templates or not all(place in url for place in PLACES for url in templates):
        raise ValueError("its tiles have no {z}, {x} and {y}")
    tilejson = {
        "tilejson": "3.0.0",
        "minzoom": int(given.get("minzoom", 0)),
        "maxzoom": int(given.get("maxzoom", 22)),
        "bounds": list(sane_bounds(given.get("bounds", ()))),
        "scheme": "tms" if given.get("scheme") == "tms" else "xyz",
        "attribution": credit_of(given),
    }
    return _TileSet(templates, tilejson)


def _filled(template: str, z: int, x: int, y: int) -> str:
    values = {"z": z, "x": x, "y": y, "ratio": "", "prefix": f"{x % 16:x}{y % 16:x}"}
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", str(value))
    return template
