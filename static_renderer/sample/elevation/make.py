"""Makes jacksboro.pmtiles from matplotlib's sample file: `python make.py jacksboro_fault_dem.npz`.

Needs numpy, pillow and pmtiles in an environment of its own; the service needs no numpy. Heights
are drawn from the grid by bilinear interpolation, and beyond its edge they go on as at the edge,
so that no cliff surrounds the area.
"""

import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

ZOOMS = range(8, 13)
SIDE = 256
CREDIT = "Elevation: SRTM courtesy of the U.S. Geological Survey"


def main(source: Path) -> None:
    grid = np.load(source)
    west, east = float(grid["xmin"]), float(grid["xmax"])
    north, south = float(grid["ymin"]), float(grid["ymax"])  # rows run from north to south
    heights = grid["elevation"].astype(np.float64)
    tiles = {}
    for zoom in ZOOMS:
        left, top = (int(n) for n in place(west, north, zoom))
        right, bottom = (int(n) for n in place(east, south, zoom))
        # A ring around: contour lines are made from a tile and its eight neighbours.
        for x in range(left - 1, right + 2):
            for y in range(top - 1, bottom + 2):
                lng, lat = centres(zoom, x, y)
                columns = (lng - west) / float(grid["dx"]) - 0.5
                rows = (north - lat) / float(grid["dy"]) - 0.5
                tiles[zxy_to_tileid(zoom, x, y)] = png(sampled(heights, rows, columns))
    write(tiles, (west, south, east, north))


def place(lng, lat, zoom):
    """Return where a point is, in tiles from the map's north-west corner."""
    phi = np.radians(lat)
    return (
        (lng + 180) / 360 * 2**zoom,
        (1 - np.arcsinh(np.tan(phi)) / np.pi) / 2 * 2**zoom,
    )


def centres(zoom, x, y):
    """Return the longitudes of a tile's columns and the latitudes of its rows of pixels."""
    steps = (np.arange(SIDE) + 0.5) / SIDE
    lng = (x + steps) / 2**zoom * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + steps) / 2**zoom))))
    return lng, lat


def sampled(heights, rows, columns):
    rows = np.clip(rows, 0, heights.shape[0] - 1)
    columns = np.clip(columns, 0, heights.shape[1] - 1)
    r, c = (
        np.minimum(rows.astype(int), heights.shape[0] - 2),
        np.minimum(columns.astype(int), heights.shape[1] - 2),
    )
    fr, fc = (rows - r)[:, None], (columns - c)[None, :]
    upper = heights[np.ix_(r, c)] * (1 - fc) + heights[np.ix_(r, c + 1)] * fc
    lower = heights[np.ix_(r + 1, c)] * (1 - fc) + heights[np.ix_(r + 1, c + 1)] * fc
    return upper * (1 - fr) + lower * fr


def png(metres):
    # Eighths of a metre: finer than the whole metres of the source, and a third of the bytes.
    units = np.round((metres + 32768) * 8).astype(np.int64) * 32
    pixels = np.stack([units >> 16, units >> 8 & 255, units & 255], axis=-1).astype(np.uint8)
    body = io.BytesIO()
    Image.fromarray(pixels).save(body, "PNG", optimize=True)
    return body.getvalue()


def write(tiles, bounds):
    west, south, east, north = (round(edge * 1e7) for edge in bounds)
    with (Path(__file__).parent / "jacksboro.pmtiles").open("wb") as file:
        writer = Writer(file)
        for tile_id in sorted(tiles):
            writer.write_tile(tile_id, tiles[tile_id])
        header = {
            "tile_type": TileType.PNG, "tile_compression": Compression.NONE,
            "min_zoom": min(ZOOMS), "max_zoom": max(ZOOMS),
            "min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north,
            "center_zoom": max(ZOOMS), "center_lon_e7": (west + east) // 2,
            "center_lat_e7": (south + north) // 2,
        }  # fmt: skip
        writer.finalize(header, {"name": "Jacksboro fault", "attribution": CREDIT})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
