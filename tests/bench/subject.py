"""The poster that all contenders draw: the sample city, one style, one set of layers, any size.

Without labels and relief, which MapLibre Native would need glyphs and elevation tiles for, and
without a margin, so that all draw exactly as many pixels of map.
"""

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy.local.refusal import CannotRun
from exporter.poster import Format, Layers, Location, PosterConfig, to_json

# Styles' widths are CSS pixels of a map so wide, at any size (poster.md 3.1).
CSS_WIDTH = 1000
CONFIG = PosterConfig(
    Location((71.43, 51.145), name="Astana", city="Kazakhstan", zoom=13.1),
    style="minimal",
    palette="ink",
    format=Format(margin=0),
    layers=replace(
        Layers(), parks=True, buildings=True, terrain=False, terrain_under_water=False, pois=False,
        marker=False,
    ),
)  # fmt: skip
_STYLE = Path(__file__).with_name("style.mjs")


@dataclass(frozen=True, order=True)
class Size:
    """A poster's size in pixels; all are 2:3."""

    width: int
    height: int

    @property
    def megapixels(self) -> float:
        return self.width * self.height / 1e6

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


USUAL = Size(2400, 3600)
# What is drawn in pieces: 36 inches at 300 dpi, and the largest size there is.
BIG, HUGE = Size(7200, 10800), Size(14400, 21600)
SIZES = (Size(1024, 1536), USUAL, Size(3600, 5400), Size(4700, 7050), BIG, HUGE)
# Of a size that is drawn for nothing else, so nothing alike is kept.
ALONE = Size(1000, 1500)
# MapLibre Native draws into one framebuffer, and here has none of 8192 pixels a side or more.
NATIVE_SIZES = SIZES[:4]


def request(size: Size) -> dict[str, Any]:
    """Return the body of the service's `generate`."""
    return {
        "config": to_json(CONFIG),
        "resolution": {"width": size.width, "height": size.height},
        "timeout": 600_000,
    }


def order(size: Size, out: Path) -> dict[str, Any]:
    """Return what the existing app's way and MapLibre Native are told to draw into *out*."""
    return {"width": size.width, "height": size.height, "out": str(out)}


def native_order(size: Size, out: Path, style: str) -> dict[str, Any]:
    """Return the same for MapLibre Native, which takes a style and a camera instead of a config."""
    ratio = size.width / CSS_WIDTH
    lng, lat = CONFIG.location.center
    camera = {"longitude": lng, "latitude": lat, "zoom": CONFIG.location.zoom}
    css = {"width": CSS_WIDTH, "height": round(size.height / ratio), "ratio": ratio}
    return {"map": {"style": style, **css, **camera}, "out": str(out)}


def map_style(tilejson_url: str) -> str:
    """Return the poster's map style as JSON, its tiles at *tilejson_url*. Raises CannotRun."""
    given = json.dumps({"config": to_json(CONFIG), "tilejson": tilejson_url})
    made = subprocess.run(
        ["node", str(_STYLE)], input=given, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise CannotRun(f"The map style could not be made: {made.stderr.strip()[-500:]}")
    return made.stdout
