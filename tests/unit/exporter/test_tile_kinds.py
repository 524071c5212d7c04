"""What an elevation tile is: a whole PNG of one size."""

import io

import pytest
from PIL import Image

from exporter.elevation import flat_tile
from exporter.errors import TilesCorrupt
from exporter.tile_kinds import check_elevation_tile


def test_a_whole_png_of_the_right_size_is_a_tile():
    check_elevation_tile(flat_tile())


def test_nothing_is_no_tile_and_no_fault():
    check_elevation_tile(b"")


@pytest.mark.parametrize(
    "body",
    [b"<!doctype html>", flat_tile()[:-1], flat_tile()[:20], b"\x89PNG\r\n\x1a\n" + bytes(100)],
)
def test_anything_else_is_corrupt(body):
    with pytest.raises(TilesCorrupt, match="PNG"):
        check_elevation_tile(body)


@pytest.mark.parametrize("size", [(512, 512), (256, 512), (1, 1)])
def test_another_size_is_named(size):
    body = io.BytesIO()
    Image.new("RGB", size).save(body, "PNG")

    with pytest.raises(TilesCorrupt, match=f"256 x 256 pixels, got {size[0]} x {size[1]}"):
        check_elevation_tile(body.getvalue())
