"""What is drawn over the map: markers, paths, areas, graticules, scale bar, watermark, in pixels.

Expected places come from formulae of this file's own: Web Mercator, MapLibre's camera, the sphere.
"""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, ClassVar

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from exporter.poster import LABEL_STYLES, Format, Layers, Marker, Resolution
from tests.factories import ASTANA
from tests.hills import Hill
from tests.mvt import EXTENT, Feature, tile, write_archive
from tests.rendering import BARE, LARGE, ONLY_WATER, SMALL, offline, opened, renderer

pytestmark = pytest.mark.asyncio(loop_scope="module")

RED = (255, 0, 0)
HILL = Hill()
# The map of a poster of 2400 x 3600, in its pixels, and how many of them a CSS pixel is.
MAP = (120, 120, 2280, 3480)
SCALE = 2.16
# From Central Asia beyond the antimeridian; and all of the world, a little less than it is wide.
OCEAN: dict[str, Any] = {"center": (125.0, 50.0), "zoom": 2.2}
WORLD: dict[str, Any] = {"center": (0.0, 0.0), "zoom": 1.0}
# The world is no wider than high: on a portrait sheet MapLibre would come nearer.
SQUARE = Resolution(2400, 2400)


class TestMarkers:
    @pytest.mark.parametrize(
        ("pitch", "bearing"), [(0, 0), (0, 75), (50, 30), (60, 200)], ids=lambda n: f"{n:g}"
    )
    async def test_they_stand_where_the_map_shows_their_places(self, draw, pitch, bearing):
        camera = {"center": ASTANA, "zoom": 13.0, "pitch": pitch, "bearing": bearing}
        places = {"#ff0000": (71.43, 51.145), "#0000ff": (71.437, 51.15), "#ff00ff": (71.42, 51.14)}
        dots = tuple(Marker(lat, lng, type="dot", color=c) for c, (lng, lat) in places.items())

        image = opened(await draw(markers=dots, layers=turned(pitch, bearing), size=LARGE, **BARE))

        for colour, place in places.items():
            assert middle_of(image, colour) == pytest.approx(pixel(place, **camera), abs=1), colour

    @pytest.mark.parametrize("kind", ["pin", "crosshair", "dot", "ring", "heart", "home"])
    async def test_each_kind_has_its_size(self, draw, kind):
        marker = Marker(ASTANA[1], ASTANA[0], type=kind, color="#ff0000", size=100)

        plain, marked = [
            opened(await draw(markers=each, layers=ONLY_WATER, size=LARGE, **BARE))
            for each in ((), (marker,))
        ]

        # A crosshair is translucent: seen is all that it changes. The others are red, or half red.
        if kind == "crosshair":
            seen = ImageChops.difference(plain, marked).getbbox()
        else:
            seen = box_of(marked, "#ff0000", within=125)
        reach = {
            # From the place to the left, the right, above and below; in the marker's own size. A
            # dot's rim covers half its width of the red.
            "pin": (8.5 / 24, 8.5 / 24, 23.6 / 24, 0), "crosshair": (0.5, 0.5, 0.5, 0.5),
            "dot": (0.225,) * 4, "ring": (0.4,) * 4,
            "heart": tuple(0.8 * n / 24 for n in (9.5, 9.5, 9, 9)),
            "home": tuple(0.8 * n / 24 for n in (9, 9, 10, 10)),
        }[kind]  # fmt: skip
        left, right, above, below = (100 * SCALE * n for n in reach)
        expected = (1200 - left, 1800 - above, 1200 + right, 1800 + below)
        assert seen == pytest.approx(expected, abs=1)

    async def test_a_round_map_cuts_them_off(self, draw):
        lng = lng_at(1080 / SCALE, 13.0)
        marker = Marker(ASTANA[1], lng, type="dot", color="#ff0000", size=100)
        sheet = Format(mask_shape="circular")

        image = opened(
            await draw(markers=(marker,), layers=ONLY_WATER, sheet=sheet, size=LARGE, **BARE)
        )

        left, top, right, bottom = box_of(image, "#ff0000")
        assert left == pytest.approx(2280 - 0.25 * 216, abs=8)
        assert right <= 2280
        assert bottom - top == pytest.approx(0.5 * 216, abs=16)

    async def test_the_margin_stays_paper(self, draw):
        marker = Marker(
            ASTANA[1], lng_at(499, 13.0), type="dot", color="#ff0000", size=100, label="Edge"
        )

        image = opened(await draw(markers=(marker,), layers=ONLY_WATER, size=LARGE, **BARE))

        assert box_of(image, "#ff0000")[2] == 2280

    async def test_one_behind_the_camera_is_told_and_not_drawn(self, draw):
        there = Marker(51.145, 71.43, type="dot", color="#0000ff")
        behind = Marker(50.5, 71.43, type="dot", color="#ff0000", size=300)

        drawing = await draw(markers=(there, behind), layers=turned(60, 0), zoom=13.0, **BARE)

        assert box_of(opened(drawing), "#ff0000") is None
        [warning] = [w for w in drawing.warnings if w["code"] == "markers_not_in_view"]
        assert warning["count"] == 1

    async def test_a_label_is_kept_on_the_map(self, draw):
        def labelled(lng: float) -> tuple[Marker]:
            return (Marker(ASTANA[1], lng, type="dot", label="A place with a long name",
                           label_color="#0000ff", color="#ff0000"),)  # fmt: skip

        kwargs = {"layers": ONLY_WATER, "size": LARGE, **BARE}
        inside = box_of(opened(await draw(markers=labelled(ASTANA[0]), **kwargs)), "#0000ff")
        edge = box_of(opened(await draw(markers=labelled(lng_at(490, 13.0)), **kwargs)), "#0000ff")

        assert (inside[0] + inside[2]) / 2 == pytest.approx(1200, abs=3)
        # As wide as in the middle, below the marker by m/2 + f/2 + 4, and not beyond the edge.
        assert edge[2] - edge[0] == pytest.approx(inside[2] - inside[0], abs=2)
        assert edge[2] <= 2280 - 4 * SCALE + 1
        assert (inside[1] + inside[3]) / 2 == pytest.approx(1800 + (15 + 7 + 4) * SCALE, abs=6)

    @pytest.mark.parametrize(
        "text", ["{{7*7}}", "<img src=x onerror=alert(1)>", "Дом 🏠", "x" * 999]
    )
    async def test_a_label_of_any_text_is_drawn(self, draw, text):
        plain, with_label = [
            opened(await draw(markers=(Marker(ASTANA[1], ASTANA[0], label=label),), **BARE))
            for label in ("", text)
        ]

        assert ImageChops.difference(plain, with_label).getbbox()

    async def test_label_styles_look_different(self, draw):
        pictures = [
            await draw(markers=(Marker(ASTANA[1], ASTANA[0], label="Place", label_style=style),))
            for style in LABEL_STYLES
        ]

        assert len({opened(picture).tobytes() for picture in pictures}) == 4


