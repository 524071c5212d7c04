"""An image is whole, of its size and not blank, or it is refused."""

import io
import itertools

import pytest
from PIL import Image, ImageDraw

from exporter import image as images
from exporter.errors import ImageError
from exporter.image import whole
from exporter.pieces import Pieces

WIDTH, HEIGHT = 240, 360


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_what_a_canvas_may_write_is_understood(verify, mode):
    verify(drawn(mode), width=WIDTH, height=HEIGHT)


def test_a_hairline_is_enough(verify):
    image = Image.new("RGB", (1600, 2400), "white")
    ImageDraw.Draw(image).line((0, 0, 1600, 2400), fill="black", width=1)

    verify(png(image), width=1600, height=2400)


@pytest.mark.parametrize("colour", ["white", "black", (18, 52, 86)])
def test_a_blank_image_is_refused(verify, colour):
    with pytest.raises(ImageError, match="blank"):
        verify(png(Image.new("RGB", (WIDTH, HEIGHT), colour)), width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize(("width", "height"), [(239, 360), (240, 361), (360, 240)])
def test_another_size_is_refused(verify, poster, width, height):
    with pytest.raises(ImageError, match=f"not {width}x{height}"):
        verify(poster, width=width, height=height)


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_torn_image_is_refused(verify, poster, share):
    with pytest.raises(ImageError):
        verify(poster[: int(len(poster) * share)], width=WIDTH, height=HEIGHT)


def test_an_image_torn_inside_that_ends_well_is_refused(verify, poster):
    middle = len(poster) // 2
    torn = poster[: middle - 50] + poster[middle + 50 :]

    with pytest.raises(ImageError, match="does not decode"):
        verify(torn, width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("body", [b"", b"<!doctype html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_png_is_refused(verify, body):
    with pytest.raises(ImageError):
        verify(body, width=WIDTH, height=HEIGHT)


def test_another_format_is_refused(verify):
    jpeg = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(jpeg, "JPEG")

    with pytest.raises(ImageError):
        verify(jpeg.getvalue(), width=WIDTH, height=HEIGHT)


def test_a_flipped_byte_never_escapes_as_a_foreign_error(verify, poster):
    """Whatever libvips raises, the job's ending must be one of ours."""
    for at in range(0, len(poster), 7):
        damaged = bytearray(poster)
        damaged[at] ^= 0xFF
        try:
            verify(bytes(damaged), width=WIDTH, height=HEIGHT)
        except ImageError:
            continue


@pytest.mark.parametrize("ink", ["black", "white", "grey"])
def test_ink_of_any_colour_on_no_paper_is_seen(verify, ink):
    image = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    ImageDraw.Draw(image).line((0, 0, WIDTH, HEIGHT), fill=ink, width=3)

    verify(png(image), width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("paper", [(0, 0, 0, 0), (9, 9, 9, 120), (255, 255, 255, 255)])
def test_no_ink_on_no_paper_is_blank(verify, paper):
    with pytest.raises(ImageError, match="blank"):
        verify(png(Image.new("RGBA", (WIDTH, HEIGHT), paper)), width=WIDTH, height=HEIGHT)


class TestWhole:
    def test_one_piece_is_the_sheet_as_it_came(self, pieces, poster):
        pieces.at(0, 0).write_bytes(poster)

        assert whole(pieces, opaque=True) == pieces.at(0, 0)

    @pytest.mark.parametrize(("columns", "rows"), [(1, 2), (2, 1), (3, 4), (5, 5)])
    def test_pieces_lie_side_by_side(self, pieces, columns, rows):
        lay(pieces, columns, rows, "RGBA")

        sheet = Image.open(whole(pieces, opaque=False))

        assert sheet.mode == "RGBA"
        assert sheet.tobytes() == picture().convert("RGBA").tobytes()

    def test_an_opaque_sheet_has_no_alpha(self, pieces):
        lay(pieces, 2, 2, "RGBA")

        sheet = Image.open(whole(pieces, opaque=True))

        assert sheet.mode == "RGB"
        assert sheet.tobytes() == picture().tobytes()

    @pytest.mark.parametrize(("x", "y"), [(0, 0), (80, 0), (0, 90), (80, 270), (160, 270)])
    def test_a_piece_that_is_missing_is_missed(self, pieces, x, y):
        lay(pieces, 3, 4, "RGB")
        pieces.at(x, y).unlink()

        with pytest.raises(ImageError):
            images.verify(whole(pieces, opaque=True), width=WIDTH, height=HEIGHT)

    def test_a_torn_piece_is_refused(self, pieces):
        lay(pieces, 2, 2, "RGB")
        torn = pieces.at(120, 180)
        torn.write_bytes(torn.read_bytes()[:-400])

        with pytest.raises(ImageError, match="make no sheet"):
            whole(pieces, opaque=True)


def lay(pieces, columns, rows, mode):
    """Cut the picture into pieces."""
    xs, ys = [[n * side // count for n in range(count + 1)]
              for side, count in ((WIDTH, columns), (HEIGHT, rows))]  # fmt: skip
    for left, right in itertools.pairwise(xs):
        for top, bottom in itertools.pairwise(ys):
            piece = picture().crop((left, top, right, bottom)).convert(mode)
            pieces.at(left, top).write_bytes(png(piece))


def picture() -> Image.Image:
    return Image.open(io.BytesIO(drawn("RGB")))


def drawn(mode: str) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    for step in range(20):
        ImageDraw.Draw(image).line((step * 11, 0, 240 - step * 7, 360), fill=(step * 12, 40, 90))
    return png(image.convert(mode))


def png(image: Image.Image) -> bytes:
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def poster():
    return drawn("RGB")


@pytest.fixture
def pieces(tmp_path):
    return Pieces(tmp_path)


@pytest.fixture
def verify(tmp_path):
    """`image.verify`, of bytes."""

    def verify(body, **size):
        (tmp_path / "sheet").write_bytes(body)
        images.verify(tmp_path / "sheet", **size)

    return verify
