"""Lays a picture on a PDF page of its exact size, with bleed and crop marks for the printer.

The pixels go in without loss. Of the page's boxes (PDF 32000-1, 14.11.2) TrimBox is the poster,
BleedBox the picture, MediaBox all of it with its marks.
"""

import io
import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

from exporter import colour_profile
from exporter.png_chunks import pixels_of

POINTS_PER_INCH = 72
MM = POINTS_PER_INCH / 25.4
# Marks begin this far outside the bleed, so that none of them is seen after a careless cut.
MARK_GAP = 1 * MM
MARK_LENGTH = 5 * MM
MARK_WIDTH = 0.25
# What a printer's machine may not reach at the very edge of the sheet.
MARK_MARGIN = 1 * MM

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


def written(image: Image.Image, *, bleed_px: int, dpi: float, crop_marks: bool) -> bytes:
    """Return *image*, RGB or CMYK, *bleed_px* larger than the poster on each side, as a PDF."""
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
            XObject=Dictionary(Poster=_embedded(pdf, image)),
            ColorSpace=Dictionary(Registration=_registration()),
        ),
    )
    if image.mode == "CMYK":
        pdf.Root.OutputIntents = Array([_intent(pdf)])
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(sheet)))
    body = io.BytesIO()
    # An id made of the content: the same poster is the same file.
    pdf.save(body, deterministic_id=True)
    return body.getvalue()


def read_back(body: bytes) -> Image.Image:
    """Return the picture of a PDF written here, decoded. Raises pikepdf.PdfError, OSError."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        [page] = pdf.pages
        poster = cast(pikepdf.Stream, page.Resources.XObject.Poster)
        return pikepdf.PdfImage(poster).as_pil_image()


def _embedded(pdf: pikepdf.Pdf, image: Image.Image) -> pikepdf.Object:
    pixels, more = _inks(image) if image.mode == "CMYK" else _light(pdf, image)
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


def _light(pdf: pikepdf.Pdf, image: Image.Image) -> Embedded:
    """Return *image* as PNG packs it: PDF reads the same bytes (PDF 32000-1, 7.4.4.4)."""
    packed = io.BytesIO()
    image.save(packed, "PNG")
    profile = pdf.make_stream(colour_profile.srgb(), N=3, Alternate=Name.DeviceRGB)
    filters = Dictionary(Predictor=15, Colors=3, BitsPerComponent=8, Columns=image.width)
    colours = Array([Name.ICCBased, profile])
    return pixels_of(packed.getvalue()), {"ColorSpace": colours, "DecodeParms": filters}


def _inks(image: Image.Image) -> Embedded:
    """Return *image* as the inks it asks for, which a press prints as they are."""
    return zlib.compress(image.tobytes()), {"ColorSpace": Name.DeviceCMYK}


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
