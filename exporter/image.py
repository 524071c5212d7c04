"""What came from the page -> one verified sheet: whole, of the asked size, and not blank.

Files are made of it only afterwards (exporter/outputs.py), so no format hides a broken drawing.
"""

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from exporter.errors import ImageError

# Sizes are checked against the job's before anything is decoded; Pillow's own alarm would only
# refuse large posters.
Image.MAX_IMAGE_PIXELS = None

# A poster whose pixels are all but this share of one colour has lost its map and its text.
LEAST_INK = 0.001
# Looked at shrunk by so much: the mean of a square still shows a hairline, at 1/64 of the cost.
_SHRINK = 8
# The last chunk of every PNG: empty, with its checksum. Pillow does not miss it.
_END = b"\0\0\0\0IEND\xaeB`\x82"

DAMAGED = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    zlib.error,
    struct.error,
)


@dataclass(frozen=True)
class Verified:
    """A checked PNG and its size."""

    png: bytes
    width: int
    height: int


def verify(png: bytes, *, width: int, height: int) -> Verified:
    """Check that *png* decodes to its end, is *width* x *height* px and shows something.

    Raises ImageError naming what is wrong.
    """
    if not png.endswith(_END):
        raise ImageError(f"PNG of {len(png)} bytes has no end")
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.size != (width, height):
                raise ImageError(f"image is {image.size[0]}x{image.size[1]}, not {width}x{height}")
            image.load()
            ink = _ink(image)
    except DAMAGED as err:
        raise ImageError(f"PNG of {len(png)} bytes does not decode: {err}") from err
    if ink < LEAST_INK:
        raise ImageError(f"image is blank: {ink:.2%} of it differs from its main colour")
    return Verified(png, width, height)


def _ink(image: Image.Image) -> float:
    """Return the share of pixels that differ from the most frequent colour."""
    sample = image.reduce(_SHRINK)
    if not sample.has_transparency_data:
        return _variety(sample)
    # Black ink on no paper is black on black; on one of these two papers any ink is seen.
    return max(_variety(_laid_on(sample, paper)) for paper in ("white", "black"))


def _laid_on(image: Image.Image, paper: str) -> Image.Image:
    sheet = Image.new("RGBA", image.size, paper)
    sheet.alpha_composite(image.convert("RGBA"))
    return sheet


def _variety(image: Image.Image) -> float:
    counts = [count for count, _ in image.convert("RGB").quantize(64).getcolors() or []]
    return 1 - max(counts) / sum(counts)
