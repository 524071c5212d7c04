"""A page of exact size: its boxes, its picture without loss, its marks."""

import io
import re
from contextlib import ExitStack

import pikepdf
import pytest
import pyvips
from PIL import Image, ImageDraw

from exporter import colour_profile
from exporter.outputs import Sheet
from exporter.pdf import MM, write
from exporter.poster import Output, Resolution

PRINT = Output(format="pdf")


@pytest.mark.parametrize(
    ("width", "height", "dpi", "points"),
    [
        (2480, 3508, 300, (595.2, 841.92)),
        (7205, 10795, 300, (1729.2, 2590.8)),
        (400, 600, 72, (400, 600)),
        (401, 607, 301, (95.9203, 145.196)),
    ],
)
def test_the_page_is_as_large_as_its_pixels_and_their_dpi_say(
    written, width, height, dpi, points, page_of
):
    page = page_of(written(drawn(width, height), bleed_px=0, dpi=dpi, crop_marks=False))

    for box in (page.mediabox, page.trimbox):
        assert sides(box) == pytest.approx((0, 0, *points), abs=1e-4)
    assert sides(page.BleedBox) == sides(page.mediabox)


def test_the_pixels_are_those_of_the_picture(written):
    image = drawn(400, 600)

    assert read_back(written(image, bleed_px=0, dpi=300, crop_marks=False)).tobytes() == (
        image.tobytes()
    )


def test_the_bleed_lies_around_the_trimmed_poster(written, page_of):
    """3 mm at 254 dpi are 30 pixels."""
    page = page_of(written(drawn(460, 660), bleed_px=30, dpi=254, crop_marks=False))

    assert sides(page.mediabox) == sides(page.BleedBox)
    assert sides(page.TrimBox) == pytest.approx(
        (3 * MM, 3 * MM, 3 * MM + 40 * MM, 3 * MM + 60 * MM), abs=1e-3
    )


def test_the_marks_stand_outside_the_bleed_and_in_line_with_the_edges(written, page_of):
    body = written(drawn(460, 660), bleed_px=30, dpi=254, crop_marks=True)
    page = page_of(body)
    left, low, right, high = sides(page.TrimBox)
    outside = sides(page.BleedBox)
    lines = lines_of(page)

    assert len(lines) == 8
    for x, y, to_x, to_y in lines:
        assert {round(x, 2), round(y, 2)} & {round(edge, 2) for edge in (left, low, right, high)}
        assert abs(to_x - x) + abs(to_y - y) == pytest.approx(5 * MM, abs=1e-3)
        for at in ((x, y), (to_x, to_y)):
            assert not inside(at, outside)
            assert inside(at, sides(page.mediabox))


def test_marks_are_printed_by_every_plate(written, page_of):
    page = page_of(written(drawn(40, 60), bleed_px=0, dpi=72, crop_marks=True))

    kind, ink, under, _ = page.Resources.ColorSpace.Registration
    assert (kind, ink, under) == ("/Separation", "/All", "/DeviceCMYK")


class TestInks:
    """A PDF for a press: CMYK for coated paper."""

    def test_the_picture_is_in_inks_and_the_page_says_for_which_press(
        self, sheet_of, page_of, stack
    ):
        sheet = sheet_of(drawn(400, 600))

        body = sheet.make(Output(format="pdf", color_space="cmyk")).path.read_bytes()

        assert page_of(body).Resources.XObject.Poster.ColorSpace == "/DeviceCMYK"
        pdf = stack.enter_context(pikepdf.open(io.BytesIO(body)))
        [intent] = pdf.Root.OutputIntents
        assert (intent.S, intent.OutputConditionIdentifier) == ("/GTS_PDFX", "FOGRA39")
        assert intent.DestOutputProfile.read_bytes() == colour_profile.coated()

    def test_the_inks_are_those_of_the_profile(self, sheet_of):
        sheet = sheet_of(drawn(400, 600))

        body = sheet.make(Output(format="pdf", color_space="cmyk", bleed_px=0)).path.read_bytes()

        inked = read_back(body)
        assert inked.mode == "CMYK"
        assert inked.tobytes() == colour_profile.in_inks(drawn(400, 600)).tobytes()


