"""The page's relief in real Chromium: a hill whose every height is known, and a real landscape."""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageStat

from exporter.poster import Format, Layers, Resolution
from exporter.settings import Settings
from tests.certificates import make_certificates
from tests.hills import Hill
from tests.rendering import ink_of, offline, opened, renderer
from tests.servers import ERROR, HANG, SAMPLE, Fault, tile_host

pytestmark = pytest.mark.asyncio(loop_scope="module")

HILL, ISLAND = Hill(), Hill(foot=-600, peak=400)
# South of the hill, where the ground is flat: the camera stands on what it looks at.
SOUTH = (HILL.lng, HILL.lat - 0.05)
ZOOM = 12.0
PX_PER_DEGREE = 512 * 2**ZOOM / 360
PX_PER_METRE = 512 * 2**ZOOM / 40_075_016.6855785
SIZE = Resolution(1000, 1500)
# One CSS pixel is one pixel of the poster.
FULL = Format(margin=0)
BARE = {
    "text_backdrop": "none", "show_title": False, "show_subtitle": False, "show_coordinates": False,
}  # fmt: skip
NOTHING = Layers(terrain=False, terrain_under_water=False, marker=False, pois=False)
LINES = replace(NOTHING, contours=True, contour_density=200)
ONE_LINE = replace(LINES, contour_density=500)
SHADED = replace(NOTHING, terrain=True)
TILTED = replace(ONE_LINE, pitch=45)

JACKSBORO = (-84.25, 36.59)


class TestHillshade:
    @pytest.mark.parametrize("azimuth", [315, 45, 135, 225])
    async def test_the_flank_away_from_the_light_is_the_darker_one(self, hill, azimuth):
        shaded = await picture(hill, layers=replace(SHADED, terrain_light_azimuth=azimuth))

        towards, away = flank(shaded, azimuth), flank(shaded, azimuth + 180)
        assert away < towards - 20

    async def test_more_exaggeration_is_more_shade(self, hill):
        faint, plain, strong = [
            flank(await picture(hill, layers=replace(SHADED, hillshade_exaggeration=much)), 135)
            for much in (0.1, 0.5, 1.0)
        ]

        assert faint > plain + 10 > strong + 20

    async def test_flat_ground_is_paper(self, hill):
        shaded = await picture(hill, layers=SHADED)

        assert ink_of(shaded.crop((0, 1200, 1000, 1400))).getbbox() is None


class TestContours:
    @pytest.mark.parametrize(("density", "count"), [(250, 3), (200, 4), (100, 9), (50, 19)])
    async def test_each_line_is_where_its_height_is(self, hill, density, count):
        lines = await picture(hill, layers=replace(LINES, contour_density=density))

        expected = [HILL.radius_at(n * density) * PX_PER_DEGREE for n in range(count, 0, -1)]
        for bearing in (90, 180, 270):
            assert crossings(lines, bearing) == pytest.approx(expected, abs=2)

    async def test_a_style_with_index_lines_writes_their_heights(self, hill):
        plain = await picture(hill, style="topographic", layers=LINES, zoom=13.0)
        sparse = await picture(
            hill, style="topographic", layers=replace(LINES, contour_density=250), zoom=13.0
        )

        assert ink(plain) > ink(sparse) > 0

    async def test_a_density_the_zoom_cannot_hold_is_said(self, hill):
        drawing = await hill(layers=replace(LINES, contour_density=10), **VIEW)

        assert ("contours_wider", "contourDensity") in told(drawing)

    async def test_below_the_zooms_of_lines_their_absence_is_said(self, hill):
        drawing = await hill(layers=replace(SHADED, contours=True), **{**VIEW, "zoom": 8.9})

        assert ("layer_below_zoom", "contours") in told(drawing)


class TestBathymetry:
    @pytest.mark.parametrize("style", ["minimal", "topographic"])
    async def test_the_sea_is_darker_where_it_is_deep_and_land_is_left_alone(self, island, style):
        shaded = await picture(
            island, style=style, layers=replace(NOTHING, terrain_under_water=True)
        )

        coast = ISLAND.radius_at(0) * PX_PER_DEGREE
        peak, slope = ring(shaded, 0.2 * coast), ring(shaded, 1.6 * coast)
        assert slope < peak - 2

    async def test_inland_there_is_none(self, hill):
        land = await picture(hill, layers=replace(ONE_LINE, terrain_under_water=True))
        plain = await picture(hill, layers=ONE_LINE)

        assert land.tobytes() == plain.tobytes()


