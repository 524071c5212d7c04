"""The elevation tiles of this installation, chosen by `TERRAIN_URL`: what relief is made from.

Stands between exporter/tiles.py and exporter/gateway.py. Where the source has no tile a flat one is
given: contour lines need a tile's eight neighbours, and a missing one would take the whole tile
with it.
"""

import io
from dataclasses import dataclass, replace
from functools import cache
from math import cos, log, pi, radians, tan

from PIL import Image
from yarl import URL

from exporter.egress import Egress
from exporter.settings import Settings
from exporter.tile_kinds import ELEVATION, ELEVATION_SIDE_PX
from exporter.tiles import open_source
from exporter.vector_tiles import WORLD, TileJson, TileSource

# Terrarium: metres are 256 R + G + B / 256 - 32768.
SEA_LEVEL = (128, 0, 0)

# Open terrain tiles ask for the names of those whose data they were made from
# (github.com/tilezen/joerd, docs/attribution.md).
TILEZEN_HOST_PATH = "elevation-tiles-prod"
TILEZEN_CREDIT = (
    "Elevation: Tilezen Joerd; ArcticDEM: DigitalGlobe, Inc., National Science Foundation awards "
    "1043681, 1559691, 1542736; © Commonwealth of Australia (Geoscience Australia) 2017; © offene "
    "Daten Österreichs, Digitales Geländemodell (DGM) Österreich; Open Government Licence, Canada; "
    "EU-DEM: Copernicus data and information funded by the European Union; ETOPO1: U.S. National "
    "Oceanic and Atmospheric Administration; INEGI, Continental relief, 2016; © 2011 Crown "
    "copyright Land Information New Zealand and the New Zealand Government; © Kartverket; "
    "© Environment Agency copyright and/or database right 2015; 3DEP, GMTED2010 and SRTM courtesy "
    "of the U.S. Geological Survey"
)


@dataclass(frozen=True)
class ElevationTile:
    """A PNG; *missing* when it is a flat one at a place where the source should have had one."""

    png: bytes
    missing: bool = False


class ElevationTiles:
    """The tiles of *source*, flat ones where it has none."""

    def __init__(self, source: TileSource, credit: str = "") -> None:
        """*credit* is used when the source tells none of its own."""
        self._source = source
        self._credit = credit

    async def tilejson(self) -> TileJson:
        """Return what the source covers. Raises what the way to it raises."""
        tilejson = await self._source.tilejson()
        return replace(tilejson, attribution=tilejson.attribution or self._credit)

    async def tile(self, z: int, x: int, y: int) -> ElevationTile:
        """Return the tile. Raises TilesCorrupt, and what the way to it raises."""
        png = await self._source.tile(z, x, y)
        if png:
            return ElevationTile(png)
        return ElevationTile(flat_tile(), missing=_covers(await self.tilejson(), z, x, y))

    def origin(self) -> str:
        """Return where the elevation is from."""
        return self._source.origin()

    async def close(self) -> None:
        """Give back what the source holds."""
        await self._source.close()


def open_elevation(settings: Settings, egress: Egress) -> ElevationTiles | None:
    """Return the source `TERRAIN_URL` names, None when it is empty. Raises InvalidSettings."""
    url = settings.terrain_url
    if not url:
        return None
    return ElevationTiles(open_source(url, ELEVATION, settings, egress), _credit_of(url))


@cache
def flat_tile() -> bytes:
    """Return a tile at sea level."""
    png = io.BytesIO()
    Image.new("RGB", (ELEVATION_SIDE_PX, ELEVATION_SIDE_PX), SEA_LEVEL).save(png, "PNG")
    return png.getvalue()


def _credit_of(url: str) -> str:
    """Return the credit of a source that cannot tell it: a bare template."""
    if TILEZEN_HOST_PATH in url:
        return TILEZEN_CREDIT
    return f"Elevation: {URL(url).host}" if url.startswith("http") else ""


def _covers(tilejson: TileJson, z: int, x: int, y: int) -> bool:
    """Tell whether any of the tile lies within the zooms and bounds of *tilejson*."""
    west, south, east, north = tilejson.bounds
    side = 1 << z
    columns = (_column(west, side), _column(east, side))
    rows = (_row(north, side), _row(south, side))
    return (
        tilejson.minzoom <= z <= tilejson.maxzoom
        and x < columns[1]
        and x + 1 > columns[0]
        and y < rows[1]
        and y + 1 > rows[0]
    )


def _column(lng: float, side: int) -> float:
    return (lng + 180) / 360 * side


def _row(lat: float, side: int) -> float:
    phi = radians(min(max(lat, WORLD[1]), WORLD[3]))
    return (1 - log(tan(phi) + 1 / cos(phi)) / pi) / 2 * side
