"""Lays a picture on a PDF page of its exact size, with bleed and crop marks for the printer.

The pixels go in without loss. Of the page's boxes (PDF 32000-1, 14.11.2) TrimBox is the poster,
BleedBox the picture, MediaBox all of it with its marks.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pikepdf
import pyvips
from pikepdf import Array, Dictionary, Name
from PIL import Image

from exporter import colour_profile
from exporter.errors import ImageError
from exporter.image import write_png
from exporter.png_chunks import pixels_of

POINTS_PER_INCH = 72
MM = POINTS_PER_INCH / 25.4
# Marks begin this far outside the bleed, so that none of them is seen after a careless cut.
MARK_GAP = 1 * MM
MARK_LENGTH = 5 * MM
MARK_WIDTH = 0.25
# What a printer's machine may not reach at the very edge of the sheet.
MARK_MARGIN = 1 * MM

# Rows that are turned into inks at once, and packed bytes that are unpacked at once.
_STRIP, _CHUNK = 256, 2**20

# Packed pixels, and how they are to be read.
Embedded = tuple[bytes, dict[str, Any]]


@dataclass(frozen=True)
class _Page:
    """Lengths in points, from the lower left corner of the sheet."""

    width: float
    height: float
    bleed: float
    around: float

    def box(self, beyond: float) -> Array:
        """Return the rectangle that reaches *beyond* the poster's edges."""
        start = self.bleed + self.around - beyond
        return _numbers(
            start, start, start + self.width + 2 * beyond, start + self.height + 2 * beyond
        )


def write(
    path: Path, image: pyvips.Image, *, inks: bool, bleed_px: int, dpi: float, crop_marks: bool
) -> None:
    """Write *image*, RGB, *bleed_px* larger than the poster on each side, as a PDF.

    *inks*: in the inks of a press. The packed pixels are in memory, twice. Raises pyvips.Error.
    """
    points = POINTS_PER_INCH / dpi
    page = _Page(
        width=(image.width - 2 * bleed_px) * points,
        height=(image.height - 2 * bleed_px) * points,
        bleed=bleed_px * points,
        around=MARK_GAP + MARK_LENGTH + MARK_MARGIN if crop_marks else 0,
    )
    pdf = pikepdf.new()
    content = _picture(page) + (_marks(page) if crop_marks else b"")
    sheet = Dictionary(
        Type=Name.Page,
        MediaBox=page.box(page.bleed + page.around),
        BleedBox=page.box(page.bleed),
        TrimBox=page.box(0),
        Contents=pdf.make_stream(content),
        Resources=Dictionary(
            XObject=Dictionary(Poster=_embedded(pdf, image, path, inks=inks)),
            ColorSpace=Dictionary(Registration=_registration()),
        ),
    )
    if inks:
        pdf.Root.OutputIntents = Array([_intent(pdf)])
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(sheet)))
    # An id made of the content: the same poster is the same file.
    pdf.save(path, deterministic_id=True)


def decoded_size(path: Path) -> tuple[int, int]:
    """Unpack the picture of a PDF written here to its end and return its size.

    Raises pikepdf.PdfError, ImageError.
    """
    with pikepdf.open(path) as pdf:
        poster = _poster(pdf)
        width, height = int(poster.Width), int(poster.Height)
        # A PNG's row begins with the number of its filter.
        row = 4 * width if poster.ColorSpace == Name.DeviceCMYK else 3 * width + 1
        unpacked = _unpacked_bytes(poster.read_raw_bytes())
    if unpacked != row * height:
        raise ImageError(f"pdf has {unpacked} bytes of pixels, not {row * height}")
    return width, height


def _poster(pdf: pikepdf.Pdf) -> pikepdf.Stream:
    try:
        [page] = pdf.pages
        return cast(pikepdf.Stream, page.Resources.XObject.Poster)
    except (ValueError, AttributeError) as err:
        # What is torn off, qpdf takes for absent.
        raise ImageError(f"the pdf has lost its picture: {err}") from err


def _unpacked_bytes(packed: bytes) -> int:
    unpacking, count = zlib.decompressobj(), 0
    try:
        for start in range(0, len(packed), _CHUNK):
            count += len(unpacking.decompress(packed[start : start + _CHUNK]))
    except zlib.error as err:
        raise ImageError(f"the pixels of the pdf do not unpack: {err}") from err
    return count if unpacking.eof else 0


