"""Where everything is on a poster of 2400 x 3600, from its pixels and within one of them.

The expected places come from the formulae that posters always had; fonts' own figures are named.
"""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from exporter.page import Drawing
from exporter.poster import Format, Marker, Resolution
from tests.integration.test_page_marks import middle_of, pixel, turned
from tests.mvt import EXTENT, Feature, tile, write_archive
from tests.rendering import (
    BARE,
    LARGE,
    ONLY_WATER,
    PAPER,
    ink_box,
    ink_of,
    offline,
    opened,
    picture,
    renderer,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Inter, in em: from the middle of a line to its capitals' foot (ascender 0.96875 and descender
# 0.24121 of its file, made one em together), and the height of its capitals.
FOOT, CAPITALS = 0.3006, 0.7273
POSITIONS = {
    "bottom": (3174, 3279, 3340.5),
    "top": (252, 357, 418.5),
    "center": (1737, 1842, 1903.5),
}
SIZES = (120, 60, 39)
# A lake and two straits at the antimeridian, in units of the world's one tile; a place in the lake.
LAKE = ((2060, 1860), (2260, 1860), (2260, 2000), (2060, 2000))
STRAITS = [((x, 2000), (x + 60, 2000), (x + 60, 2100), (x, 2100)) for x in (0, EXTENT - 60)]
SEA = (10.0, 10.0)
FRAME = (120, 120, 2280, 3480)
# Begins and ends with a letter that has a straight stem, and stands on the line with all of it.
STRAIGHT = "Hannah"


class TestFrame:
    async def test_the_margin_is_paper_and_the_map_ends_at_its_frame(self, draw):
        image = await picture(draw, size=LARGE, **BARE)

        left, top, right, bottom = ink_box(image, above=3500)

        assert (left, top, right) == (120, 120, 2280)
        assert bottom == 3480

    async def test_a_square_map_without_a_margin_is_drawn(self, draw):
        """Its height in CSS pixels is a hair above a whole number."""
        image = await picture(draw, size=Resolution(700, 700), sheet=Format(margin=0))

        assert image.size == (700, 700)

    @pytest.mark.parametrize("size", [(2430, 3330), (1365, 2048), (1001, 1501), (900, 400)])
    async def test_the_map_fills_its_frame_at_odd_sizes(self, draw, size):
        image = await picture(draw, layers=ONLY_WATER, size=Resolution(*size),
                              sheet=Format(border_style="thin"), **BARE)  # fmt: skip

        width, height = size
        margin = int(width * 0.05 + 0.5)
        assert image.size == size
        # The border is centred on the frame's edge: half of it outside.
        half = 0.005 * width / 2
        left, top, right, bottom = ink_box(image, above=height - margin + 10)
        assert (left, top) == pytest.approx((margin - half, margin - half), abs=1)
        assert (right, bottom) == pytest.approx(
            (width - margin + half, height - margin + half), abs=1
        )

    async def test_a_circular_map_leaves_paper_around_it(self, draw):
        image = await picture(draw, sheet=Format(mask_shape="circular"), **BARE)

        left, top, right, bottom = ink_box(image, above=880)

        assert (left, top, right, bottom) == pytest.approx((30, 180, 570, 720), abs=1)


class TestWords:
    @pytest.mark.parametrize("position", POSITIONS)
    async def test_the_words_stand_on_their_lines(self, draw, position):
        drawing = await draw(position=position, size=LARGE, name=STRAIGHT, text_backdrop="none")
        words = ink_of_words(drawing, await draw(size=LARGE, **BARE))

        told = {text["role"]: (text["y"], text["sizePx"]) for text in drawing.manifest["text"]}
        roles = ("title", "subtitle", "coordinates")
        for role, middle, size in zip(roles, POSITIONS[position], SIZES, strict=True):
            top, foot = last_letter(words, middle, size)
            assert told[role] == (middle, size), role
            assert foot == pytest.approx(middle + FOOT * size, abs=1), role
            assert foot - top == pytest.approx(CAPITALS * size, abs=1), role

    async def test_the_title_is_centred_but_for_the_tracking_behind_its_last_letter(self, draw):
        drawing = await draw(size=LARGE, name=STRAIGHT, text_backdrop="none")
        words = ink_of_words(drawing, await draw(size=LARGE, **BARE))

        left, _, right, _ = words.crop((0, 3114, 2400, 3234)).getbbox()

        assert (left + right) / 2 == pytest.approx(1200 - 0.08 * 120 / 2, abs=1)

    async def test_the_rules_stand_beside_the_subtitles_middle(self, draw):
        drawing = await draw(size=LARGE, text_backdrop="none")
        words = ink_of_words(drawing, await draw(size=LARGE, **BARE), least=20)

        row = words.crop((0, 3279, 2400, 3280))
        left, _, right, _ = row.getbbox()
        first = row.crop((left, 0, left + 125, 1)).getbbox()[2]
        last = 125 - row.crop((right - 125, 0, right, 1)).getbbox()[0]
        _, top, _, bottom = words.crop((left + 8, 3240, left + 100, 3320)).getbbox()

        assert (first, last) == pytest.approx((115.2, 115.2), abs=1)
        assert (left + right) / 2 == pytest.approx(1200, abs=1)
        assert 3240 + (top + bottom) / 2 == pytest.approx(3279, abs=1)
        assert bottom - top == pytest.approx(3.6, abs=1)


class TestBackdrop:
    @pytest.mark.parametrize(
        ("backdrop", "position", "band"),
        [
            ("gradient", "bottom", (3600 - 1260, 3600)),
            ("gradient", "top", (0, 1260)),
            ("strong", "bottom", (3600 - 534, 3600)),
            ("strong", "top", (0, 534)),
        ],
    )
    async def test_it_ends_where_its_height_says(self, draw_world, backdrop, position, band):
        sea = {"size": LARGE, "center": SEA, "zoom": 9.0, "layers": ONLY_WATER}
        plain = await picture(draw_world, **sea, **BARE)
        words = {**BARE, "text_backdrop": backdrop, "position": position, "show_coordinates": True}
        covered = await picture(draw_world, **sea, **words)

        # Beside the words.
        apart = ImageChops.difference(plain, covered).convert("L").crop((200, 0, 600, 3600))
        _, top, _, bottom = apart.getbbox()

        # It begins too faint to be seen: so many rows make no level of grey.
        unseen = (band[1] - band[0]) / apart.getextrema()[1]
        if position == "bottom":
            assert 0 <= top - band[0] <= unseen
            assert bottom == 3480
        else:
            assert top == 120
            assert 0 <= band[1] - bottom <= unseen


class TestBorder:
    """Strokes are centred on the map's edge, 120 pixels from the poster's, or so far within."""

    STROKES: ClassVar[dict[str, list[int]]] = {
        "thin": [114, 126],
        "thick": [102, 138],
        "inset": [162, 174],
        "double": [114, 126, 138, 150],
    }

    @pytest.mark.parametrize("mask", ["rectangular", "circular"])
    @pytest.mark.parametrize("style", STROKES)
    async def test_its_strokes_have_their_places_and_widths(self, draw, style, mask):
        sheets = [Format(border_style=each, mask_shape=mask) for each in ("none", style)]
        plain, lined = [
            await picture(draw, size=LARGE, sheet=sheet, layers=ONLY_WATER, **BARE)
            for sheet in sheets
        ]
        line = ImageChops.difference(plain, lined).convert("L").point(lambda x: 255 * (x > 40))

        # A circle's uppermost point is where its frame's middle is, less its radius.
        above = 0 if mask == "rectangular" else 1800 - 1080 - 120
        across = {
            "left": line.crop((0, 1800, 1200, 1801)),
            "right": line.crop((1200, 1800, 2400, 1801)).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            "top": line.crop((1200, above, 1201, 1800)).transpose(Image.Transpose.ROTATE_90),
            "bottom": line.crop((1200, 1800, 1201, 3600 - above)).transpose(
                Image.Transpose.ROTATE_270
            ),
        }
        for side, row in across.items():
            assert strokes(row) == pytest.approx(self.STROKES[style], abs=1), side


class TestCamera:
    async def test_the_place_itself_is_the_middle_of_the_map(self, draw):
        dot = replace(ONLY_WATER, marker=True, marker_type="dot", marker_color="#ff0000")
        image = await picture(draw, layers=dot, size=LARGE)

        red = ImageChops.difference(image, Image.new("RGB", image.size, "#ff0000"))
        red = red.convert("L").point(lambda level: 255 * (level < 10)).getbbox()

        assert ((red[0] + red[2]) / 2, (red[1] + red[3]) / 2) == pytest.approx((1200, 1800), abs=1)

    async def test_the_zoom_asked_for_decides_what_is_seen(self, draw):
        """One level deeper, the middle half of the map fills it: the same water, twice as large."""
        wide, near = [
            water_of(await picture(draw, zoom=zoom, layers=ONLY_WATER, **BARE))
            for zoom in (13.0, 14.0)
        ]

        width, height = wide.size
        middle = wide.crop((width // 4, height // 4, width * 3 // 4, height * 3 // 4))
        enlarged = middle.resize(near.size, Image.Resampling.NEAREST)

        assert overlap(enlarged, near) > 0.9
        assert overlap(wide, near) < 0.5

    @pytest.mark.parametrize(
        ("pitch", "bearing"), [(0, 0), (0, 75), (50, 30), (60, 200)], ids=lambda n: f"{n:g}"
    )
    async def test_the_map_lies_where_the_camera_sees_it(self, draw_world, pitch, bearing):
        """The corner of the water is the map's own, not a mark of ours."""
        camera = {"center": SEA, "zoom": 4.0}
        layers = turned(pitch, bearing)

        image = await picture(draw_world, layers=layers, size=LARGE, **camera, **BARE)

        ink = ImageChops.difference(image, Image.new("RGB", image.size, PAPER))
        seen = half_covered(ink.crop(FRAME)).getbbox()
        corners = [degrees(*corner) for corner in LAKE]
        at = [pixel(corner, **camera, pitch=pitch, bearing=bearing) for corner in corners]
        xs, ys = zip(*at, strict=True)
        assert seen == pytest.approx(
            tuple(edge - 120 for edge in (min(xs), min(ys), max(xs), max(ys))), abs=1
        )

    @pytest.mark.parametrize(
        "bounds",
        [
            ((172.0, -10.0), (-172.0, 10.0)),
            ((172.0, -10.0), (188.0, 10.0)),
            ((-188.0, -10.0), (-172.0, 10.0)),
        ],
        ids=["west greater than east", "east beyond 180", "west beyond -180"],
    )
    async def test_bounds_across_the_antimeridian_fill_the_frame(self, draw_world, bounds):
        dots = {"#ff0000": (172.5, 0.0), "#0000ff": (-172.5, 0.0), "#ff00ff": (180.0, 9.5)}
        markers = tuple(
            Marker(lat, lng, type="dot", color=colour) for colour, (lng, lat) in dots.items()
        )

        drawing = await draw_world(
            bounds=bounds, markers=markers, layers=ONLY_WATER, size=LARGE, **BARE
        )

        image = opened(drawing)
        # 16 degrees are as wide as the frame, 2160 pixels; its middle is the antimeridian.
        for colour, degrees in (("#ff0000", -7.5), ("#0000ff", 7.5), ("#ff00ff", 0)):
            x = middle_of(image, colour)[0]
            assert x == pytest.approx(1200 + degrees * 2160 / 16, abs=1), colour
        assert abs(drawing.manifest["camera"]["center"][0]) == pytest.approx(180)
        assert middle_of(image, "#ff0000")[1] == pytest.approx(1800, abs=1)


def ink_of_words(with_words: Drawing, without: Drawing, least: int = 1) -> Image.Image:
    """Return the ink of the words over any map, as levels of grey of at least *least*."""
    apart = ImageChops.difference(opened(with_words), opened(without)).convert("L")
    return apart.point(lambda level: level if level >= least else 0)


def half_covered(ink: Image.Image) -> Image.Image:
    """Return where there is at least half of the most ink: edges that are smooth, to a pixel."""
    grey = ink.convert("L")
    most = grey.getextrema()[1]
    return grey.point(lambda level: 255 * (2 * level >= most))


def last_letter(words: Image.Image, middle: float, size: float) -> tuple[float, float]:
    """Return the upper and the lower edge of the last letter of a line of *size*."""
    top, bottom = round(middle - size / 2), round(middle + size / 2)
    # Below its middle, where the subtitle's rules are.
    below = half_covered(words.crop((0, round(middle + 0.1 * size), words.width, bottom)))
    right = below.getbbox()[2]
    letter = half_covered(words.crop((round(right - 0.4 * size), top, right, bottom)))
    return top + letter.getbbox()[1], top + letter.getbbox()[3]


def degrees(x: int, y: int) -> tuple[float, float]:
    """Return the place of a point of the world's one tile."""
    lat = math.atan(math.sinh(math.pi * (1 - 2 * y / EXTENT)))
    return x / EXTENT * 360 - 180, math.degrees(lat)


def strokes(row: Image.Image) -> list[int]:
    """Return where each line in a row of pixels begins and ends."""
    covered = [*row.tobytes(), 0]
    return [x for x, level in enumerate(covered) if level != (covered[x - 1] if x else 0)]


def water_of(image: Image.Image) -> Image.Image:
    """Return the map's part of a poster (margin 5) as a mask of what is not paper."""
    margin = round(image.width * 0.05)
    return ink_of(image.crop((margin, margin, image.width - margin, image.height - margin)), 6)


def overlap(one: Image.Image, other: Image.Image) -> float:
    """Return intersection over union of two masks."""
    both = ImageChops.darker(one, other).histogram()[255]
    return both / ImageChops.lighter(one, other).histogram()[255]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory) -> AsyncIterator[Any]:
    """The sample city, in one page for all tests here."""
    async with renderer(offline(tmp_path_factory.mktemp("geometry"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw_world(tmp_path_factory) -> AsyncIterator[Any]:
    """A world of one tile, whose waters are known to the unit."""
    folder = tmp_path_factory.mktemp("world")
    waters = [Feature(corners, closed=True) for corners in (LAKE, *STRAITS)]
    archive = write_archive(folder / "world.pmtiles", {(0, 0, 0): tile({"water": waters})})
    settings = replace(offline(folder), tiles_url=f"pmtiles:{archive}")
    async with renderer(settings) as draw:
        yield draw
