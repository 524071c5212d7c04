"""A small made-up population: six-sided areas around the sample city, as an archive of one tile."""

import math
from collections.abc import Iterator
from pathlib import Path

from tests.factories import ASTANA
from tests.mvt import EXTENT, Feature, tile, write_archive

CREDIT = "© Counted by hand"
ZOOM = 8
_SIDE = 24  # of an area, in units of the tile: some 600 m
_MOST = 12_000
_ROWS, _COLUMNS = range(-25, 26), range(-7, 8)


def write_people(path: Path) -> Path:
    """Write the archive; the nearer to the city's middle, the more people."""
    x, y = _place(*ASTANA)
    column, row = int(x), int(y)
    middle = round((x - column) * EXTENT), round((y - row) * EXTENT)
    people = tile({"stats": list(_areas(*middle))})
    return write_archive(path, {(ZOOM, column, row): people}, CREDIT)


def _areas(x0: int, y0: int) -> Iterator[Feature]:
    wide, high = 3 * _SIDE, round(_SIDE * math.sqrt(3) / 2)
    for row in _ROWS:
        for column in _COLUMNS:
            x = x0 + column * wide + (row % 2) * wide // 2
            y = y0 + row * high
            away = math.hypot(x - x0, y - y0) / (5 * _SIDE)
            yield Feature(_corners(x, y, high), {"population": int(_MOST * math.exp(-away))}, True)


def _corners(x: int, y: int, high: int) -> tuple[tuple[int, int], ...]:
    half = _SIDE // 2
    return ((x - _SIDE, y), (x - half, y - high), (x + half, y - high),
            (x + _SIDE, y), (x + half, y + high), (x - half, y + high))  # fmt: skip


def _place(lng: float, lat: float) -> tuple[float, float]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lng + 180) / 360 * 2**ZOOM, y * 2**ZOOM
