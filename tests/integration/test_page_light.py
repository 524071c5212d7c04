"""Light on land, fog over it and light on buildings, in real Chromium."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageStat

from exporter.poster import Building3D, Layers, Palette, Resolution, from_json
from tests.hills import Hill
from tests.integration.test_page_elevation import (
    BARE,
    FULL,
    JACKSBORO,
    NOTHING,
    ONE_LINE,
    SHADED,
    VIEW,
    flank,
    told,
    with_relief,
)
from tests.rendering import ink_of, offline, opened, renderer
from tests.servers import SAMPLE
from webapi.catalogue import Catalogue

pytestmark = pytest.mark.asyncio(loop_scope="module")

HILL = Hill()
INK = Catalogue.read().styles["minimal"]["palettes"][0]
HELSINKI = (24.944, 60.1715)
TILTED = replace(SHADED, volumetric_terrain=True, pitch=58)
# It begins in the middle of the poster. Red: no land is.
FOGGY = replace(
    TILTED, terrain=False, terrain_fog_range=(0.0, 2.0), terrain_fog_color="rgba(255, 0, 0, 0.8)"
)
CITY = replace(NOTHING, streets=False, railroads=False, water=False, buildings_3d=True)
FROM_ABOVE = {
    "center": HELSINKI, "zoom": 15.0, "size": Resolution(500, 500), "sheet": FULL, **BARE,
}  # fmt: skip
BLUE, GREEN, RED = "#0000ff", "#00ff00", "#ff0000"


class TestLightOnLand:
    @pytest.mark.parametrize(("azimuth", "lit", "dark"), [(270, 270, 90), (0, 0, 180)])
    async def test_light_from_one_side_lights_that_side(self, hill, azimuth, lit, dark):
        shaded = await picture(hill, layers=replace(SHADED, terrain_light_azimuth=azimuth))

        assert flank(shaded, lit) > flank(shaded, dark) + 20

    async def test_the_lower_the_sun_the_greater_the_contrast(self, hill):
        high, usual, low = [
            await contrast(hill, terrain_light_altitude=altitude) for altitude in (75, 45, 15)
        ]

        assert low > usual + 10 > high + 20

    async def test_light_from_everywhere_takes_contrast_away(self, hill):
        even, usual, harsh = [
            await contrast(hill, terrain_ambient_light=ambient) for ambient in (1, 0.35, 0)
        ]

        assert harsh > usual + 5 > even + 10

    async def test_without_light_from_one_side_there_is_no_shade(self, hill):
        unlit = await picture(hill, layers=replace(ONE_LINE, terrain=True, terrain_diffuse_light=0))

        assert unlit.tobytes() == (await picture(hill, layers=ONE_LINE)).tobytes()

    @pytest.mark.parametrize("altitude", [0, 10, 90])
    async def test_flat_ground_stays_paper_in_any_light(self, hill, altitude):
        layers = replace(ONE_LINE, terrain=True, terrain_light_altitude=altitude)
        shaded = await picture(hill, layers=layers)

        assert ink_of(shaded.crop((0, 1200, 1000, 1400))).getbbox() is None

    async def test_shadow_and_light_have_the_colours_asked_for(self, hill):
        layers = replace(
            SHADED, terrain_shadow_color=RED, terrain_highlight_color=BLUE,
            hillshade_exaggeration=1.0,
        )  # fmt: skip
        shaded = await picture(hill, layers=layers)

        red, _, blue = mean(shaded, 555, 805)
        assert red > blue + 40
        red, _, blue = mean(shaded, 445, 695)
        assert blue > red + 40

    async def test_the_real_land_is_starker_in_the_evening(self, land):
        noon, evening = [
            opened(await land(
                layers=replace(SHADED, terrain_light_altitude=altitude), **{
                    **VIEW, "center": JACKSBORO, "zoom": 11.5, "size": Resolution(600, 900)},
            )).convert("L")
            for altitude in (70, 10)
        ]  # fmt: skip

        assert ImageStat.Stat(evening).stddev[0] > 2 * ImageStat.Stat(noon).stddev[0]

    async def test_cast_shadows_are_not_drawn_and_that_is_told(self, hill):
        drawing = await hill(layers=replace(SHADED, terrain_shadows=True), **VIEW)

        assert ("not_drawn", "terrainShadows") in told(drawing)


class TestTerrain3D:
    async def test_bare_ground_has_the_colour_asked_for_and_the_margin_has_not(self, hill):
        layers = replace(TILTED, terrain_fog=False, terrain_color="#aabb88")
        drawing = await hill(layers=layers, **{**VIEW, "sheet": replace(FULL, margin=5)})

        ground = opened(drawing)
        assert mean(ground, 500, 1300) == pytest.approx((0xAA, 0xBB, 0x88), abs=1)
        assert mean(ground, 20, 700) == pytest.approx((251, 250, 247), abs=1)

    @pytest.mark.parametrize("bearing", [0, 120])
    async def test_fog_thickens_towards_the_far_end(self, hill, bearing):
        foggy = await picture(hill, layers=replace(FOGGY, bearing=bearing))

        reds = [redness(foggy, y) for y in (1400, 800, 550, 300, 50)]
        assert reds[0] == reds[1] == 0
        assert 0 < reds[2] < reds[3] < reds[4]
        assert reds[4] > 150

    async def test_fog_lies_across_the_whole_width(self, hill):
        foggy = await picture(hill, layers=FOGGY)

        left, middle, right = [mean(foggy, x, 100)[1] for x in (20, 500, 980)]
        assert left == pytest.approx(middle, abs=12)
        assert right == pytest.approx(middle, abs=12)

    async def test_a_hill_before_the_fog_stands_clear_of_it(self, hill):
        """Fog lies on the land: what is near is not hidden, however high up on the sheet."""
        beyond = replace(
            FOGGY, terrain=True, terrain_fog_range=(0.1, 0.5), volumetric_terrain_exaggeration=5.0
        )
        clear = replace(beyond, terrain_fog=False)

        seen, wanted = [
            await picture(hill, layers=layers, center=(HILL.lng, HILL.lat - 0.02))
            for layers in (beyond, clear)
        ]

        top = highest(wanted) + 20
        assert seen.getpixel((500, top)) == wanted.getpixel((500, top))
        assert redness(seen, top, x=200) > 20

    async def test_the_usual_fog_is_a_breath_and_only_at_a_low_view(self, hill):
        usual = [
            await picture(hill, layers=replace(TILTED, terrain=False, contours=True, pitch=pitch))
            for pitch in (40, 60)
        ]

        greys = [sum(mean(image, 500, 10)) / 3 for image in usual]
        assert greys[0] == pytest.approx(249.3, abs=1)
        assert 3 < greys[0] - greys[1] < 15

    async def test_a_flat_map_has_no_fog(self, hill):
        flat = replace(FOGGY, volumetric_terrain=False, contours=True, terrain=True)

        foggy, clear = [
            await picture(hill, layers=replace(flat, terrain_fog=fog)) for fog in (True, False)
        ]

        assert foggy.tobytes() == clear.tobytes()

    async def test_fog_of_one_poster_is_not_on_the_next(self, hill):
        await picture(hill, layers=FOGGY)
        cyan = replace(FOGGY, terrain_fog_color="rgba(0, 255, 255, 0.8)")
        other = await picture(hill, layers=cyan)
        clear = await picture(hill, layers=replace(FOGGY, contours=True, terrain_fog=False))

        assert mean(other, 500, 50)[0] < 150
        assert ink_of(clear.crop((0, 0, 1000, 300))).getbbox() is None


class TestUnsaidRelief:
    async def test_an_installation_without_elevation_is_not_told_of_posters_that_did_not_ask(
        self, city
    ):
        assert (await city()).warnings == ()
        asked = await city(layers=Layers(terrain=True))
        assert told(asked) == {("layer_not_drawn", "terrain")}

    async def test_unsaid_relief_is_drawn_where_there_is_elevation(self, hill):
        unsaid = replace(SHADED, terrain=None)

        assert (await picture(hill, layers=unsaid)).tobytes() == (
            await picture(hill, layers=SHADED)
        ).tobytes()


class TestBuildings:
    async def test_roofs_are_the_palettes_and_walls_are_darker(self, city):
        """From above only roofs are seen; tilted, the walls, too: two kinds of them."""
        above, tilted = [
            opened(await city(layers=replace(CITY, pitch=pitch, bearing=30), **FROM_ABOVE))
            for pitch in (0, 55)
        ]

        roof = dominant(above)[0]
        shades = [colour for colour in dominant(tilted) if sum(colour) < sum(roof) - 20]
        assert len({sum(shade) // 15 for shade in shades}) >= 2

    async def test_a_ramp_colours_by_height(self, city):
        """In Helsinki houses of 20 m stand beside halls of 5 m; none is 100 m high."""
        tones = opened(await city(palette=ramp(BLUE, GREEN, RED), layers=CITY, **FROM_ABOVE))

        pixels = tones.getcolors(1 << 24) or []
        low = sum(n for n, (red, green, blue) in pixels if blue > green + 60 > red)
        mid = sum(n for n, (red, green, blue) in pixels if green > blue + 60 > red)
        high = sum(n for n, (red, green, blue) in pixels if red > max(green, blue) + 60)
        assert low > 500
        assert mid > 500
        assert high < 50

    async def test_buildings_of_no_opacity_are_not_there(self, city):
        glass = opened(await city(
            palette=ramp(BLUE, GREEN, RED, opacity=0.0),
            layers=replace(CITY, water=True), **FROM_ABOVE,
        ))  # fmt: skip
        none = opened(await city(
            layers=replace(CITY, water=True, buildings_3d=False), **FROM_ABOVE
        ))  # fmt: skip

        assert glass.tobytes() == none.tobytes()

    async def test_the_palettes_light_tints_them(self, city):
        white, orange = [
            opened(await city(palette=ramp("#888888", "#888888", "#888888", light_color=light),
                              layers=CITY, **FROM_ABOVE))
            for light in (None, "#ff8000")
        ]  # fmt: skip

        red, green, blue = dominant(white)[0]
        assert max(red, green, blue) - min(red, green, blue) < 4
        red, green, blue = dominant(orange)[0]
        assert red > max(green, blue) + 30

    async def test_twice_the_scale_is_twice_as_high(self, city):
        """A tilted tower hides what is behind it: more of the poster is building."""
        shares = [
            ink_of(opened(await city(
                layers=replace(CITY, pitch=55, buildings_3d_height_scale=scale), **FROM_ABOVE
            ))).histogram()[255]
            for scale in (0.5, 1, 2)
        ]  # fmt: skip

        assert shares[0] < shares[1] < shares[2]


async def picture(draw: Any, **given: Any) -> Image.Image:
    return opened(await draw(**{**VIEW, **given}))


async def contrast(draw: Any, **light: Any) -> float:
    """Return how much lighter the hill is towards the light than away from it."""
    shaded = await picture(draw, layers=replace(SHADED, **light))
    return flank(shaded, 315) - flank(shaded, 135)


def mean(image: Image.Image, x: int, y: int) -> tuple[float, ...]:
    return tuple(ImageStat.Stat(image.crop((x - 4, y - 4, x + 4, y + 4))).mean)


def redness(image: Image.Image, y: int, x: int = 500) -> float:
    """Return how far the image is from paper towards red."""
    red, green, _ = mean(image, x, y)
    return round(max(0.0, red - green - 2), 1)


def highest(image: Image.Image) -> int:
    """Return the row of the hill's top in the middle of the image."""
    box = ink_of(image.crop((490, 0, 510, 1400)), least=8).getbbox()
    assert box
    return box[1]


def dominant(image: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours of more than 300 pixels that are not paper, the most frequent first."""
    counted = sorted(image.getcolors(1 << 24) or [], reverse=True)
    paper = (251, 250, 247)
    return [colour for count, colour in counted if count > 300 and colour != paper]


def ramp(low: str, mid: str, high: str, **light: Any) -> Palette:
    palette: Palette = from_json(Palette, INK)
    return replace(
        palette,
        building_3d=Building3D(color_low=low, color_mid=mid, color_high=high, **light),
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hill(tmp_path_factory) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("hill")
    async with renderer(with_relief(folder, HILL.archive(folder / "hill.pmtiles"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def land(tmp_path_factory) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("land")
    async with renderer(with_relief(folder, SAMPLE / "elevation")) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def city(tmp_path_factory) -> AsyncIterator[Any]:
    async with renderer(offline(tmp_path_factory.mktemp("city"))) as draw:
        yield draw
