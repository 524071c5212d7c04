"""A cone of land whose every height is known, as an archive of elevation tiles."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

SIDE = 256
ZOOMS = range(9, 13)
CREDIT = "Hill by hand"


@dataclass(frozen=True)
class Hill:
    """A cone on the equator, its peak where four tiles of zoom 12 meet, so that seams would show.

    *foot* and *peak* in metres; *radius* in degrees.
    """

    foot: float = 0
    peak: float = 1000
    radius: float = 0.03
    lng: float = 114 * 360 / 4096
    lat: float = 0.0

    @property
    def center(self) -> tuple[float, float]:
        return self.lng, self.lat

    def height(self, lng: float, lat: float) -> float:
        """Return metres; a degree is as long in both directions here."""
        away = math.hypot(lng - self.lng, lat - self.lat) / self.radius
        return self.foot + (self.peak - self.foot) * max(0.0, 1 - away)

    def radius_at(self, metres: float) -> float:
        """Return how far, in degrees, the line of this height is from the peak."""
        return self.radius * (1 - (metres - self.foot) / (self.peak - self.foot))

    def archive(self, path: Path) -> Path:
        """Write the tiles around the hill to *path*, all that a poster of zoom 11-13 needs."""
        reach = 0.4
        tiles = {}
        for z in ZOOMS:
            column, row = _tile(self.lng, self.lat, z)
            around = math.ceil(reach / 360 * 2**z) + 1
            for x in range(column - around, column + around + 1):
                for y in range(row - around, row + around + 1):
                    tiles[zxy_to_tileid(z, x, y)] = self._tile(z, x, y)
        bounds = (self.lng - reach, self.lat - reach, self.lng + reach, self.lat + reach)
        _write(path, tiles, bounds)
        return path

    def _tile(self, z: int, x: int, y: int) -> bytes:
        west, north = _corner(z, x, y)
        east, south = _corner(z, x + 1, y + 1)
        r = self.radius
        if not (west - r < self.lng < east + r and south - r < self.lat < north + r):
            return _flat(self.foot)
        lats = [_corner(z, x, y + (j + 0.5) / SIDE)[1] for j in range(SIDE)]
        lngs = [west + (east - west) * (i + 0.5) / SIDE for i in range(SIDE)]
        return _png(lambda: [_terrarium(self.height(lng, lat)) for lat in lats for lng in lngs])


def _corner(z: int, x: float, y: float) -> tuple[float, float]:
    side = 2**z
    return x / side * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / side))))


def _tile(lng: float, lat: float, z: int) -> tuple[int, int]:
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lng + 180) / 360 * 2**z), int(y * 2**z)


def _terrarium(metres: float) -> tuple[int, int, int]:
    units = round((metres + 32_768) * 256)
    return units >> 16, units >> 8 & 255, units & 255


@cache
def _flat(metres: float) -> bytes:
    return _png(lambda: [_terrarium(metres)] * SIDE * SIDE)


def _png(pixels: Callable[[], list[tuple[int, int, int]]]) -> bytes:
    image = Image.new("RGB", (SIDE, SIDE))
    image.putdata(pixels())
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


def _write(path: Path, tiles: dict[int, bytes], bounds: tuple[float, ...]) -> None:
    west, south, east, north = (round(edge * 1e7) for edge in bounds)
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id in sorted(tiles):
            writer.write_tile(tile_id, tiles[tile_id])
        writer.finalize(
            {
                "tile_type": TileType.PNG, "tile_compression": Compression.NONE,
                "min_zoom": min(ZOOMS), "max_zoom": max(ZOOMS),
                "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
                "center_zoom": max(ZOOMS), "center_lon_e7": (west + east) // 2,
                "center_lat_e7": (south + north) // 2,
            },
            {"attribution": CREDIT},
        )  # fmt: skip
