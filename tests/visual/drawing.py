"""Draws the cases, and keeps the goldens: `make goldens` draws them anew.

After a change that is meant to be seen: draw them, look at `git diff` in pictures, commit them.
"""

import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

from exporter.settings import Settings
from tests.people import write_people
from tests.rendering import PLAIN, Renderer, offline, renderer, with_alpha
from tests.servers import SAMPLE
from tests.visual.cases import CASES, SIZE

GOLDENS = Path(__file__).parent / "goldens"


def settings(folder: Path) -> Settings:
    """The sample city and the sample relief, and people made up."""
    people = write_people(folder / "people.pmtiles")
    return replace(
        offline(folder),
        terrain_url=f"pmtiles:{SAMPLE / 'elevation'}",
        population_url=f"pmtiles:{people}",
    )


async def draw_case(draw: Renderer, name: str) -> Image.Image:
    """Draw case *name* as RGBA."""
    drawing = await draw(**{"size": SIZE, "layers": PLAIN, **CASES[name]})
    return with_alpha(drawing).convert("RGBA")


async def main() -> None:
    """Draw the goldens named on the command line, all without one."""
    GOLDENS.mkdir(exist_ok=True)
    names = sys.argv[1:] or list(CASES)
    if not sys.argv[1:]:
        for stale in {path.stem for path in GOLDENS.glob("*.webp")} - set(CASES):
            (GOLDENS / f"{stale}.webp").unlink()
    with tempfile.TemporaryDirectory() as folder:
        async with renderer(settings(Path(folder))) as draw:
            for name in names:
                picture = await draw_case(draw, name)
                # Lossless, and a third smaller than PNG.
                picture.save(GOLDENS / f"{name}.webp", lossless=True, exact=True, method=6)
                print(name, file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main())
