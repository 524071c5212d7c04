"""What a tile source is: the words shared by exporter/archives.py and exporter/tiles.py."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Protocol

from exporter.errors import TilesCorrupt

WORLD = (-180.0, -85.0511, 180.0, 85.0511)
# The OpenMapTiles schema, which every source here follows, ends at 14.
DEFAULT_MAX_ZOOM = 14
# A poster must never be without credit; this is the one the schema and its data ask for.
DEFAULT_ATTRIBUTION = "© OpenMapTiles © OpenStreetMap contributors"
# 64 MB: some 500 decoded city tiles, several posters of one city, and small beside a Chromium.
MEMORY_BYTES = 64_000_000

_LAYER_TAG = 0x1A  # field 3, length-delimited


@dataclass(frozen=True)
class TileJson:
    """What a source covers. *bounds* west, south, east, north in degrees; *attribution* is text."""

    minzoom: int
    maxzoom: int
    bounds: tuple[float, float, float, float]
    attribution: str

    def to_json(self, tiles_url: str) -> dict[str, Any]:
        """Return the TileJSON 3.0 object whose tiles are at the template *tiles_url*."""
        return {
            "tilejson": "3.0.0",
            "tiles": [tiles_url],
            "minzoom": self.minzoom,
            "maxzoom": self.maxzoom,
            "bounds": list(self.bounds),
            "attribution": self.attribution,
        }


class TileSource(Protocol):
    """Where tiles come from."""

    async def tilejson(self) -> TileJson:
        """Return what the source covers."""

    async def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the decoded tile: empty where the map is empty, None where there is no such tile.

        Raises TilesCorrupt for data that is no such tile, and what the way to it raises.
        """

    def origin(self) -> str:
        """Return where the tiles are from, with their version where it is known; nothing secret."""

    async def close(self) -> None:
        """Give back files and connections."""


class TileMemory:
    """The decoded tiles used last, at most *max_bytes* of them."""

    def __init__(self, max_bytes: int = MEMORY_BYTES) -> None:
        self._max_bytes = max_bytes
        self._size = 0
        self._tiles: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def get(self, key: str, now: float) -> bytes | None:
        """Return the tile of *key* while it is fresh at *now*."""
        fresh_until, tile = self._tiles.get(key, (0.0, b""))
        if fresh_until <= now:
            return None
        self._tiles.move_to_end(key)
        return tile

    def put(self, key: str, tile: bytes, fresh_until: float) -> None:
        """Keep *tile*, dropping those unused for longest above the cap."""
        self._drop(key)
        self._tiles[key] = (fresh_until, tile)
        self._size += len(tile)
        while self._size > self._max_bytes:
            self._drop(next(iter(self._tiles)))

    def _drop(self, key: str) -> None:
        self._size -= len(self._tiles.pop(key, (0.0, b""))[1])


def check_vector_tile(data: bytes) -> None:
    """Raise TilesCorrupt unless *data* is a chain of whole protobuf layers.

    Looks only at the outermost fields (MVT 2.1 section 4.1): enough to tell a tile from an error
    page or a torn one, in microseconds.
    """
    at = 0
    while at < len(data):
        if data[at] != _LAYER_TAG:
            raise TilesCorrupt(f"no vector tile: byte {at} of {len(data)} starts no layer")
        length, at = _varint(data, at + 1)
        at += length
    if at > len(data):
        raise TilesCorrupt(f"no whole vector tile: its last layer misses {at - len(data)} bytes")


def plain_text(html: str) -> str:
    """Return *html* without its tags: attributions come as HTML and are drawn as text."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.pieces).split())


def joined(attributions: Iterable[str], default: str = DEFAULT_ATTRIBUTION) -> str:
    """Return the different *attributions* as one line, *default* when there is none."""
    return " ".join(dict.fromkeys(text for text in attributions if text)) or default


def within(tilejson: TileJson, z: int, x: int, y: int) -> bool:
    """Tell whether the tile exists in the grid and lies in the zoom range."""
    side = 1 << max(z, 0)
    return tilejson.minzoom <= z <= tilejson.maxzoom and 0 <= x < side and 0 <= y < side


def sane_bounds(given: Sequence[Any]) -> tuple[float, float, float, float]:
    """Return *given* as bounds, the whole world when they are absent, empty or unreadable.

    Empty bounds would show an empty map without any error.
    """
    try:
        west, south, east, north = (float(edge) for edge in given)
    except (TypeError, ValueError):
        return WORLD
    inside = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if inside else WORLD


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise TilesCorrupt("no whole vector tile: a layer's length is broken")


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
