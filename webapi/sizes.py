"""How many pixels a poster gets, in each way a request may say its size, and the limits."""

from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from exporter import costs
from exporter.poster import Format, Resolution, half_up

# Below it the credits of the map's data cannot be printed legibly.
MIN_SIDE_PX = 64
# Narrower ones leave no room for a map between the margins.
MAX_ASPECT = 20


@dataclass(frozen=True)
class Preset:
    """A size of the existing export: the longer side in pixels, and what it is printed at."""

    long_edge_px: int
    dpi: float


PRESETS = {
    "SOCIAL": Preset(2048, 72.0),
    "SMALL": Preset(3600, 300.0),
    "MEDIUM": Preset(5400, 300.0),
    "LARGE": Preset(7200, 300.0),
    "ULTRA": Preset(10_800, 300.0),
    "THUMBNAIL": Preset(1024, 72.0),
    "PHONE_WALLPAPER": Preset(2532, 72.0),
    "LAPTOP_WALLPAPER": Preset(2880, 72.0),
    "DESKTOP_4K": Preset(3840, 72.0),
}
# Without a resolution, and with `high_res`.
DEFAULT, LARGER = "SMALL", "MEDIUM"

INCH_MM = 25.4
UNITS_MM = {"mm": 1.0, "cm": 10.0, "in": INCH_MM}

# Portrait sheets of the names people order prints by: width, height, unit.
SHEETS: dict[str, tuple[float, float, str]] = {
    "A5": (148, 210, "mm"), "A4": (210, 297, "mm"), "A3": (297, 420, "mm"),
    "A2": (420, 594, "mm"), "A1": (594, 841, "mm"), "A0": (841, 1189, "mm"),
    **{
        f"{width}x{height}{unit}": (width, height, unit)
        for width, height, unit in (
            (5, 7, "in"), (8, 10, "in"), (8, 12, "in"), (11, 14, "in"), (11, 17, "in"),
            (12, 16, "in"), (12, 18, "in"), (16, 20, "in"), (16, 24, "in"), (18, 24, "in"),
            (20, 30, "in"), (24, 36, "in"), (30, 40, "cm"), (40, 50, "cm"), (50, 70, "cm"),
            (61, 91, "cm"), (70, 100, "cm"),
        )
    },
}  # fmt: skip

# Width by height of a format's aspect ratio in portrait. All are written short by long but 16:9
# and 16:10, which are written wide: `orientation` turns whatever is written, so these two are wide
# in "portrait" and tall in "landscape". Saved configs depend on that; sizes asked for in pixels, by
# paper or by sheet never pass through this table.
_RATIOS = {
    "2:3": 2 / 3, "3:4": 3 / 4, "4:5": 4 / 5, "1:1": 1.0, "ISO": 1 / sqrt(2),
    "16:9": 16 / 9, "16:10": 16 / 10, "9:16": 9 / 16, "9:19.5": 9 / 19.5,
}  # fmt: skip


class Size(Protocol):
    """A way to say a size; all end as pixels once the poster's format is known."""

    def resolution(self, sheet: Format) -> Resolution: ...


@dataclass(frozen=True)
class InPixels:
    """As asked, whatever the format says."""

    asked: Resolution

    def resolution(self, _sheet: Format) -> Resolution:
        return self.asked


@dataclass(frozen=True)
class ByPreset:
    """A preset, with the format's aspect ratio and orientation. `dpi` 0 is the preset's own."""

    preset: str = DEFAULT
    dpi: float = 0.0

    def resolution(self, sheet: Format) -> Resolution:
        """Return the size of *sheet* as the existing export computes it."""
        preset = PRESETS[self.preset]
        edge, dpi = preset.long_edge_px, self.dpi or preset.dpi
        ratio = _RATIOS[sheet.aspect_ratio]
        if sheet.orientation == "landscape":
            ratio = 1 / ratio
        if ratio <= 1:
            return Resolution(half_up(edge * ratio), edge, dpi=dpi)
        return Resolution(edge, half_up(edge / ratio), dpi=dpi)


@dataclass(frozen=True)
class OnPaper:
    """A width and a height of paper, printed at *dpi*."""

    width: float
    height: float
    unit: str
    dpi: float

    def resolution(self, _sheet: Format) -> Resolution:
        width, height = (in_pixels(side, self.unit, self.dpi) for side in (self.width, self.height))
        return Resolution(width, height, dpi=self.dpi)


@dataclass(frozen=True)
class BySheet:
    """A sheet by its name, `orientation` "" as the format's; portrait is tall, always."""

    name: str
    dpi: float
    orientation: str = ""

    def resolution(self, sheet: Format) -> Resolution:
        short, long, unit = SHEETS[self.name]
        sides = (short, long)
        if (self.orientation or sheet.orientation) == "landscape":
            sides = (long, short)
        return OnPaper(*sides, unit, self.dpi).resolution(sheet)


def in_pixels(length: float, unit: str, dpi: float) -> int:
    """Return the pixels on *length* of paper; halves are rounded up."""
    return half_up(length * UNITS_MM[unit] / INCH_MM * dpi)


@dataclass(frozen=True)
class Limits:
    """The largest poster, bleed included, that *whom* may ask for, and of what pieces it is."""

    side_px: int
    area_px: int
    piece_px: int
    whom: str


def complaint(size: Resolution, limits: Limits) -> tuple[str, str] | None:
    """Return `(code, detail)` of the limit *size* breaks, or None."""
    width, height = size.width_px, size.height_px
    drawn = f"got {width} x {height} pixels"
    if min(width, height) == 0:
        return "size_too_small", f"the shorter side must be at least {MIN_SIDE_PX}, {drawn}"
    if size.width > MAX_ASPECT * size.height or size.height > MAX_ASPECT * size.width:
        asked = f"{size.width} x {size.height}"
        return "aspect_limit", f"sides must be 1:{MAX_ASPECT} at the most, got {asked}"
    if min(width, height) < MIN_SIDE_PX:
        return "size_too_small", f"the shorter side must be at least {MIN_SIDE_PX}, {drawn}"
    most = ""
    if max(width, height) > limits.side_px:
        most = f"the longer side must be at most {limits.side_px}"
    elif width * height > limits.area_px:
        most = f"width times height must be at most {limits.area_px} pixels"
    if not most:
        return None
    cost = costs.told(width * height, limits.piece_px)
    return "pixel_limit", f"{most} for {limits.whom}, {drawn}; {cost}"


def largest_dpi(size: Resolution, limits: Limits) -> int:
    """Return the dpi at which the paper of *size* is within the limits: what to ask for instead."""
    width, height = size.width_px, size.height_px
    by_side = limits.side_px / max(width, height)
    by_area = sqrt(limits.area_px / (width * height))
    return int(size.dpi * min(by_side, by_area))
