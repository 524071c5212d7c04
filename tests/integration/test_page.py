"""The real page in real Chromium with the sample city: measured in pixels, and how it refuses."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from exporter.errors import MapBlank, RenderTimedOut, StyleFailed, TilesUnavailable
from exporter.poster import (
    Format,
    Layers,
    Resolution,
)
from tests.certificates import make_certificates
from tests.rendering import (
    BARE,
    LARGE,
    ONLY_WATER,
    ink_box,
    ink_of,
    offline,
    opened,
    picture,
    renderer,
)
from tests.servers import ABSENT, ERROR, HANG, Fault, TileHost, tile_host

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestGeometry:
    """Where things are on a poster of 2400 x 3600, within a pixel."""

    async def test_the_margin_is_paper_and_the_map_ends_at_its_frame(self, draw):
        image = await picture(draw, size=LARGE, **BARE)

        left, top, right, bottom = ink_box(image, above=3500)

        assert (left, top, right) == (120, 120, 2280)
        assert bottom == 3480

    @pytest.mark.parametrize(
        ("position", "middles"),
        [
            ("bottom", (3174, 3279, 3340.5)),
            ("top", (252, 357, 418.5)),
            ("center", (1737, 1842, 1903.5)),
        ],
    )
    async def test_the_words_stand_on_their_lines(self, draw, position, middles):
        drawing = await draw(position=position, size=LARGE)

        lines = {text["role"]: text["y"] for text in drawing.manifest["text"]}

        assert tuple(lines[role] for role in ("title", "subtitle", "coordinates")) == middles

    async def test_the_title_is_drawn_where_the_manifest_says(self, draw):
        """Inter's capitals are 0.727 em high; its em box's middle is 0.3006 em above the line."""
        image = opened(await draw(size=LARGE))

        left, top, right, bottom = ink_box(image.crop((600, 3080, 1800, 3249)), above=169)

        assert 3080 + bottom == pytest.approx(3174 + 0.3006 * 120, abs=2)
        assert bottom - top == pytest.approx(0.727 * 120, abs=4)
        assert (600 + (left + right) / 2) == pytest.approx(1200 - 0.08 * 120 / 2, abs=4)

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


class TestOnePosterAfterAnother:
    async def test_the_same_job_gives_the_same_pixels(self, draw):
        first, second = await draw(), await draw()

        assert opened(first).tobytes() == opened(second).tobytes()

    async def test_nothing_of_one_poster_is_in_the_next(self, draw):
        before = await draw()
        await draw(
            palette="void",
            name="Somewhere else",
            zoom=14.0,
            layers=Layers(buildings_3d=True, pitch=50),
        )

        after = await draw()

        assert opened(before).tobytes() == opened(after).tobytes()

    async def test_a_failed_poster_does_not_spoil_the_next(self, draw):
        before = await draw()
        with pytest.raises(MapBlank):
            await draw(center=(0.0, 40.0))

        assert opened(before).tobytes() == opened(await draw()).tobytes()


class TestTruth:
    async def test_progress_passes_through_its_stages(self, draw):
        told = []

        await draw(on_progress=lambda *progress: told.append(progress))

        stages = [stage for stage, _, _ in told]
        assert stages == sorted(stages, key=["settling", "drawn", "encoded"].index)
        assert {"drawn", "encoded"} < set(stages)

    async def test_the_manifest_tells_what_was_drawn_and_with_what(self, draw):
        manifest = (await draw()).manifest

        assert "llvmpipe" in manifest["renderer"]
        assert (manifest["style"], manifest["palette"]) == ("minimal", "ink")
        assert manifest["attribution"] == "© OpenMapTiles © OpenStreetMap contributors"
        assert manifest["tiles"]["loaded"] > 0
        assert manifest["tiles"]["failed"] == 0
        assert all(font["loaded"] for font in manifest["fonts"])

    async def test_the_attribution_is_on_the_poster(self, draw):
        image = opened(await draw(size=LARGE))

        left, _, _, bottom = ink_box(image.crop((0, 3540, 900, 3600)), above=60)

        assert left == pytest.approx(24, abs=3)
        assert 3540 + bottom == pytest.approx(3600 - 24, abs=6)

    async def test_what_cannot_be_drawn_is_said(self, draw):
        drawing = await draw(layers=Layers(contours=True, buildings=True), zoom=12.0)

        told = {(warning["code"], warning.get("field")) for warning in drawing.warnings}
        assert {("layer_not_drawn", "contours"), ("layer_below_zoom", "buildings")} <= told

    async def test_a_place_without_map_data_is_refused(self, draw):
        with pytest.raises(MapBlank):
            await draw(center=(0.0, 40.0))

    async def test_an_unknown_style_is_refused(self, draw):
        with pytest.raises(StyleFailed):
            await draw(style="nothing")

    @pytest.mark.parametrize(
        "text",
        ["<img src=x onerror=alert(1)>", "{{7*7}}", "</script><script>window.__pwned=1</script>"],
    )
    async def test_words_are_words(self, draw, text):
        drawing = await draw(name=text, title_all_caps=False)

        assert drawing.manifest["text"][0]["text"].replace("\n", " ") == text


class TestOnlineTiles:
    """A TLS host that serves as OpenFreeMap does, reached through the egress allow-list."""

    async def test_the_poster_is_the_one_drawn_offline(self, draw, online):
        draw_online, host = online

        drawing = await draw_online()

        without_credit = (0, 0, 600, 870)
        offline = opened(await draw()).crop(without_credit)
        assert opened(drawing).crop(without_credit).tobytes() == offline.tobytes()
        assert host.count(".pbf") > 0
        assert (
            "OpenFreeMap © OpenMapTiles Data from OpenStreetMap" in drawing.manifest["attribution"]
        )

    async def test_missing_tiles_are_named(self, online):
        draw_online, host = online
        host.fault = Fault(ABSENT, share=0.3, seed=4)

        drawing = await draw_online(zoom=14.0)

        [warning] = [w for w in drawing.warnings if w["code"] == "missing_tiles"]
        assert warning["count"] == len(warning["tiles"]) > 0

    async def test_a_host_that_fails_for_good_fails_the_poster(self, online):
        draw_online, host = online
        host.fault = Fault(ERROR)

        with pytest.raises(TilesUnavailable, match="502"):
            await draw_online()

    async def test_a_host_that_hangs_does_not_hold_the_page_for_ever(self, online):
        draw_online, host = online
        host.fault = Fault(HANG)

        with pytest.raises((RenderTimedOut, TilesUnavailable)):
            await draw_online()


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
    """One page for all tests here, as it is for a worker's jobs."""
    async with renderer(offline(tmp_path_factory.mktemp("page"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module")
async def online(tmp_path) -> AsyncIterator[tuple[Any, TileHost]]:
    with tile_host(make_certificates(tmp_path)) as host:
        config = replace(
            offline(tmp_path),
            tiles_url=host.tilejson_url,
            egress_allow=(host.authority,),
            egress_ca_file=host.ca_file,
            fetch_timeout_s=0.5,
            settle_timeout_s=10,
        )
        async with renderer(config) as draw:
            yield draw, host
