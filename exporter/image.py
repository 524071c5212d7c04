"""What came from the page -> one verified sheet: whole, of the asked size, and not blank.

Files are made of it only afterwards (exporter/outputs.py), so no format hides a broken drawing.
libvips reads and writes a few rows at a time, so a sheet of any size passes through little memory.
"""

from pathlib import Path

import pyvips
from PIL import Image

from exporter.errors import ImageError
from exporter.pieces import Piece, Pieces

# A poster whose pixels are all but this share of one colour has lost its map and its text.
LEAST_INK = 0.001
# Looked at shrunk by so much: the mean of a square still shows a hairline, at 1/64 of the cost.
_SHRINK = 8
# Of larger posters, whose lines are wider, the squares grow, to this many at the longer side.
_LONGEST = 1024
# The last chunk of every PNG: empty, with its checksum. libvips does not miss it.
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Maps are flat: unfiltered they pack quicker, and smaller than with any filter. Each level above
# this one saves 2 % and costs as much time again (measured on the sample city).
_PNG = {"compression": 3, "filter": "none", "keep": "none"}


def whole(pieces: Pieces, *, opaque: bool) -> Path:
    """Lay the pieces of a sheet side by side and return the PNG; a single one is left as it came.

    *opaque* drops the alpha channel, which Chromium writes always. Raises ImageError.
    """
    found = list(pieces)
    if len(found) == 1:
        return found[0].path
    path = pieces.folder / "sheet.png"
    try:
        sheet = _laid_out(found)
        write_png(sheet[:3] if opaque else sheet, path)
    except pyvips.Error as err:
        raise ImageError(f"{len(found)} pieces make no sheet: {_told(err)}") from err
    return path


def write_png(image: pyvips.Image, path: Path) -> None:
    """Write *image* to *path*. Raises pyvips.Error."""
    image.pngsave(str(path), **_PNG)


def read(path: Path) -> pyvips.Image:
    """Open an image to be read once, from its top down. Raises pyvips.Error, also while read."""
    return pyvips.Image.new_from_file(str(path), access="sequential", fail_on="warning")


def verify(path: Path, *, width: int, height: int) -> None:
    """Check that the PNG at *path* decodes to its end, is *width* x *height* px, shows something.

    Raises ImageError naming what is wrong.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - len(_END)))
        if file.read() != _END:
            raise ImageError(f"PNG of {size} bytes has no end")
    try:
        image = pyvips.Image.pngload(str(path), access="sequential", fail_on="warning")
        if (image.width, image.height) != (width, height):
            raise ImageError(f"image is {image.width}x{image.height}, not {width}x{height}")
        sample = _sample(image)
    except pyvips.Error as err:
        raise ImageError(f"PNG of {size} bytes does not decode: {_told(err)}") from err
    ink = _ink(sample)
    if ink < LEAST_INK:
        raise ImageError(f"image is blank: {ink:.2%} of it differs from its main colour")


def _laid_out(found: list[Piece]) -> pyvips.Image:
    """Return the sheet; what does not fit together gets a size that `verify` refuses."""
    rows: dict[int, list[Piece]] = {}
    for piece in found:
        rows.setdefault(piece.y, []).append(piece)
    sheet: pyvips.Image | None = None
    for y, row in rows.items():
        line: pyvips.Image | None = None
        for piece in row:
            image = read(piece.path)
            if piece.x != (line.width if line else 0):
                raise ImageError(f"there is a gap or an overlap before the piece at {piece.x}, {y}")
            line = line.join(image, "horizontal") if line else image
        assert line is not None  # noqa: S101 - no row is empty
        if y != (sheet.height if sheet else 0) or (sheet and sheet.width != line.width):
            raise ImageError(f"there is a gap or an overlap before the pieces at {y}")
        sheet = sheet.join(line, "vertical") if sheet else line
    return sheet


def _sample(image: pyvips.Image) -> Image.Image:
    shrink = min(
        max(_SHRINK, max(image.width, image.height) // _LONGEST), image.width, image.height
    )
    small = image.shrink(shrink, shrink)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[small.bands]
    return Image.frombytes(mode, (small.width, small.height), small.cast("uchar").write_to_memory())


def _ink(sample: Image.Image) -> float:
    """Return the share of pixels that differ from the most frequent colour."""
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


def _told(err: pyvips.Error) -> str:
    # libvips says one thing a line, with the file's name in it.
    return " ".join(str(err).split())[:300]
