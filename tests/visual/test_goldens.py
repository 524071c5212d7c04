"""Every kind of poster looks as it did when somebody last looked at it and was content."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from tests.rendering import Renderer, renderer
from tests.visual.cases import CASES
from tests.visual.compare import compare, write_side_by_side
from tests.visual.drawing import GOLDENS, draw_case, settings

SHEETS = Path(__file__).parents[2] / "build" / "visual"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", CASES)
async def test_a_poster_looks_as_it_did(draw: Renderer, name: str) -> None:
    seen = await draw_case(draw, name)

    with Image.open(GOLDENS / f"{name}.webp") as file:
        golden = file.convert("RGBA")
    difference = compare(golden, seen)
    if not difference.tolerable:
        sheet = SHEETS / f"{name}.png"
        write_side_by_side(sheet, golden, seen)
        pytest.fail(
            f"{difference.share:.2%} of {name} differ, by up to {difference.strongest} levels: "
            f"look at {sheet.relative_to(SHEETS.parents[1])}; if it is meant so, "
            f"make goldens ARGS={name}"
        )


def test_there_is_a_golden_for_every_case_and_no_other() -> None:
    assert {path.stem for path in GOLDENS.glob("*.webp")} == set(CASES)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_much_used_page_draws_what_a_fresh_one_draws(
    draw: Renderer, tmp_path: Path
) -> None:
    """The page of this module has drawn all the cases above by now."""
    used = [(await draw_case(draw, name)).tobytes() for name in ("style-watercolor", "tilted")]

    async with renderer(settings(tmp_path)) as fresh:
        anew = [(await draw_case(fresh, name)).tobytes() for name in ("style-watercolor", "tilted")]

    assert used == anew


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Renderer]:
    async with renderer(settings(tmp_path_factory.mktemp("visual"))) as draw:
        yield draw