class TestVolumetricTerrain:
    @pytest.mark.parametrize("exaggeration", [0.8, 1.6])
    async def test_a_line_is_lifted_to_where_its_height_is_seen(self, hill, exaggeration):
        lifted = replace(
            TILTED, volumetric_terrain=True, volumetric_terrain_exaggeration=exaggeration
        )

        seen = box(await picture(hill, layers=lifted, center=SOUTH))

        assert seen == pytest.approx(predicted(500, exaggeration), abs=2)

    async def test_twice_the_exaggeration_lifts_twice_as_far(self, hill):
        middles = []
        for exaggeration in (0, 0.8, 1.6):
            layers = replace(
                TILTED, volumetric_terrain=True, volumetric_terrain_exaggeration=exaggeration
            )
            _, top, _, bottom = box(await picture(hill, layers=layers, center=SOUTH))
            middles.append((top + bottom) / 2)

        flat, once, twice = middles
        assert flat - once > 12
        assert (flat - twice) / (flat - once) == pytest.approx(2, abs=0.1)

    async def test_a_flat_map_keeps_its_pitch(self, hill):
        seen = box(await picture(hill, layers=TILTED, center=SOUTH))

        assert seen == pytest.approx(predicted(500, 0), abs=2)

    async def test_pitch_and_bearing_are_kept(self, hill):
        layers = replace(TILTED, volumetric_terrain=True, bearing=30)

        camera = (await hill(layers=layers, **{**VIEW, "center": SOUTH})).manifest["camera"]

        assert (camera["pitch"], camera["bearing"]) == pytest.approx((45, 30))

    async def test_lines_on_the_land_are_as_fine_as_on_a_flat_map(self, hill):
        """The texture laid over the land has the poster's own pixels, not a screen's."""
        size = Resolution(2400, 3600)
        flat, lifted = [
            opened(await hill(layers=layers, **{**VIEW, "size": size}))
            for layers in (ONE_LINE, replace(ONE_LINE, volumetric_terrain=True,
                                             volumetric_terrain_exaggeration=0))
        ]  # fmt: skip

        assert darkest(lifted) < darkest(flat) + 25


class TestRealLand:
    @pytest.fixture
    def view(self):
        return {**VIEW, "center": JACKSBORO, "zoom": 11.5, "size": Resolution(600, 900)}

    async def test_it_is_shaded_and_lined_and_credited(self, land, view):
        shaded = await land(layers=SHADED, **view)
        lined = await land(layers=replace(SHADED, contours=True), **view)

        assert ImageStat.Stat(opened(shaded).convert("L")).stddev[0] > 10
        assert opened(lined).tobytes() != opened(shaded).tobytes()
        assert shaded.warnings == ()
        assert shaded.manifest["attribution"].endswith(
            "Elevation: SRTM courtesy of the U.S. Geological Survey"
        )

    async def test_the_same_relief_twice_is_the_same_to_the_pixel(self, land, view):
        layers = replace(SHADED, contours=True, volumetric_terrain=True, pitch=50, bearing=20)

        first, second = [opened(await land(layers=layers, **view)) for _ in range(2)]

        assert first.tobytes() == second.tobytes()

    async def test_finer_detail_is_other_land(self, land, view):
        view["zoom"] = 10.0

        normal, high = [
            opened(await land(layers=replace(SHADED, terrain_detail_level=level), **view))
            for level in ("normal", "high")
        ]

        assert normal.tobytes() != high.tobytes()

    async def test_elsewhere_there_is_no_relief_and_no_credit(self, land):
        drawing = await land(layers=SHADED)

        [warning] = [w for w in drawing.warnings if w["code"] == "layer_not_drawn"]
        assert "does not cover this place" in warning["message"]
        assert "Elevation" not in drawing.manifest["attribution"]


class TestWithoutElevation:
    WANTED = replace(SHADED, contours=True, volumetric_terrain=True, pitch=30)

    async def test_no_source_is_said_and_the_poster_drawn(self, bare):
        drawing = await bare(layers=self.WANTED)

        messages = {w["field"]: w["message"] for w in drawing.warnings}
        assert set(messages) == {"terrain", "contours", "volumetricTerrain"}
        assert all("no elevation source is configured" in text for text in messages.values())

    @pytest.mark.parametrize("kind", [ERROR, HANG])
    async def test_a_failing_host_costs_the_relief_only(self, bare, failing, kind):
        draw, host = failing
        host.fault = Fault(kind, everywhere=True)

        drawing = await draw(layers=self.WANTED)

        assert {
            ("layer_not_drawn", field) for field in ("terrain", "contours", "volumetricTerrain")
        } <= told(drawing)
        assert "localhost" not in drawing.manifest["attribution"]
        plain = await bare(layers=self.WANTED)
        assert opened(drawing).tobytes() == opened(plain).tobytes()

    async def test_missing_tiles_are_flat_and_named(self, failing):
        draw, _ = failing

        drawing = await draw(layers=SHADED)

        [warning] = [w for w in drawing.warnings if w["code"] == "missing_tiles"]
        assert warning["tiles"][0].startswith("terrain/")
        assert drawing.manifest["attribution"].endswith("Elevation: localhost")


