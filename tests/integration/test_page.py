"""The real page in real Chromium with the sample city: what it tells, and how it refuses."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from exporter.errors import MapBlank, RenderTimedOut, StyleFailed, TilesUnavailable
from exporter.page import RendererPage
from exporter.poster import Layers
from tests.certificates import make_certificates
from tests.rendering import LARGE, Renderer, ink_box, offline, opened, renderer
from tests.servers import ABSENT, ERROR, HANG, Fault, TileHost, tile_host

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_page_draws_on_beside_another_of_its_browser(draw):
    """Chromium shows one tab of a window, and gives no frames to those behind."""
    second = await RendererPage.open(draw._page._browser, draw._page._settings)

    first, other = await draw(), await Renderer(second, draw._gateway)()

    assert opened(first).tobytes() == opened(other).tobytes()
    await second._page.close()


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


INTRUSIONS = {
    "alert": "() => alert('x')",
    "confirm": "() => confirm('x')",
    "prompt": "() => prompt('x')",
    "print": "() => print()",
    "popup": "() => { window.open('about:blank'); }",
    "download": """() => {
        const link = document.createElement('a');
        link.href = 'data:application/octet-stream,x';
        link.download = 'x.bin';
        document.body.append(link);
        link.click();
        link.remove();
    }""",
}


@pytest.mark.parametrize("intrusion", INTRUSIONS.values(), ids=INTRUSIONS)
async def test_nothing_may_come_between_the_page_and_its_next_poster(draw, intrusion):
    pages = await draw.pages()
    page, browser = draw._page._page, draw._page._browser

    await browser.call(page.evaluate(intrusion), timeout_s=5)

    assert await draw.pages() == pages
    assert opened(await draw())


class TestTruth:
    async def test_progress_passes_through_its_stages(self, draw):
        told = []

        await draw(on_progress=lambda *progress: told.append(progress))

        stages = [stage for stage, _, _ in told]
        assert stages == sorted(stages, key=["settling", "drawing", "drawn", "encoded"].index)
        assert {"drawing", "drawn", "encoded"} < set(stages)

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
