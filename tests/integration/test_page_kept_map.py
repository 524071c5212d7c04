"""The page keeps its Map from one poster to the next: nothing of the one is seen in the other."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from exporter.errors import MapBlank
from exporter.poster import Format, Layers, Output, Resolution
from tests.own_styles import CATALOGUE, repainted
from tests.rendering import PLAIN, Renderer, renderer, with_alpha
from tests.visual.cases import CITY, HELSINKI, JACKSBORO, PLACES, RELIEF, Case
from tests.visual.drawing import settings
from webapi.style_fields import MapStyles, StyleField

pytestmark = pytest.mark.asyncio(loop_scope="module")

# As unlike each other as can be: style, place, size, tilt, sheet, marks, and all that relief adds.
POSTERS: dict[str, Case] = {
    "plain": {"layers": CITY},
    "labels": {"layers": Layers(labels=True, labels_streets=True, terrain=False), "zoom": 14.0},
    "tilted": {
        "layers": Layers(buildings_3d=True, pitch=50, bearing=30, terrain=False),
        "center": HELSINKI, "zoom": 15.0, "palette": "void", "size": Resolution(500, 400),
    },
    "relief": {"layers": RELIEF, "center": JACKSBORO, "zoom": 12.0, "style": "topographic"},
    "land": {
        "layers": Layers(volumetric_terrain=True, pitch=45, marker=False, pois=False),
        "center": JACKSBORO, "zoom": 12.0,
    },
    "marks": {
        "layers": Layers(
            graticules=True, show_scale=True, connect_markers=True, fill_markers=True, terrain=False
        ),
        "markers": PLACES, "style": "blueprint",
    },
    "no paper": {
        "layers": PLAIN, "sheet": Format(mask_shape="circular", margin=12),
        "outputs": (Output(background="transparent"),), "size": Resolution(333, 517),
    },
    "bleed": {"layers": CITY, "sheet": Format(margin=0), "outputs": (Output(bleed_px=9),)},
}  # fmt: skip
SMALL = Resolution(300, 450)


async def test_a_much_used_page_draws_as_a_new_one(draw, alone):
    """Forwards, then backwards, so that each comes after two others and twice after itself."""
    names = list(POSTERS)
    used = [(name, await pixels(draw, name)) for name in [*names, *reversed(names)]]

    differing = [name for name, image in used if image != alone[name]]
    assert differing == []


async def test_the_map_is_the_same_one_from_poster_to_poster(draw):
    await pixels(draw, "plain")
    await mark_map(draw)

    await pixels(draw, "tilted")

    assert await maps(draw) == ["marked"]


async def test_a_failure_ends_the_map_it_happened_to(draw, alone):
    await mark_map(draw)

    with pytest.raises(MapBlank):
        await draw(center=(0.0, 40.0), size=SMALL)

    assert await maps(draw) == []
    assert await pixels(draw, "plain") == alone["plain"]


async def test_a_style_of_ones_own_does_not_touch_it(draw, alone):
    await mark_map(draw)

    style = StyleField(CATALOGUE, MapStyles()).read(repainted("water", fill_color="#ff0000"))
    await draw(style=style, size=SMALL)

    assert await maps(draw) == ["marked"]
    assert await pixels(draw, "plain") == alone["plain"]


async def test_a_lost_context_costs_no_poster(draw, alone):
    """Chromium takes WebGL contexts away when the GPU process dies or has too many."""
    await mark_map(draw)
    await draw.evaluate(
        """() => document.querySelector('.map canvas')
            .getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()""",
    )

    assert await pixels(draw, "plain") == alone["plain"]


async def test_nothing_is_drawn_while_no_poster_is(draw):
    """Frames of a map that is kept would cost the next worker's poster."""
    await pixels(draw, "plain")
    count = """() => new Promise((resolve) => {
        const canvas = document.querySelector('.map canvas');
        const gl = canvas.getContext('webgl2');
        const draw = gl.drawElements;
        let draws = 0;
        gl.drawElements = (...given) => { draws += 1; draw.apply(gl, given); };
        let left = 10;
        const look = () => (--left ? requestAnimationFrame(look) : resolve(draws));
        look();
    })"""

    assert await draw.evaluate(count) == 0


async def pixels(draw: Renderer, name: str) -> bytes:
    return with_alpha(await draw(**{"size": SMALL, **POSTERS[name]})).tobytes()


async def mark_map(draw: Renderer) -> None:
    await draw.evaluate("() => { document.querySelector('.map').id = 'marked'; }")


async def maps(draw: Renderer) -> list[str]:
    """Return the ids of the maps in the page."""
    script = "() => [...document.querySelectorAll('.map')].map((map) => map.id)"
    found: list[str] = await draw.evaluate(script)
    return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory) -> AsyncIterator[Renderer]:
    async with renderer(settings(tmp_path_factory.mktemp("page"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def alone(draw) -> dict[str, bytes]:
    """Each poster, drawn in a page that draws nothing else."""
    images = {}
    for name in POSTERS:
        async with draw.fresh() as page:
            images[name] = await pixels(page, name)
    return images