def test_its_colours_are_named(written, page_of):
    page = page_of(written(drawn(40, 60), bleed_px=0, dpi=72, crop_marks=False))

    kind, profile = page.Resources.XObject.Poster.ColorSpace
    assert kind == "/ICCBased"
    assert b"sRGB" in profile.read_bytes().replace(b"\0", b"")


def test_the_same_poster_is_the_same_file(written):
    one, other = [written(drawn(40, 60), bleed_px=3, dpi=72, crop_marks=True) for _ in range(2)]

    assert one == other


def test_a_reader_finds_nothing_wrong_with_it(written):
    body = written(drawn(40, 60), bleed_px=3, dpi=72, crop_marks=True)

    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert pdf.check_pdf_syntax() == []


class TestFromASheet:
    def test_the_bleed_of_the_drawing_becomes_the_bleed_of_the_page(self, sheet_of, page_of):
        sheet = sheet_of(drawn(460, 660), bleed_px=30)

        file = sheet.make(Output(format="pdf", bleed_px=30, crop_marks=True))

        page = page_of(file.path.read_bytes())
        left, low, right, high = sides(page.TrimBox)
        assert (right - left, high - low) == pytest.approx((288, 432), abs=1e-3)
        assert (file.width, file.height, file.dpi) == (400, 600, 100)
        assert read_back(file.path.read_bytes()).tobytes() == drawn(460, 660).tobytes()

    def test_fewer_pixels_are_as_large_on_paper(self, sheet_of, page_of):
        sheet = sheet_of(drawn(460, 660), bleed_px=30)

        file = sheet.make(Output(format="pdf", width_px=200, height_px=300, bleed_px=30))

        page = page_of(file.path.read_bytes())
        assert sides(page.mediabox) == pytest.approx((0, 0, 460 * 0.72, 660 * 0.72), abs=1e-3)
        assert read_back(file.path.read_bytes()).size == (230, 330)
        assert (file.width, file.dpi) == (200, 50)

    def test_an_alpha_channel_without_use_is_left_out(self, sheet_of):
        file = sheet_of(drawn(400, 600).convert("RGBA")).make(PRINT)

        assert read_back(file.path.read_bytes()).tobytes() == drawn(400, 600).tobytes()


def read_back(body):
    """Return the picture of a PDF, decoded."""
    with pikepdf.open(io.BytesIO(body)) as pdf:
        [page] = pdf.pages
        return pikepdf.PdfImage(page.Resources.XObject.Poster).as_pil_image()


def sides(box):
    return tuple(float(side) for side in box)


def inside(at, box):
    (x, y), (left, low, right, high) = at, box
    return left <= x <= right and low <= y <= high


def lines_of(page):
    text = page.Contents.read_bytes().decode()
    return [
        tuple(map(float, found)) for found in re.findall(r"(\S+) (\S+) m (\S+) (\S+) l S", text)
    ]


def drawn(width, height):
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(image).rectangle((10, 10, width - 10, height - 20), outline="red", width=3)
    return image


def png(image):
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def page_of(stack):
    """Open a PDF and give its only page; it must stay open while the page is looked at."""

    def open_page(body):
        [page] = stack.enter_context(pikepdf.open(io.BytesIO(body))).pages
        return page

    return open_page


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def written(tmp_path):
    """`write`, from a picture to bytes."""

    def written(image, **given):
        pixels = pyvips.Image.new_from_memory(
            image.tobytes(), image.width, image.height, 3, "uchar"
        )
        write(tmp_path / "page.pdf", pixels, inks=False, **given)
        return (tmp_path / "page.pdf").read_bytes()

    return written


@pytest.fixture
def sheet_of(tmp_path):
    """A sheet, 400 x 600 when trimmed, of a picture."""

    def sheet_of(image, **given):
        (tmp_path / "sheet").write_bytes(png(image))
        return Sheet(tmp_path / "sheet", Resolution(400, 600, dpi=100), **given)

    return sheet_of