class TestPath:
    @pytest.mark.parametrize("pitch", [0, 45])
    async def test_across_the_antimeridian_it_takes_the_short_way(self, draw_world, pitch):
        camera = {**OCEAN, "pitch": pitch}
        layers = path(pitch=float(pitch))
        image = opened(
            await draw_world(
                markers=ends((170, 50), (-170, 50)), layers=layers, size=LARGE, **OCEAN, **BARE
            )
        )

        left, _, right, _ = box_of(image, "#ff0000")

        assert left == pytest.approx(pixel((170, 50), **camera)[0], abs=9)
        assert right == pytest.approx(pixel((190, 50), **camera)[0], abs=9)
        west, east = [pixel((lng, 50), **camera)[0] for lng in (179, 181)]
        red = mask(image, "#ff0000")
        assert all(red.crop((int(x), 0, int(x) + 1, 3600)).getbbox() for x in (west, east))

    async def test_on_a_map_of_the_world_it_leaves_on_one_side_and_comes_in_on_the_other(
        self, draw_world
    ):
        tokyo, san_francisco = (139.7, 35.7), (-122.4, 37.8)

        image = opened(
            await draw_world(
                markers=ends(tokyo, san_francisco), layers=path(), size=SQUARE, **WORLD, **BARE
            )
        )

        red = mask(image, "#ff0000")
        west, east = [round(pixel(place, **WORLD)[0]) for place in (san_francisco, tokyo)]
        assert red.crop((0, 0, west - 12, 3600)).getbbox()[0] == 120
        assert red.crop((east + 12, 0, 2400, 3600)).getbbox()[2] + east + 12 == 2280
        assert red.crop((west + 12, 0, east - 12, 3600)).getbbox() is None

    @pytest.mark.parametrize("pitch", [0, 45])
    async def test_it_is_a_great_circle(self, draw_world, pitch):
        camera = {**OCEAN, "pitch": pitch}
        layers = path(pitch=float(pitch))
        image = opened(
            await draw_world(
                markers=ends((60, 50), (170, 50)), layers=layers, size=LARGE, **OCEAN, **BARE
            )
        )

        for share in (0.2, 0.5, 0.7):
            x, y = pixel(on_great_circle((60, 50), (170, 50), share), **camera)
            column = mask(image, "#ff0000").crop((round(x), 0, round(x) + 1, 3600)).getbbox()
            assert column
            assert (column[1] + column[3]) / 2 == pytest.approx(y, abs=2)

    async def test_an_area_across_the_antimeridian_is_whole(self, draw_world):
        corners = [(165, 60), (-165, 60), (-165, 40), (165, 40)]
        markers = tuple(Marker(lat, lng, size=1, type="dot") for lng, lat in corners)
        layers = replace(ONLY_WATER, fill_markers=True, marker_fill_color="#ff0000")
        plain, filled = [
            opened(await draw_world(markers=markers, layers=each, size=LARGE, **OCEAN, **BARE))
            for each in (ONLY_WATER, layers)
        ]

        left, _, right, _ = ImageChops.difference(plain, filled).getbbox()

        assert left == pytest.approx(pixel((165, 50), **OCEAN)[0], abs=4)
        assert right == pytest.approx(pixel((195, 50), **OCEAN)[0], abs=4)

    async def test_dashes_are_four_and_four(self, draw):
        layers = replace(path(), marker_path_style="dashed")
        markers = ends((71.38, ASTANA[1]), (71.48, ASTANA[1]))

        image = opened(await draw(markers=markers, layers=layers, size=LARGE, **BARE))

        row = mask(image, "#ff0000").crop((300, 1800, 300 + 60 * 8, 1801)).tobytes()
        starts = sum(1 for a, b in pairwise(row) if b and not a)
        assert starts == pytest.approx(60 * 8 / (8 * SCALE), abs=2)

    async def test_what_leads_behind_the_camera_is_cut(self, draw):
        layers = path(pitch=60.0)
        markers = ends((71.43, 51.145), (71.43, 40.0))

        image = opened(await draw(markers=markers, layers=layers, size=LARGE, zoom=13.0, **BARE))

        left, top, right, bottom = box_of(image, "#ff0000")
        assert (left, right) == pytest.approx((1200 - 4 * SCALE, 1200 + 4 * SCALE), abs=2)
        assert (top, bottom) == pytest.approx((1800 - 4 * SCALE, 3480), abs=6)

    async def test_an_area_is_tinted_by_a_fifth_and_nothing_else(self, draw):
        corners = [(71.41, 51.155), (71.45, 51.155), (71.43, 51.135)]
        markers = tuple(Marker(lat, lng, size=1, type="dot") for lng, lat in corners)
        layers = replace(ONLY_WATER, fill_markers=True, marker_fill_color="#ff0000")
        bare = replace(layers, fill_markers=False)

        plain, filled = [
            opened(await draw(markers=markers, layers=each, size=LARGE, **BARE))
            for each in (bare, layers)
        ]

        inside, outside = (1200, 1800), (300, 1800)
        was = plain.getpixel(inside)
        expected = tuple(0.8 * a + 0.2 * b for a, b in zip(was, RED, strict=True))
        assert filled.getpixel(inside) == pytest.approx(expected, abs=2)
        assert filled.getpixel(outside) == plain.getpixel(outside)
        left, _, right, _ = ImageChops.difference(plain, filled).getbbox()
        sides = [pixel(corner, ASTANA, 13.0)[0] for corner in corners[:2]]
        assert (left, right) == pytest.approx(sides, abs=2)

    async def test_lengths_stand_in_the_middle(self, draw):
        layers = path(show_segment_lengths=True)
        markers = ends((71.41, ASTANA[1]), (71.45, ASTANA[1]))
        kwargs = {"markers": markers, "size": LARGE, **BARE}
        without, with_length = [
            opened(await draw(layers=each, **kwargs)) for each in (path(), layers)
        ]

        left, _, right, bottom = ImageChops.difference(without, with_length).getbbox()

        assert (left + right) / 2 == pytest.approx(1200, abs=3)
        assert bottom < 1800 + 4 * SCALE

    async def test_what_a_path_lacks_is_told(self, draw):
        layers = replace(path(show_segment_lengths=True), connect_markers=False, fill_markers=True)

        drawing = await draw(markers=ends(ASTANA, (71.44, 51.15)), layers=layers)

        told = {w.get("field") for w in drawing.warnings if w["code"] == "not_drawn"}
        assert told == {"fillMarkers", "showSegmentLengths"}


