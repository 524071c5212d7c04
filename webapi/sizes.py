"""How many pixels a poster gets: by a config's aspect ratio, or as asked, within the limits."""

from math import sqrt

from exporter.poster import Format, Resolution, half_up
from exporter.settings import Settings

# Long edges of the presets SMALL (the default) and MEDIUM (`high_res`), in pixels.
SMALL = 3600
MEDIUM = 5400
# Below it the credits of the map's data cannot be printed legibly.
MIN_SIDE_PX = 64
# Narrower ones leave no room for a map between the margins.
MAX_ASPECT = 20

_RATIOS = {
    "2:3": 2 / 3, "3:4": 3 / 4, "4:5": 4 / 5, "1:1": 1.0, "ISO": 1 / sqrt(2),
    "16:9": 16 / 9, "16:10": 16 / 10, "9:16": 9 / 16, "9:19.5": 9 / 19.5,
}  # fmt: skip


def from_format(sheet: Format, long_edge: int = SMALL) -> Resolution:
    """Return the size of *sheet*, as the existing export computes it.

    Landscape turns any ratio round; 16:9 and 16:10 are written wide, so their "portrait" is wide
    and their "landscape" tall. Saved configs depend on that.
    """
    ratio = _RATIOS[sheet.aspect_ratio]
    if sheet.orientation == "landscape":
        ratio = 1 / ratio
    if ratio <= 1:
        return Resolution(half_up(long_edge * ratio), long_edge)
    return Resolution(long_edge, half_up(long_edge / ratio))


def complaint(size: Resolution, settings: Settings) -> tuple[str, str] | None:
    """Return `(code, detail)` of the limit *size* breaks, or None."""
    if size.width > MAX_ASPECT * size.height or size.height > MAX_ASPECT * size.width:
        return "aspect_limit", f"sides must be 1:{MAX_ASPECT} at the most, got {_asked(size)}"
    width, height = size.width_px, size.height_px
    drawn = f"got {width} x {height} pixels"
    if min(width, height) < MIN_SIDE_PX:
        return "size_too_small", f"the shorter side must be at least {MIN_SIDE_PX}, {drawn}"
    if max(width, height) > settings.max_side_px:
        return "pixel_limit", f"the longer side must be at most {settings.max_side_px}, {drawn}"
    if width * height > settings.max_area_px:
        limit = f"{settings.max_area_px} pixels"
        return "pixel_limit", f"width times height must be at most {limit}, {drawn}"
    return None


def _asked(size: Resolution) -> str:
    return f"{size.width} x {size.height}"
