"""The kinds of tiles a source may hold: what tells vector tiles from elevation tiles.

Handed to exporter/archives.py and exporter/tiles.py, which read either kind the same way.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from pmtiles.tile import TileType

from exporter.errors import TilesCorrupt
from exporter.vector_tiles import DEFAULT_ATTRIBUTION, check_vector_tile

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
# Relief is made from neighbouring tiles together, so all must have one size; this is the usual one.
ELEVATION_SIDE_PX = 256

_IHDR = struct.Struct(">4x4sII")
_PNG_END = b"IEND\xaeB\x60\x82"


@dataclass(frozen=True)
class TileKind:
    """*setting* names the source, *check* raises TilesCorrupt, *credit* stands in for none told."""

    setting: str
    word: str
    archived: TileType
    accept: str
    check: Callable[[bytes], None]
    credit: str


def check_elevation_tile(data: bytes) -> None:
    """Raise TilesCorrupt unless *data* is a whole PNG of the right size; empty means no tile."""
    if not data:
        return
    if not data.startswith(PNG_MAGIC) or len(data) < len(PNG_MAGIC) + _IHDR.size:
        raise TilesCorrupt("no elevation tile: it is not a PNG")
    chunk, width, height = _IHDR.unpack_from(data, len(PNG_MAGIC))
    if chunk != b"IHDR" or not data.endswith(_PNG_END):
        raise TilesCorrupt("no whole elevation tile: the PNG is torn")
    if (width, height) != (ELEVATION_SIDE_PX, ELEVATION_SIDE_PX):
        raise TilesCorrupt(
            f"an elevation tile must be {ELEVATION_SIDE_PX} x {ELEVATION_SIDE_PX} pixels, "
            f"got {width} x {height}"
        )


VECTOR = TileKind(
    setting="TILES_URL",
    word="vector",
    archived=TileType.MVT,
    accept="application/vnd.mapbox-vector-tile, application/x-protobuf;q=0.9, */*;q=0.1",
    check=check_vector_tile,
    credit=DEFAULT_ATTRIBUTION,
)
POPULATION = replace(VECTOR, setting="POPULATION_URL", word="population", credit="")
ELEVATION = TileKind(
    setting="TERRAIN_URL",
    word="elevation",
    archived=TileType.PNG,
    accept="image/png, */*;q=0.1",
    check=check_elevation_tile,
    credit="",
)