VIEW: dict[str, Any] = {
    "center": HILL.center, "zoom": ZOOM, "size": SIZE, "sheet": FULL, **BARE,
}  # fmt: skip


async def picture(draw: Any, **given: Any) -> Image.Image:
    return opened(await draw(**{**VIEW, **given}))


def told(drawing: Any) -> set[tuple[str, Any]]:
    return {(warning["code"], warning.get("field")) for warning in drawing.warnings}


def ink(image: Image.Image) -> int:
    """Return how many pixels above the credit are not paper, in any style."""
    grey = image.crop((0, 0, 1000, 1400)).convert("L")
    paper = grey.getpixel((500, 1300))
    return sum(count for level, count in enumerate(grey.histogram()) if level < paper - 60)


def flank(image: Image.Image, azimuth: float) -> float:
    """Return how light the hill's side towards *azimuth* is, half-way down."""
    away = HILL.radius_at(500) * PX_PER_DEGREE
    x = image.width / 2 + away * math.sin(math.radians(azimuth))
    y = image.height / 2 - away * math.cos(math.radians(azimuth))
    return light(image, x, y)


def ring(image: Image.Image, radius: float) -> float:
    """Return how light the image is all around the middle, *radius* pixels from it."""
    middle, down = image.width / 2, image.height / 2
    around = [math.radians(step) for step in range(0, 360, 10)]
    lights = [
        light(image, middle + radius * math.sin(turn), down - radius * math.cos(turn))
        for turn in around
    ]
    return sum(lights) / len(lights)


def light(image: Image.Image, x: float, y: float) -> float:
    patch = image.convert("L").crop((round(x) - 5, round(y) - 5, round(x) + 5, round(y) + 5))
    return ImageStat.Stat(patch).mean[0]


def crossings(image: Image.Image, bearing: int) -> list[float]:
    """Return how far from the middle lines are met on the way towards *bearing*."""
    grey = image.convert("L")
    dx, dy = math.sin(math.radians(bearing)), -math.cos(math.radians(bearing))
    steps = [step / 4 for step in range(4 * 200)]
    dark = [at for at in steps if grey.getpixel((int(500 + at * dx), int(750 + at * dy))) < 225]
    runs: list[list[float]] = []
    for at in dark:
        if runs and at - runs[-1][-1] < 0.5:
            runs[-1].append(at)
        else:
            runs.append([at])
    return [(run[0] + run[-1]) / 2 for run in runs]


def box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is not paper above the credit."""
    found = ink_of(image.crop((0, 0, 1000, 1440)), least=20).getbbox()
    assert found
    return found


def darkest(image: Image.Image) -> int:
    extreme = image.crop((0, 0, 2400, 3400)).convert("L").getextrema()
    return int(extreme[0])


def predicted(metres: float, exaggeration: float) -> list[float]:
    """Return the box around the line of *metres*, seen from the south at 45 degrees.

    MapLibre's camera has a field of view whose half's tangent is a third: from the middle of the
    map it is 1.5 times the map's height away.
    """
    distance, pitch = 1.5 * SIZE.height, math.radians(45)
    radius = HILL.radius_at(metres) * PX_PER_DEGREE
    north = (HILL.lat - SOUTH[1]) * PX_PER_DEGREE
    up = metres * exaggeration * PX_PER_METRE
    points = []
    for degree in range(360):
        x, y = (
            radius * math.sin(math.radians(degree)),
            north + radius * math.cos(math.radians(degree)),
        )
        depth = distance + y * math.sin(pitch) - up * math.cos(pitch)
        screen = y * math.cos(pitch) + up * math.sin(pitch)
        points.append((500 + distance * x / depth, 750 - distance * screen / depth))
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def with_relief(folder: Any, path: Any) -> Settings:
    return replace(offline(folder), terrain_url=f"pmtiles:{path}")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hill(tmp_path_factory) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("hill")
    async with renderer(with_relief(folder, HILL.archive(folder / "hill.pmtiles"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def island(tmp_path_factory) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("island")
    async with renderer(with_relief(folder, ISLAND.archive(folder / "island.pmtiles"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def land(tmp_path_factory) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("land")
    async with renderer(with_relief(folder, SAMPLE / "elevation")) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def bare(tmp_path_factory) -> AsyncIterator[Any]:
    async with renderer(offline(tmp_path_factory.mktemp("bare"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module")
async def failing(tmp_path) -> AsyncIterator[Any]:
    """A host without any elevation tile, which can be made to fail, too."""
    with tile_host(make_certificates(tmp_path)) as host:
        config = replace(
            offline(tmp_path),
            terrain_url=f"https://{host.authority}/{{z}}/{{x}}/{{y}}.png",
            egress_allow=(host.authority,),
            egress_ca_file=host.ca_file,
            fetch_timeout_s=0.5,
            settle_timeout_s=20,
        )
        async with renderer(config) as draw:
            yield draw, host
