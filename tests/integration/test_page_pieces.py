"""A poster drawn in pieces is the poster drawn at once: the real page, pixel by pixel."""

from dataclasses import replace

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from exporter import image as images
from exporter.errors import MapBlank
from exporter.poster import Format, Layers, Marker, Output, Resolution
from tests.rendering import PLAIN, offline, png_of, renderer, with_alpha
from tests.servers import SAMPLE

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = Resolution(1200, 1800)
# Makes nine pieces of it, ten with the bleed.
PIECE_PX = 250_000
# A vertex that is moved onto a piece ends some thousandths of a pixel elsewhere: edges differ by up
# to this many of 255 levels, and by more in a handful of pixels.
ROUNDING = 4
MOST_BEYOND = 0.0001
# Skia flattens a curve by what of it the canvas shows, so the edges of strokes move a little.
MOST_BEYOND_ON_CURVES = 0.004
CURVED = ("a circle", "marks")

ALONG_THE_RIVER = tuple(
    Marker(id=str(n), lat=lat, lng=lng, label=f"Stop {n}", label_style=style)
    for n, (lng, lat, style) in enumerate(
        [(71.40, 51.16, "standard"), (71.43, 51.145, "elevated"), (71.455, 51.13, "vintage")]
    )
)
CASES = {
    "roads": {},
    "labels": {"layers": Layers(labels=True, labels_streets=True), "zoom": 14.0},
    "buildings that stand up": {
        "layers": replace(PLAIN, buildings=True, buildings_3d=True, pitch=50, bearing=30),
        "zoom": 15.0,
    },
    "hillshading and contours": {
        "style": "topographic",
        "layers": replace(PLAIN, terrain=True, contours=True),
    },
    "blurs and paper": {"style": "watercolor", "sheet": Format(texture="paper")},
    "worn ink": {"style": "vintage", "sheet": Format(texture="grain", border_style="double")},
    "halftone": {"style": "retro"},
    "marks": {
        "markers": ALONG_THE_RIVER,
        "watermark": "sample",
        "layers": replace(PLAIN, connect_markers=True, graticules=True, show_scale=True),
    },
    "a bleed": {
        "outputs": (Output(format="pdf", bleed_px=18),),
        "sheet": Format(margin=0),
        "style": "organic",
    },
    "no paper": {"outputs": (Output(background="transparent"),)},
    "a circle": {"sheet": Format(mask_shape="circular", compass_rose=True)},
}


@pytest.mark.parametrize("case", CASES)
async def test_pieces_make_the_poster_that_is_drawn_at_once(draw, case):
    given = {"size": SIZE, **CASES[case]}

    whole = await draw(**given)
    pieces = await draw.in_pieces(PIECE_PX, **given)

    assert len(list(whole.pieces)) == 1
    assert len(list(pieces.pieces)) >= 9
    most = MOST_BEYOND_ON_CURVES if case in CURVED else MOST_BEYOND
    assert share_beyond(ROUNDING, whole, pieces) <= most
    assert pieces.manifest["text"] == whole.manifest["text"]
    assert pieces.warnings == whole.warnings


async def test_the_division_does_not_show(draw):
    """Where pieces meet, the picture changes no more than it does elsewhere."""
    drawing = await draw.in_pieces(PIECE_PX, size=SIZE, style="watercolor", layers=PLAIN)
    picture = with_alpha(drawing).convert("L")
    edges = sorted({piece.x for piece in drawing.pieces} - {0})

    def step(x):
        """Return the mean difference of a column and the one before."""
        one, other = [picture.crop((at, 60, at + 1, 1300)) for at in (x - 1, x)]
        return mean(ImageChops.difference(one, other))

    usual = sorted(step(x) for x in range(100, 1100, 7))
    assert edges
    assert all(step(x) <= usual[-5] for x in edges)


async def test_a_place_without_map_data_is_refused_in_pieces_too(draw):
    with pytest.raises(MapBlank):
        await draw.in_pieces(PIECE_PX, size=SIZE, center=(0.0, 40.0))


async def test_a_piece_of_nothing_but_paper_is_no_blank_map(draw):
    """The upper pieces of this margin show no map at all."""
    wide = Format(margin=20)

    drawing = await draw.in_pieces(PIECE_PX, size=Resolution(1000, 3000), sheet=wide)

    images.verify(images.whole(drawing.pieces, opaque=True), width=1000, height=3000)


async def test_progress_counts_the_pieces(draw):
    told = []

    await draw.in_pieces(PIECE_PX, size=SIZE, on_progress=lambda *step: told.append(step))

    assert [step for step in told if step[0] == "drawing"] == [
        ("drawing", n, 9) for n in range(1, 10)
    ]


async def test_the_poster_after_one_in_pieces_is_as_ever(draw):
    before = png_of(await draw())
    await draw.in_pieces(PIECE_PX, size=SIZE)

    assert png_of(await draw()) == before


async def test_a_poster_for_36_inches_is_the_small_one_magnified(draw):
    """7200 x 10800 at the usual size of pieces, nine of them, against a single frame."""
    size = Resolution(7200, 10_800)

    drawing = await draw(size=size, layers=PLAIN)
    sheet = images.whole(drawing.pieces, opaque=True)
    images.verify(sheet, width=7200, height=10_800)
    small = with_alpha(await draw(size=Resolution(1800, 2700), layers=PLAIN)).convert("RGB")

    assert len(list(drawing.pieces)) == 9
    large = images.read(sheet).shrink(4, 4).cast("uchar")
    shrunk = Image.frombytes("RGB", (1800, 2700), large.write_to_memory())
    for x in (600, 1200):
        box = (x - 8, 100, x + 8, 2600)
        assert mean(ImageChops.difference(shrunk.crop(box), small.crop(box)).convert("L")) < 2


def share_beyond(levels, one, other):
    """Return the share of pixels that differ by more than *levels*, seen on white and on black."""
    shares = []
    for paper in ("white", "black"):
        laid = []
        for drawing in (one, other):
            sheet = with_alpha(drawing).convert("RGBA")
            ground = Image.new("RGBA", sheet.size, paper)
            ground.alpha_composite(sheet)
            laid.append(ground.convert("RGB"))
        bands = ImageChops.difference(*laid).split()
        strongest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
        shares.append(sum(strongest.histogram()[levels + 1 :]) / (laid[0].width * laid[0].height))
    return max(shares)


def mean(image):
    return sum(level * count for level, count in enumerate(image.histogram())) / (
        image.width * image.height
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory):
    config = replace(
        offline(tmp_path_factory.mktemp("page")), terrain_url=f"pmtiles:{SAMPLE / 'elevation'}"
    )
    async with renderer(config) as draw:
        yield draw
