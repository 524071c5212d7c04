"""The drawn sheet -> the files that were asked for, each derived from the same drawing and checked.

After image (which has checked the sheet itself), before storage. Only ever smaller: the API refuses
what would have to be enlarged.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pyvips

from exporter import pdf, raster
from exporter.errors import ImageError
from exporter.image import read
from exporter.png_chunks import tag
from exporter.poster import Output, Resolution, half_up


@dataclass(frozen=True)
class File:
    """A finished file and what is told about it; the size is that of the trimmed poster."""

    name: str
    path: Path
    format: str
    width: int
    height: int
    dpi: float
    sha256: str

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size


class Sheet:
    """The checked PNG of the page, drawn *bleed_px* beyond the poster's edges.

    Each file is made from its top down beside it, so that no more than some rows of it are in
    memory; what a WebP and a PDF hold on to beyond that, their limits bound (exporter/formats.py).
    """

    def __init__(self, path: Path, size: Resolution, bleed_px: int = 0) -> None:
        self._path = path
        self._size = size
        self._bleed_px = bleed_px

    def make(self, output: Output) -> File:
        """Make one file of the sheet. Raises ImageError when it does not come out right."""
        name = output.name or output.format
        path = self._new_file()
        width = output.width_px or self._size.width_px
        height = output.height_px or self._size.height_px
        dpi = output.dpi or self._size.dpi * width / self._size.width_px
        bleed = half_up(output.bleed_px * width / self._size.width_px)
        try:
            if output.format == "png" and self._is_whole(output, width):
                # Its pixels were checked, and stay as they are.
                tag(self._path, path, dpi)
            else:
                self._write(path, output, (width, height), bleed, dpi)
                _check(path, output.format, width + 2 * bleed, height + 2 * bleed)
        except (pyvips.Error, pikepdf.PdfError) as err:
            raise ImageError(f"no {output.format} of {width}x{height}: {err}") from err
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return File(name, path, output.format, width, height, dpi, sha256)

    def _write(
        self, path: Path, output: Output, size: tuple[int, int], bleed: int, dpi: float
    ) -> None:
        cut = self._cut(output, *size, bleed)
        if output.format == "pdf":
            inks = output.color_space == "cmyk"
            pdf.write(path, cut, inks=inks, bleed_px=bleed, dpi=dpi, crop_marks=output.crop_marks)
        else:
            raster.write(path, cut, output.format, output.quality, dpi)

    def _new_file(self) -> Path:
        handle, path = tempfile.mkstemp(prefix="file-", dir=self._path.parent)
        os.close(handle)
        return Path(path)

    def _is_whole(self, output: Output, width: int) -> bool:
        return width == self._size.width_px and output.bleed_px == self._bleed_px

    def _cut(self, output: Output, width: int, height: int, bleed: int) -> pyvips.Image:
        """Return the sheet with no more bleed than *output* has, at its size."""
        cut = read(self._path)
        # Chromium writes an alpha channel, also where all of it is opaque.
        if cut.bands == 4 and output.background == "paper":
            cut = cut[:3]
        if off := self._bleed_px - output.bleed_px:
            cut = cut.crop(off, off, cut.width - 2 * off, cut.height - 2 * off)
        size = (width + 2 * bleed, height + 2 * bleed)
        if (cut.width, cut.height) == size:
            return cut
        # Of a transparent picture, libvips weighs the colours by their alpha.
        return cut.thumbnail_image(size[0], height=size[1], size="force")


def _check(path: Path, format_: str, width: int, height: int) -> None:
    """Read the finished file back to its end."""
    size = pdf.decoded_size(path) if format_ == "pdf" else raster.decoded_size(path)
    if size != (width, height):
        raise ImageError(f"{format_} is {size[0]}x{size[1]}, not {width}x{height}")
