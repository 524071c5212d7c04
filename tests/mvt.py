"""Small vector tiles for tests (Mapbox Vector Tile 2.1), and PMTiles archives that hold them."""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

EXTENT = 4096
WORLD_E7 = {"min_lon_e7": -1_800_000_000, "max_lon_e7": 1_800_000_000,
            "min_lat_e7": -850_000_000, "max_lat_e7": 850_000_000}  # fmt: skip

Point = tuple[int, int]
T = TypeVar("T")


@dataclass(frozen=True)
class Feature:
    """*points*: one for a point, more for a line or, with *closed*, the corners of an area.

    In units of the tile, 4096 to a side.
    """

    points: tuple[Point, ...]
    properties: Mapping[str, str | int] = field(default_factory=dict)
    closed: bool = False


def tile(layers: Mapping[str, Iterable[Feature]]) -> bytes:
    """Return the tile that has *layers*, each a name and its features."""
    return b"".join(_field(3, _layer(name, list(found))) for name, found in layers.items())


def write_archive(
    path: Path, tiles: Mapping[tuple[int, int, int], bytes], attribution: str = ""
) -> Path:
    """Write a PMTiles archive of *tiles*, by (z, x, y), at *path*; elsewhere its map is empty."""
    zooms = [z for z, _, _ in tiles]
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id, data in sorted((zxy_to_tileid(*at), data) for at, data in tiles.items()):
            writer.write_tile(tile_id, gzip.compress(data, mtime=0))
        header = {
            "tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **WORLD_E7,
            "min_zoom": min(zooms), "max_zoom": max(zooms),
            "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0,
        }  # fmt: skip
        writer.finalize(header, {"vector_layers": [], "attribution": attribution})
    return path


def _layer(name: str, features: list[Feature]) -> bytes:
    keys = _distinct(key for each in features for key in each.properties)
    values = _distinct(value for each in features for value in each.properties.values())
    parts = [_field(1, name.encode())]
    for each in features:
        pairs = [(keys.index(key), values.index(value)) for key, value in each.properties.items()]
        parts.append(_field(2, _feature(each, list(chain(*pairs)))))
    parts += [_field(3, key.encode()) for key in keys]
    parts += [_field(4, _value(value)) for value in values]
    return b"".join([*parts, _number(5, EXTENT), _number(15, 2)])


def _feature(feature: Feature, tags: list[int]) -> bytes:
    kind = 3 if feature.closed else 2 if len(feature.points) > 1 else 1
    commands = _commands(feature.points) + [7 | 1 << 3] * feature.closed
    return _field(2, _packed(tags)) + _number(3, kind) + _field(4, _packed(commands))


def _commands(points: tuple[Point, ...]) -> list[int]:
    """Return the geometry's integers: one move, and lines to the other points."""
    here = [(0, 0), *points]
    steps = [(x - a, y - b) for (a, b), (x, y) in zip(here, points, strict=False)]
    zigzag = [step << 1 if step >= 0 else (-step << 1) - 1 for step in chain(*steps)]
    if len(points) == 1:
        return [1 | 1 << 3, *zigzag]
    return [1 | 1 << 3, *zigzag[:2], 2 | (len(points) - 1) << 3, *zigzag[2:]]


def _value(value: str | int) -> bytes:
    return _number(5, value) if isinstance(value, int) else _field(1, value.encode())


def _distinct(found: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(found))


def _field(number: int, body: bytes) -> bytes:
    return _packed([number << 3 | 2, len(body)]) + body


def _number(number: int, value: int) -> bytes:
    return _packed([number << 3, value])


def _packed(numbers: Iterable[int]) -> bytes:
    return b"".join(_varint(number) for number in numbers)


def _varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + _varint(number >> 7) if number > 127 else bytes([number])
