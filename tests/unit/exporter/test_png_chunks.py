"""A PNG says how large it is printed and in which colours, and keeps its pixels as they were."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from exporter import png_chunks
from exporter.png_chunks import tag


@pytest.mark.parametrize(("dpi", "per_metre"), [(300, 11811), (72, 2835), (96.5, 3799)])
def test_the_size_in_print_is_written_as_pixels_per_metre(tagged, dpi, per_metre):
    chunks = dict(chunks_of(tagged(drawn(), dpi)))

    assert struct.unpack(">IIB", chunks[b"pHYs"]) == (per_metre, per_metre, 1)


def test_a_reader_finds_the_dpi_and_the_colour_space(tagged):
    image = Image.open(io.BytesIO(tagged(drawn(), 300)))

    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert image.info["srgb"] == 0


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_the_pixels_are_the_same_to_the_byte(tagged, pixels_of, mode):
    before = drawn(mode)
    after = tagged(before, 300)

    assert pixels_of(after) == pixels_of(before)
    assert Image.open(io.BytesIO(after)).tobytes() == Image.open(io.BytesIO(before)).tobytes()


def test_the_chunks_stand_before_the_palette_and_the_pixels(tagged):
    names = [name for name, _ in chunks_of(tagged(drawn("P"), 300))]

    assert names[:4] == [b"IHDR", b"sRGB", b"pHYs", b"PLTE"]


def test_what_said_otherwise_is_replaced(tagged):
    image, more = Image.new("RGB", (9, 9), "navy"), PngImagePlugin.PngInfo()
    more.add(b"gAMA", struct.pack(">I", 100_000))
    body = io.BytesIO()
    image.save(body, "PNG", dpi=(10, 10), pnginfo=more, icc_profile=b"another")

    names = [name for name, _ in chunks_of(tagged(body.getvalue(), 300))]

    assert names == [b"IHDR", b"sRGB", b"pHYs", b"IDAT", b"IEND"]


def test_every_checksum_is_right(tagged):
    """Pillow's `verify` looks at all of them."""
    Image.open(io.BytesIO(tagged(drawn(), 300))).verify()
    assert list(chunks_of(tagged(drawn(), 300)))


def chunks_of(png):
    """Yield name and body of each chunk; an independent reader, checksums and all."""
    file = io.BytesIO(png)
    assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    while head := file.read(8):
        length, name = struct.unpack(">I4s", head)
        body = file.read(length)
        assert struct.unpack(">I", file.read(4))[0] == zlib.crc32(name + body)
        yield name, body


def drawn(mode="RGB"):
    image = Image.radial_gradient("L").convert("RGB")
    body = io.BytesIO()
    image.convert(mode).save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def tagged(tmp_path):
    """`tag`, of bytes."""

    def tagged(png, dpi):
        (tmp_path / "bare").write_bytes(png)
        tag(tmp_path / "bare", tmp_path / "tagged", dpi)
        return (tmp_path / "tagged").read_bytes()

    return tagged


@pytest.fixture
def pixels_of(tmp_path):
    """`pixels_of`, of bytes."""

    def pixels_of(png):
        (tmp_path / "png").write_bytes(png)
        return png_chunks.pixels_of(tmp_path / "png")

    return pixels_of
