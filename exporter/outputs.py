"""The drawn sheet -> the files that were asked for, each derived from the same drawing and checked.

After image (which has checked the sheet itself), before storage. Only ever smaller: the API refuses
what would have to be enlarged.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property

import pikepdf
from PIL import Image

from exporter import colour_profile, pdf, raster
from exporter.errors import ImageError
from exporter.image import DAMAGED
from exporter.png_chunks import tagged
from exporter.poster import Output, Resolution, half_up


@dataclass(frozen=True)
class File:
    """A finished file and what is told about it; the size is that of the trimmed poster."""

    name: str
    body: bytes
    format: str
    width: int
    height: int
    dpi: float
    sha256: str


class Sheet:
    """The checked PNG of the page, drawn *bleed_px* beyond the poster's edges.

    Held while files are made, one after the other: the PNG, its pixels once decoded (4 bytes each),
    one cut of them that is smaller, and one finished file.
    """

    def __init__(self, png: bytes, size: Resolution, bleed_px: int = 0) -> None:
        self.png = png
        self._size = size
        self._bleed_px = bleed_px

    def make(self, output: Output) -> File:
        """Make one file of the sheet. Raises ImageError when it does not come out right."""
        width = output.width_px or self._size.width_px
        height = output.height_px or self._size.height_px
        dpi = output.dpi or self._size.dpi * width / self._size.width_px
        bleed = half_up(output.bleed_px * width / self._size.width_px)
        if output.format == "png" and self._is_whole(output, width):
            body = tagged(self.png, dpi)
        elif output.format == "pdf":
            cut = self._cut(output, width, height, bleed)
            inked = colour_profile.in_inks(cut) if output.color_space == "cmyk" else cut
            body = pdf.written(inked, bleed_px=bleed, dpi=dpi, crop_marks=output.crop_marks)
        else:
            cut = self._cut(output, width, height, bleed)
            body = raster.encoded(cut, output.format, output.quality, dpi)
        _check(body, output.format, width + 2 * bleed, height + 2 * bleed)
        sha256 = hashlib.sha256(body).hexdigest()
        return File(output.name or output.format, body, output.format, width, height, dpi, sha256)

    def _is_whole(self, output: Output, width: int) -> bool:
        return width == self._size.width_px and output.bleed_px == self._bleed_px

    def _cut(self, output: Output, width: int, height: int, bleed: int) -> Image.Image:
        """Return the sheet with no more bleed than *output* has, at its size."""
        cut = self._image
        if off := self._bleed_px - output.bleed_px:
            cut = cut.crop((off, off, cut.width - off, cut.height - off))
        size = (width + 2 * bleed, height + 2 * bleed)
        # Of a transparent picture, Pillow weighs the colours by their alpha.
        return cut if cut.size == size else cut.resize(size, Image.Resampling.LANCZOS)

    @cached_property
    def _image(self) -> Image.Image:
        image = Image.open(io.BytesIO(self.png), formats=["PNG"])
        # Chromium writes an alpha channel, also where all of it is opaque.
        opaque = image.mode == "RGB" or image.getextrema()[-1] == (255, 255)
        return image.convert("RGB") if opaque else image


def _check(body: bytes, format_: str, width: int, height: int) -> None:
    """Read the finished file back to its end."""
    try:
        with _opened(body, format_) as image:
            if image.size != (width, height):
                raise ImageError(f"{format_} is {image.size}, not {width}x{height}")
            image.load()
    except (*DAMAGED, pikepdf.PdfError) as err:
        raise ImageError(f"{format_} of {len(body)} bytes does not decode: {err}") from err


def _opened(body: bytes, format_: str) -> Image.Image:
    if format_ == "pdf":
        return pdf.read_back(body)
    return Image.open(io.BytesIO(body), formats=[format_.upper()])