def _embedded(pdf: pikepdf.Pdf, image: pyvips.Image, path: Path, *, inks: bool) -> pikepdf.Object:
    pixels, more = _inks(image) if inks else _light(pdf, image, path.with_suffix(".pixels"))
    return pdf.make_stream(
        pixels,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=image.width,
        Height=image.height,
        BitsPerComponent=8,
        Filter=Name.FlateDecode,
        **more,
    )


def _light(pdf: pikepdf.Pdf, image: pyvips.Image, aside: Path) -> Embedded:
    """Return *image* as PNG packs it: PDF reads the same bytes (PDF 32000-1, 7.4.4.4)."""
    write_png(image, aside)
    packed = pixels_of(aside)
    aside.unlink()
    profile = pdf.make_stream(colour_profile.srgb(), N=3, Alternate=Name.DeviceRGB)
    filters = Dictionary(Predictor=15, Colors=3, BitsPerComponent=8, Columns=image.width)
    colours = Array([Name.ICCBased, profile])
    return packed, {"ColorSpace": colours, "DecodeParms": filters}


def _inks(image: pyvips.Image) -> Embedded:
    """Return *image* as the inks it asks for, which a press prints as they are."""
    packing, packed = zlib.compressobj(), bytearray()
    for strip in _strips(image):
        packed += packing.compress(colour_profile.in_inks(strip).tobytes())
    packed += packing.flush()
    return bytes(packed), {"ColorSpace": Name.DeviceCMYK}


def _strips(image: pyvips.Image) -> Iterator[Image.Image]:
    """Yield *image* from its top down."""
    for top in range(0, image.height, _STRIP):
        strip = image.crop(0, top, image.width, min(_STRIP, image.height - top))
        yield Image.frombytes("RGB", (strip.width, strip.height), strip.write_to_memory())


def _intent(pdf: pikepdf.Pdf) -> Dictionary:
    """Say for which press the inks were chosen (PDF 32000-1, 14.11.5)."""
    return Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFX,
        OutputConditionIdentifier=colour_profile.COATED_CONDITION,
        Info="Offset printing on coated paper",
        DestOutputProfile=pdf.make_stream(colour_profile.coated(), N=4),
    )


def _picture(page: _Page) -> bytes:
    width, height = page.width + 2 * page.bleed, page.height + 2 * page.bleed
    return _drawn("q", width, 0, 0, height, page.around, page.around, "cm /Poster Do Q")


def _marks(page: _Page) -> bytes:
    """Return two lines at each corner, in line with the trimmed edges, on every plate."""
    near = page.bleed + page.around
    lines = [_drawn("q /Registration CS 1 SCN", MARK_WIDTH, "w")]
    far = (near + page.width, near + page.height)
    for edge in (near, far[0]):
        lines += [_line(edge, MARK_MARGIN, edge, MARK_MARGIN + MARK_LENGTH)]
        top = far[1] + page.bleed + MARK_GAP
        lines += [_line(edge, top, edge, top + MARK_LENGTH)]
    for edge in (near, far[1]):
        lines += [_line(MARK_MARGIN, edge, MARK_MARGIN + MARK_LENGTH, edge)]
        right = far[0] + page.bleed + MARK_GAP
        lines += [_line(right, edge, right + MARK_LENGTH, edge)]
    return b"".join([*lines, b"Q\n"])


def _line(x: float, y: float, to_x: float, to_y: float) -> bytes:
    return _drawn(x, y, "m", to_x, to_y, "l S")


def _registration() -> Array:
    """Return the colour that a press prints with all its inks."""
    tint = Dictionary(
        FunctionType=2,
        Domain=Array([0, 1]),
        C0=Array([0, 0, 0, 0]),
        C1=Array([1, 1, 1, 1]),
        N=1,
    )
    return Array([Name.Separation, Name.All, Name.DeviceCMYK, tint])


def _drawn(*words: float | str) -> bytes:
    text = (word if isinstance(word, str) else f"{word:.4f}" for word in words)
    return (" ".join(text) + "\n").encode("ascii")


def _numbers(*lengths: float) -> Array:
    # A ten-thousandth of a point is 35 nanometres.
    return Array([Decimal(f"{length:.4f}") for length in lengths])