class TestOnTerrain:
    """The hill of `tests/hills.py`, seen from the flat ground south of it."""

    PEAK = 1000
    CAMERA: ClassVar[dict[str, Any]] = {"center": (HILL.lng, HILL.lat - 0.05), "zoom": 12.0}

    @pytest.mark.parametrize("exaggeration", [0, 1.5])
    async def test_a_marker_stands_upon_the_land(self, draw_hill, exaggeration):
        marker = Marker(HILL.lat, HILL.lng, type="dot", color="#ff0000")

        image = await self.picture(draw_hill, exaggeration, markers=(marker,))

        # A sharp peak lies between the heights that its tiles hold.
        assert middle_of(image, "#ff0000") == pytest.approx(self.peak(exaggeration), abs=3)

    async def test_a_path_goes_over_the_hill(self, draw_hill):
        markers = ends((HILL.lng - 0.05, HILL.lat), (HILL.lng + 0.05, HILL.lat))

        image = await self.picture(draw_hill, 1.5, markers=markers)

        _, top, _, bottom = box_of(image, "#ff0000")
        assert top == pytest.approx(self.peak(1.5)[1] - 4 * SCALE, abs=8)
        assert bottom == pytest.approx(self.peak(0)[1] + 4 * SCALE, abs=4)

    async def picture(self, draw: Any, exaggeration: float, **given: Any) -> Image.Image:
        # A contour line keeps the map from being blank.
        layers = path(
            pitch=45.0, contours=True, contour_density=200, volumetric_terrain=True,
            volumetric_terrain_exaggeration=exaggeration,
        )  # fmt: skip
        return opened(await draw(layers=layers, size=LARGE, **self.CAMERA, **BARE, **given))

    def peak(self, exaggeration: float) -> tuple[float, float]:
        up = exaggeration * self.PEAK * 512 * 2 ** self.CAMERA["zoom"] / 40_075_016.686
        return pixel(HILL.center, **self.CAMERA, pitch=45, up=up)


