"""Posters drawn by the real page in real Chromium, without Redis, Celery or storage around it."""

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

from exporter import image as images
from exporter.browser import Browser
from exporter.egress import Egress
from exporter.gateway import Gateway
from exporter.page import Drawing, RendererPage
from exporter.poster import (
    Format,
    Layers,
    Location,
    MapStyle,
    Marker,
    Output,
    Palette,
    PosterConfig,
    PosterJob,
    Resolution,
    Typography,
)
from exporter.settings import Settings
from tests.factories import ASTANA, poster_job
from tests.servers import SAMPLE

PAPER = (251, 250, 247)
PLAIN = Layers(terrain=False, terrain_under_water=False, marker=False, pois=False)
ONLY_WATER = replace(
    PLAIN, streets=False, railroads=False, landcover_wood=False, landcover_grass=False,
    landcover_farmland=False, landcover_ice=False,
)  # fmt: skip
BARE = {
    "text_backdrop": "none", "show_title": False, "show_subtitle": False, "show_coordinates": False,
}  # fmt: skip
SMALL, LARGE = Resolution(600, 900), Resolution(2400, 3600)


class Renderer:
    """A loaded page with a gateway and a browser of its own."""

    def __init__(self, page: RendererPage, gateway: Gateway) -> None:
        self._page = page
        self._gateway = gateway

    async def job(self, job: PosterJob, on_progress: Any = lambda *_: None) -> Drawing:
        """Draw *job* as it is."""
        return await self._page.draw(self._gateway, job, on_progress, timeout_s=100)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator["Renderer"]:
        """Lend a renderer with a new page in the same browser; a tab more would hide ours."""
        browser = self._page._browser
        async with browser.apart() as tab:
            page = RendererPage(browser, tab, self._page._settings)
            await page.load()
            yield Renderer(page, self._gateway)

    async def evaluate(self, script: str) -> Any:
        """Run *script*, a JavaScript function, in the page and return what it answers."""
        return await self._page._page.evaluate(script)

    async def in_pieces(self, piece_px: int, **kwargs: Any) -> Drawing:
        """Draw as `__call__` does, no more than *piece_px* pixels at once."""
        usual = self._page._settings
        self._page._settings = replace(usual, piece_px=piece_px)
        try:
            return await self(**kwargs)
        finally:
            self._page._settings = usual

    async def pages(self) -> int:
        """Return how many tabs the browser has."""
        return len(await self._page._browser._connection.pages())

    async def __call__(
        self,
        *,
        size: Resolution = SMALL,
        center: tuple[float, float] = ASTANA,
        zoom: float = 13.0,
        bounds: tuple[tuple[float, float], tuple[float, float]] | None = None,
        name: str = "Astana",
        style: str | MapStyle = "minimal",
        palette: str | Palette = "",
        layers: Layers = PLAIN,
        sheet: Format = Format(),  # noqa: B008 - frozen
        on_progress: Any = lambda *_: None,
        markers: tuple[Marker, ...] = (),
        watermark: str = "",
        outputs: tuple[Output, ...] = (Output(),),
        **typography: Any,
    ) -> Drawing:
        """Draw a small poster of Astana that differs in what is given."""
        location = Location(center, name=name, city="Kazakhstan", zoom=zoom, bounds=bounds)
        words = Typography(**typography)
        config = PosterConfig(location, style, palette, words, sheet, layers, markers, watermark)
        return await self.job(
            poster_job(config=config, resolution=size, outputs=outputs), on_progress
        )


@asynccontextmanager
async def renderer(config: Settings) -> AsyncIterator[Renderer]:
    """Start gateway, browser and page for *config*."""
    async with AsyncExitStack() as stack:
        gateway = Gateway(config, Egress(config))
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        browser = await Browser.start(config, proxy_port=gateway.port)
        stack.push_async_callback(browser.stop)
        yield Renderer(await RendererPage.open(browser, config), gateway)


def offline(folder: Path) -> Settings:
    """Settings with the sample city's tiles and no elevation."""
    return Settings(var_dir=folder, tiles_url=f"pmtiles:{SAMPLE}", app_env="test")


async def picture(draw: Renderer, **kwargs: Any) -> Image.Image:
    return opened(await draw(**kwargs))


def opened(drawing: Drawing) -> Image.Image:
    return with_alpha(drawing).convert("RGB")


def with_alpha(drawing: Drawing) -> Image.Image:
    return Image.open(io.BytesIO(png_of(drawing)))


def png_of(drawing: Drawing) -> bytes:
    """Return the drawn sheet as one PNG, its alpha channel kept."""
    return images.whole(drawing.pieces, opaque=False).read_bytes()


def ink_box(image: Image.Image, above: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom (one past) of what is not paper in the rows above *above*."""
    box = ink_of(image.crop((0, 0, image.width, above))).getbbox()
    assert box
    return box


def ink_of(image: Image.Image, least: int = 2) -> Image.Image:
    """Return a mask of what differs from the paper by more than *least* levels of grey."""
    paper = Image.new("RGB", image.size, PAPER)
    return (
        ImageChops.difference(image, paper).convert("L").point(lambda level: 255 * (level > least))
    )
