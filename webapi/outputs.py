"""Which files are made of one drawing, and why some cannot be.

All files come from the same drawing, which is `resolution` large. What belongs to the drawing (its
background) must be the same for all; what belongs to a file may differ.
"""

from collections.abc import Iterator
from typing import Any

from exporter.formats import FORMATS
from exporter.poster import Output, Resolution, half_up
from webapi.fields import Complaint
from webapi.sizes import in_pixels

# A thumbnail smaller than that shows nothing.
MIN_SIDE_PX = 16
# PDF 1.7, annex C: a page has at most 14,400 units of 1/72 inch.
MAX_PAGE_IN = 200

Where = tuple[int, str]
# An output as the schema loads it.
Asked = dict[str, Any]


def outputs_of(asked: list[Asked], drawn: Resolution) -> tuple[Output, ...]:
    """Return the files *asked* for of a drawing of that size; `complaints` must have none."""
    return tuple(_output(each, drawn) for each in asked)


def _output(asked: Asked, drawn: Resolution) -> Output:
    given = {
        name: asked[name]
        for name in ("name", "format", "quality", "background", "dpi", "crop_marks", "color_space")
        if name in asked
    }
    bleed = asked.get("bleed", {"amount": 0})
    width, height = _size(asked, drawn)
    return Output(
        **given,
        width_px=width,
        height_px=height,
        bleed_px=in_pixels(bleed["amount"], bleed.get("unit", "mm"), drawn.dpi),
    )


def _size(asked: Asked, drawn: Resolution) -> tuple[int, int]:
    """Return the size of a file; a side that is not given follows the other."""
    width, height = asked.get("width", 0), asked.get("height", 0)
    by_height = half_up(height * drawn.width_px / drawn.height_px)
    by_width = half_up(width * drawn.height_px / drawn.width_px)
    return width or by_height, height or by_width


def complaints(asked: list[Asked], drawn: Resolution) -> Iterator[tuple[Where, Complaint]]:
    """Yield what cannot be made of a drawing of that size, each with its place in the list."""
    names = [each.get("name") or each.get("format", Output.format) for each in asked]
    for n, each in enumerate(asked):
        for field, complaint in _of_format(each, drawn):
            yield (n, field), complaint
        for field, complaint in _of_size(each, drawn):
            yield (n, field), complaint
        if names[n] in names[:n]:
            yield (n, "name"), _conflict(f"two outputs are called {names[n]}; name them apart")
        if each.get("background", "paper") != asked[0].get("background", "paper"):
            yield (n, "background"), _conflict("all outputs are made of one drawing: say the same")


def _of_format(asked: Asked, drawn: Resolution) -> Iterator[tuple[str, Complaint]]:
    name = asked.get("format", Output.format)
    format_ = FORMATS[name]
    if asked.get("background") == "transparent" and not format_.alpha:
        yield "background", _conflict(f"{name} cannot be transparent; png and webp can")
    if "quality" in asked and not format_.quality:
        yield "quality", _conflict(f"{name} loses nothing, so it has no quality")
    for field in ("bleed", "crop_marks"):
        if asked.get(field) and not format_.press:
            yield field, _conflict(f"{name} has no {field}; pdf has")
    if asked.get("color_space") == "cmyk" and not format_.press:
        yield "color_space", _conflict(f"{name} is rgb; pdf may be cmyk")
    width, height = _size(asked, drawn)
    longest = max(width or drawn.width_px, height or drawn.height_px)
    if longest > format_.max_side_px:
        detail = f"{name} holds {format_.max_side_px} pixels a side, got {longest}"
        yield "format", Complaint("pixel_limit", detail)
    area = (width or drawn.width_px) * (height or drawn.height_px)
    if area > format_.max_area_px:
        detail = f"a {name} has at most {format_.max_area_px} pixels here, got {area}: all of it "
        yield "format", Complaint("pixel_limit", detail + "is held in memory; png and jpeg are not")
    longest_in = max(drawn.width_px, drawn.height_px) / drawn.dpi
    if "dpi" in asked:
        longest_in = longest / asked["dpi"]
    if format_.press and longest_in > MAX_PAGE_IN:
        detail = f"a page of a {name} is at most {MAX_PAGE_IN} inches long, got {longest_in:.0f}"
        yield "format", Complaint("out_of_range", f"{detail}; ask for a higher dpi")


def _of_size(asked: Asked, drawn: Resolution) -> Iterator[tuple[str, Complaint]]:
    whole = {"width": drawn.width_px, "height": drawn.height_px}
    for side, most in whole.items():
        if asked.get(side, 0) > most:
            detail = f"must be at most {most}, as large as the poster is drawn, got {asked[side]}"
            yield side, Complaint("out_of_range", detail)
            return
    width, height = _size(asked, drawn)
    if not width:
        return
    if min(width, height) < MIN_SIDE_PX:
        detail = f"the shorter side must be at least {MIN_SIDE_PX}, got {width} x {height} pixels"
        yield "width" if "width" in asked else "height", Complaint("size_too_small", detail)
    by_width = half_up(width * drawn.height_px / drawn.width_px)
    by_height = half_up(height * drawn.width_px / drawn.height_px)
    if abs(height - by_width) > 1 and abs(width - by_height) > 1:
        detail = f"would distort the poster: {width} wide it is {by_width} high; leave it out"
        yield "height", _conflict(detail)


def _conflict(detail: str) -> Complaint:
    return Complaint("conflicting_fields", detail)