class TestGraticule:
    async def test_its_lines_are_where_their_degrees_are(self, draw):
        layers = replace(ONLY_WATER, graticules=True, graticule_density=0.01)
        plain, lined = [
            opened(await draw(layers=each, size=LARGE, **BARE)) for each in (ONLY_WATER, layers)
        ]
        changed = ImageChops.difference(plain, lined).convert("L")

        x = pixel((71.42, 51.145), ASTANA, 13.0)[0]
        # Between two parallels, where only the meridian is.
        y = round(pixel((71.42, 51.1475), ASTANA, 13.0)[1])
        row = changed.crop((round(x) - 40, y, round(x) + 40, y + 1)).getbbox()

        assert row
        assert round(x) - 40 + (row[0] + row[2]) / 2 == pytest.approx(x, abs=1.5)
        left, top, right, bottom = changed.getbbox()
        assert (left, top) >= MAP[:2]
        assert right <= MAP[2]
        assert bottom <= MAP[3]

    async def test_lines_too_close_are_drawn_further_apart_and_told(self, draw):
        layers = replace(ONLY_WATER, graticules=True, graticule_density=0.001)

        drawing = await draw(layers=layers, zoom=12.0)

        assert "graticule_coarser" in {w["code"] for w in drawing.warnings}

    async def test_no_line_in_view_is_told(self, draw):
        drawing = await draw(layers=replace(ONLY_WATER, graticules=True), zoom=14.0)

        told = [w["field"] for w in drawing.warnings if w["code"] == "not_drawn"]
        assert told == ["graticules"]


