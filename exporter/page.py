"""The renderer page: loaded once in a browser, then handed one job after another.

`static_renderer/README.md` is the contract between this file, the page and the gateway.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, cast

import structlog
from pyppeteer.page import Page

from exporter.browser import GL_BACKENDS, Browser
from exporter.errors import BrowserLaunchFailed, RenderTimedOut, by_code
from exporter.gateway import ORIGIN, Gateway
from exporter.poster import PosterJob
from exporter.settings import Settings

log = structlog.get_logger()

# Loading the page and compiling MapLibre takes 0.5 s; on two busy cores up to 5 s.
LOAD_TIMEOUT_S = 30.0
# What drawing, encoding and sending may take after the map has settled.
AFTER_SETTLING_S = 60.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Drawing:
    """What the page made: the image as it came, and the page's own account of it."""

    image: bytes
    manifest: dict[str, Any]
    warnings: tuple[dict[str, Any], ...]


class RendererPage:
    """A tab holding the loaded renderer."""

    def __init__(self, browser: Browser, page: Page, settings: Settings) -> None:
        self._browser = browser
        self._page = page
        self._settings = settings
        self.renderer = ""

    @classmethod
    async def open(cls, browser: Browser, settings: Settings) -> Self:
        """Load the renderer in a new tab of *browser* and check what it draws with.

        Raises BrowserLaunchFailed when the page does not load or WebGL is not the configured one.
        """
        self = cls(browser, await browser.new_page(), settings)
        started = time.monotonic()
        try:
            await browser.call(self._load(), timeout_s=LOAD_TIMEOUT_S)
        except TimeoutError as err:
            raise BrowserLaunchFailed(f"the renderer page did not load: {err}") from err
        expected = GL_BACKENDS[settings.gl_backend].renderer
        if expected not in self.renderer:
            raise BrowserLaunchFailed(
                f"WebGL is {self.renderer!r}, not {settings.gl_backend}: "
                "set EXPORT_GL_BACKEND or install its packages (deploy/packages.txt)"
            )
        log.info("page ready", renderer=self.renderer, duration_s=_since(started))
        return self

    async def draw(
        self, gateway: Gateway, job: PosterJob, on_progress: Progress, *, timeout_s: float
    ) -> Drawing:
        """Draw *job* within *timeout_s*. Raises RenderError (by the page's code), BrowserError."""
        settle_s = min(self._settings.settle_timeout_s, timeout_s / 2)
        order = {**job.to_page(), "settleTimeoutMs": round(settle_s * 1000)}
        limit_s = min(timeout_s, settle_s + AFTER_SETTLING_S)
        with gateway.open(order, on_progress) as ticket:
            try:
                answer = await self._browser.call(
                    self._page.evaluate("word => window.exporter.render(word)", ticket.word),
                    timeout_s=limit_s,
                )
            except TimeoutError as err:
                raise RenderTimedOut(f"the page did not answer within {limit_s:g} s") from err
            if not answer["ok"]:
                error = answer["error"]
                raise by_code(error["code"])(
                    f"page: {error['code']}: {error['message']}", public=None
                )
            manifest = cast(dict[str, Any], answer["manifest"])
            return Drawing(
                image=await ticket.image(),
                manifest=manifest,
                warnings=(*manifest.pop("warnings", []), *ticket.warnings()),
            )

    async def _load(self) -> None:
        await self._page.goto(f"{ORIGIN}/", timeout=round(LOAD_TIMEOUT_S * 1000))
        ready = await self._page.evaluate("() => window.exporter.ready")
        self.renderer = ready["renderer"]


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
