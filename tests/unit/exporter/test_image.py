"""An image is whole, of its size and not blank, or it is refused."""

import io

import pytest
from PIL import Image, ImageDraw

from exporter.errors import ImageError
from exporter.image import verify

WIDTH, HEIGHT = 240, 360


def test_a_good_image_is_passed_on_untouched(poster):
    verified = verify(poster, width=WIDTH, height=HEIGHT)

    assert verified.png == poster
    assert (verified.width, verified.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_what_a_canvas_may_write_is_understood(mode):
    assert verify(drawn(mode), width=WIDTH, height=HEIGHT)


def test_a_hairline_is_enough():
    image = Image.new("RGB", (1600, 2400), "white")
    ImageDraw.Draw(image).line((0, 0, 1600, 2400), fill="black", width=1)

    assert verify(png(image), width=1600, height=2400)


@pytest.mark.parametrize("colour", ["white", "black", (18, 52, 86)])
def test_a_blank_image_is_refused(colour):
    with pytest.raises(ImageError, match="blank"):
        verify(png(Image.new("RGB", (WIDTH, HEIGHT), colour)), width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize(("width", "height"), [(239, 360), (240, 361), (360, 240)])
def test_another_size_is_refused(poster, width, height):
    with pytest.raises(ImageError, match=f"not {width}x{height}"):
        verify(poster, width=width, height=height)


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_torn_image_is_refused(poster, share):
    with pytest.raises(ImageError):
        verify(poster[: int(len(poster) * share)], width=WIDTH, height=HEIGHT)


def test_an_image_torn_inside_that_ends_well_is_refused(poster):
    middle = len(poster) // 2
    torn = poster[: middle - 50] + poster[middle + 50 :]

    with pytest.raises(ImageError, match="does not decode"):
        verify(torn, width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("body", [b"", b"<!doctype html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_png_is_refused(body):
    with pytest.raises(ImageError):
        verify(body, width=WIDTH, height=HEIGHT)


def test_another_format_is_refused():
    jpeg = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT)).save(jpeg, "JPEG")

    with pytest.raises(ImageError):
        verify(jpeg.getvalue(), width=WIDTH, height=HEIGHT)


def test_a_flipped_byte_never_escapes_as_a_foreign_error(poster):
    """Whatever Pillow raises, the job's ending must be one of ours."""
    for at in range(0, len(poster), 7):
        damaged = bytearray(poster)
        damaged[at] ^= 0xFF
        try:
            verify(bytes(damaged), width=WIDTH, height=HEIGHT)
        except ImageError:
            continue


@pytest.mark.parametrize("ink", ["black", "white", "grey"])
def test_ink_of_any_colour_on_no_paper_is_seen(ink):
    image = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    ImageDraw.Draw(image).line((0, 0, WIDTH, HEIGHT), fill=ink, width=3)

    assert verify(png(image), width=WIDTH, height=HEIGHT)


@pytest.mark.parametrize("paper", [(0, 0, 0, 0), (9, 9, 9, 120), (255, 255, 255, 255)])
def test_no_ink_on_no_paper_is_blank(paper):
    with pytest.raises(ImageError, match="blank"):
        verify(png(Image.new("RGBA", (WIDTH, HEIGHT), paper)), width=WIDTH, height=HEIGHT)


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