class TestScaleBar:
    async def test_it_is_as_long_as_it_says(self, draw):
        plain, barred = [
            opened(await draw(layers=replace(ONLY_WATER, show_scale=on), size=LARGE, **BARE))
            for on in (False, True)
        ]

        left, top, right, bottom = ImageChops.difference(plain, barred).getbbox()

        # 500 m: 1 km would be longer than 100 CSS pixels.
        metres_per_pixel = 40_075_016.686 * math.cos(math.radians(ASTANA[1])) / (512 * 2**13)
        assert right - left == pytest.approx(500 / metres_per_pixel * SCALE, abs=8)
        assert left > 1900
        assert top > 3350
        assert bottom <= 3480

    async def test_a_tilted_map_has_none_and_says_so(self, draw):
        layers = replace(turned(40, 0), show_scale=True)

        drawing = await draw(layers=layers)

        assert "showScale" in {w.get("field") for w in drawing.warnings}
        assert opened(drawing).tobytes() == opened(await draw(layers=turned(40, 0))).tobytes()


class TestWatermark:
    async def test_it_stands_at_the_lower_right_and_only_when_asked_for(self, draw):
        plain, marked = [
            opened(await draw(watermark=text, size=LARGE, layers=ONLY_WATER, **BARE))
            for text in ("", "poster.example")
        ]

        left, top, right, bottom = ImageChops.difference(plain, marked).getbbox()

        assert right == pytest.approx(2400 - 48, abs=4)
        assert 3600 - 48 - 36 - 10 <= top < bottom <= 3600 - 48 + 4
        assert left > 1900


class TestTogether:
    async def test_they_look_the_same_at_any_size(self, draw):
        small, large = [
            opened(await draw(markers=EVERYTHING, layers=ALL, size=size, watermark="w", **BARE))
            for size in (SMALL, Resolution(1800, 2700))
        ]

        shrunk = large.resize(small.size, Image.Resampling.BOX)

        histogram = ImageChops.difference(small, shrunk).convert("L").histogram()
        far_off = sum(histogram[80:]) / (small.width * small.height)
        assert far_off < 0.005

    async def test_the_same_job_gives_the_same_pixels_and_leaves_nothing_behind(self, draw):
        before = opened(await draw()).tobytes()
        first = opened(await draw(markers=EVERYTHING, layers=ALL)).tobytes()
        again = opened(await draw(markers=EVERYTHING, layers=ALL)).tobytes()

        assert first == again
        assert opened(await draw()).tobytes() == before


EVERYTHING = tuple(
    Marker(51.145 + dy, 71.43 + dx, type=kind, label=f"A {kind}", label_style=style, color=colour)
    for dx, dy, kind, style, colour in [
        (-0.012, 0.012, "pin", "standard", "#cc2222"),
        (0.012, 0.012, "home", "elevated", "#2222cc"),
        (0.012, -0.012, "heart", "glass", "#cc22cc"),
        (-0.012, -0.012, "ring", "vintage", "#22aa22"),
    ]
)
ALL = replace(
    ONLY_WATER, connect_markers=True, fill_markers=True, show_segment_lengths=True, show_scale=True,
    graticules=True, graticule_density=0.01, marker_path_style="dashed",
)  # fmt: skip


def ends(one: tuple[float, float], other: tuple[float, float]) -> tuple[Marker, ...]:
    """Two markers, [lng, lat] each, too small to be in the way of what joins them."""
    return tuple(Marker(lat, lng, type="dot", size=1) for lng, lat in (one, other))


