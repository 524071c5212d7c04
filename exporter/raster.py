"""Writes a picture as PNG, JPEG or WebP that says its colours and its size on paper."""

from pathlib import Path

import pyvips
from PIL import Image

from exporter import colour_profile
from exporter.image import read, write_png
from exporter.png_chunks import INCH_M, tag

# Slower methods gain 2 % and cost twice the time (1 s for 9 million pixels).
_WEBP_METHOD = 4
_EXIF_X, _EXIF_Y, _EXIF_UNIT, _INCHES = 0x011A, 0x011B, 0x0128, 2
_BLOB = pyvips.GValue.blob_type


def write(path: Path, image: pyvips.Image, format_: str, quality: int, dpi: float) -> None:
    """Write *image* as a file of *format_*. PNG ignores *quality*. Raises pyvips.Error."""
    if format_ == "png":
        bare = path.with_suffix(".bare")
        write_png(image, bare)
        tag(bare, path, dpi)
        bare.unlink()
        return
    named = _named(image, dpi)
    if format_ == "jpeg":
        # Full colour at every pixel: halved, thin red lines on paper turn brown. No better Huffman
        # tables: they gain 3 %, and the whole picture would be held for them.
        named.jpegsave(str(path), Q=quality, subsample_mode="off")
    else:
        # WebP itself has no resolution; its EXIF has.
        named.set_type(_BLOB, "exif-data", _density(dpi).tobytes())
        named.webpsave(str(path), Q=quality, effort=_WEBP_METHOD)


def decoded_size(path: Path) -> tuple[int, int]:
    """Read the picture at *path* to its end and return its size. Raises pyvips.Error."""
    image = read(path)
    image.avg()
    return image.width, image.height


def _named(image: pyvips.Image, dpi: float) -> pyvips.Image:
    """Return *image* with the names of its colours and its density."""
    per_mm = dpi / (1000 * INCH_M)
    named = image.copy(xres=per_mm, yres=per_mm)
    named.set_type(pyvips.GValue.gstr_type, "resolution-unit", "in")
    named.set_type(_BLOB, "icc-profile-data", colour_profile.srgb())
    return named


def _density(dpi: float) -> Image.Exif:
    exif = Image.Exif()
    exif[_EXIF_X] = exif[_EXIF_Y] = dpi
    exif[_EXIF_UNIT] = _INCHES
    return exif