def path(**more: Any) -> Layers:
    return replace(
        ONLY_WATER, connect_markers=True, marker_path_color="#ff0000", marker_path_width=8, **more
    )


def turned(pitch: float, bearing: float) -> Layers:
    return replace(ONLY_WATER, pitch=float(pitch), bearing=float(bearing))


def mask(image: Image.Image, colour: str, within: int = 24) -> Image.Image:
    """Return where *image* has *colour*, but for *within* levels of each channel."""
    apart = ImageChops.difference(image, Image.new("RGB", image.size, colour))
    worst = ImageChops.lighter(ImageChops.lighter(*apart.split()[:2]), apart.split()[2])
    return worst.point(lambda level: 255 * (level <= within))


def box_of(image: Image.Image, colour: str, within: int = 24) -> Any:
    return mask(image, colour, within).getbbox()


def middle_of(image: Image.Image, colour: str) -> tuple[float, float]:
    left, top, right, bottom = box_of(image, colour)
    return (left + right) / 2, (top + bottom) / 2


def mercator(lng: float, lat: float) -> tuple[float, float]:
    return (lng + 180) / 360, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2


def lng_at(css: float, zoom: float) -> float:
    """Return the longitude so many CSS pixels east of the sample city."""
    return ASTANA[0] + css * 360 / (512 * 2**zoom)


def pixel(
    place: tuple[float, float],
    center: tuple[float, float],
    zoom: float,
    pitch: float = 0,
    bearing: float = 0,
    up: float = 0,
) -> tuple[float, float]:
    """Return where MapLibre's camera shows *place* on a poster of 2400 x 3600, margin 5.

    *up*: how high the place is above the ground at *center*, in CSS pixels.
    """
    (x, y), (cx, cy) = mercator(*place), mercator(*center)
    east, south = (x - cx) * 512 * 2**zoom, (y - cy) * 512 * 2**zoom
    tilt, turn = math.radians(pitch), math.radians(bearing)
    right = east * math.cos(turn) + south * math.sin(turn)
    down = south * math.cos(turn) - east * math.sin(turn)
    # MapLibre looks from 1.5 times the height of its canvas, a whole number of CSS pixels.
    distance = 1.5 * 1556
    nearer = distance / (distance - down * math.sin(tilt) - up * math.cos(tilt))
    lower = down * math.cos(tilt) - up * math.sin(tilt)
    return 1200 + SCALE * right * nearer, 1800 + SCALE * lower * nearer


def on_great_circle(
    one: tuple[float, float], other: tuple[float, float], share: float
) -> tuple[float, float]:
    """Return the place at *share* of the way, by spherical interpolation of unit vectors."""
    a, b = [
        (math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y))
        for x, y in (tuple(map(math.radians, place)) for place in (one, other))
    ]
    angle = math.acos(sum(p * q for p, q in zip(a, b, strict=True)))
    x, y, z = (
        (math.sin((1 - share) * angle) * p + math.sin(share * angle) * q) / math.sin(angle)
        for p, q in zip(a, b, strict=True)
    )
    return math.degrees(math.atan2(y, x)), math.degrees(math.asin(z))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory) -> AsyncIterator[Any]:
    """One page for all tests here, as it is for a worker's jobs."""
    async with renderer(offline(tmp_path_factory.mktemp("marks"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw_hill(tmp_path_factory) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("hill")
    archive = HILL.archive(folder / "hill.pmtiles")
    async with renderer(replace(offline(folder), terrain_url=f"pmtiles:{archive}")) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw_world(tmp_path_factory) -> AsyncIterator[Any]:
    """A page whose map shows the whole world: one tile, with water from 18 degrees south on."""
    folder = tmp_path_factory.mktemp("world")
    corners = (0, 2250), (EXTENT, 2250), (EXTENT, EXTENT), (0, EXTENT)
    world = tile({"water": [Feature(corners, closed=True)]})
    archive = write_archive(folder / "world.pmtiles", {(0, 0, 0): world})
    settings = replace(offline(folder), tiles_url=f"pmtiles:{archive}")
    async with renderer(settings) as draw:
        yield draw
