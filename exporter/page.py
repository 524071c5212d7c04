"""The renderer page: loaded once in a browser, then handed one job after another.

`static_renderer/README.md` is the contract between this file, the page and the gateway.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, cast

import structlog
from pyppeteer.page import Page

from exporter import costs, manifest
from exporter.browser import GL_BACKENDS, Browser
from exporter.errors import BrowserLaunchFailed, ContextLost, RenderTimedOut, of_page
from exporter.gateway import ORIGIN, Gateway
from exporter.pieces import Pieces
from exporter.poster import PosterJob
from exporter.settings import Settings
from exporter.tickets import Ticket

log = structlog.get_logger()

# Loading the page and compiling MapLibre takes 0.5 s; on two busy cores up to 5 s.
LOAD_TIMEOUT_S = 30.0
# What drawing, encoding and sending may take at least, after the map has settled.
AFTER_SETTLING_S = 60.0

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Drawing:
    """What the page made: its pieces, the caller's to remove, and the page's own account of it."""

    pieces: Pieces
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

        Raises BrowserLaunchFailed when the page does not load or WebGL is not what it should be.
        """
        self = cls(browser, await browser.new_page(), settings)
        started = time.monotonic()
        await self.load()
        if not GL_BACKENDS[browser.backend].is_shown_by(self.renderer):
            raise BrowserLaunchFailed(
                f"WebGL is {self.renderer!r}, not {browser.backend}: "
                "set EXPORT_GL_BACKEND or install its packages (deploy/packages.txt)"
            )
        log.info("page ready", renderer=self.renderer, duration_s=_since(started))
        return self

    async def draw(
        self, gateway: Gateway, job: PosterJob, on_progress: Progress, *, timeout_s: float
    ) -> Drawing:
        """Draw *job* within *timeout_s*.

        Raises RenderError (by the page's code), BrowserError, and EgressDenied for a style of the
        caller's own that reaches where it must not. Such a style is drawn in a page that nothing
        else is drawn in.
        """
        if job.config.own_style is None:
            return await self._draw(gateway, job, on_progress, timeout_s)
        started = time.monotonic()
        async with self._browser.apart() as page:
            alone = RendererPage(self._browser, page, self._settings)
            await alone.load(timeout_s)
            left_s = timeout_s - (time.monotonic() - started)
            return await alone._draw(gateway, job, on_progress, left_s)

    async def trial(self) -> float:
        """Draw a small map of known colours and return the milliseconds of a frame.

        Raises RenderError when the colours are not where they belong, and BrowserError.
        """
        call = self._page.evaluate("() => window.exporter.trial()")
        try:
            answer = await self._browser.call(call, timeout_s=LOAD_TIMEOUT_S)
        except TimeoutError as err:
            raise RenderTimedOut(f"no trial map within {LOAD_TIMEOUT_S:g} s") from err
        if not answer["ok"]:
            raise of_page(answer["error"]["code"], answer["error"]["message"])
        return float(answer["ms"])

    async def load(self, timeout_s: float = LOAD_TIMEOUT_S) -> None:
        """Load the renderer. Raises BrowserError when it does not come."""
        limit_s = min(timeout_s, LOAD_TIMEOUT_S)
        try:
            await self._browser.call(self._load(), timeout_s=limit_s)
        except TimeoutError as err:
            raise BrowserLaunchFailed(f"the renderer page did not load: {err}") from err

    async def _draw(
        self, gateway: Gateway, job: PosterJob, on_progress: Progress, timeout_s: float
    ) -> Drawing:
        settle_s = min(self._settings.settle_timeout_s, timeout_s / 2)
        order = {
            **job.to_page(),
            "settleTimeoutMs": round(settle_s * 1000),
            "piecePixels": self._settings.piece_px,
        }
        drawing_s = max(AFTER_SETTLING_S, costs.patience_s(job.resolution.area_px))
        limit_s = min(timeout_s, settle_s + drawing_s)
        with gateway.open(order, on_progress, job.config.own_style) as ticket:
            try:
                answer = await self._browser.call(
                    self._page.evaluate("word => window.exporter.render(word)", ticket.word),
                    timeout_s=limit_s,
                )
            except TimeoutError as err:
                raise RenderTimedOut(f"the page did not answer within {limit_s:g} s") from err
            if ticket.foreign and ticket.foreign.fault:
                raise ticket.foreign.fault
            if not answer["ok"]:
                error = of_page(answer["error"]["code"], answer["error"]["message"])
                if isinstance(error, ContextLost):
                    # Its GPU process died; what comes after a second death may be no GL at all.
                    self._browser.retire()
                raise error
            told = cast(dict[str, Any], answer["manifest"])
            warnings = (*told.pop("warnings", []), *ticket.warnings())
            whole = manifest.whole(
                told, job, chromium=self._browser.version, sources=_sources(gateway, ticket)
            )
            return Drawing(ticket.take_pieces(), whole, warnings)

    async def _load(self) -> None:
        await self._page.goto(f"{ORIGIN}/", timeout=round(LOAD_TIMEOUT_S * 1000))
        ready = await self._page.evaluate("() => window.exporter.ready")
        self.renderer = ready["renderer"]


def _sources(gateway: Gateway, ticket: Ticket) -> dict[str, str]:
    """Return where each kind of tile came from, and what a style of the caller's own fetched."""
    own = ticket.foreign.hosts() if ticket.foreign else {}
    return {**gateway.sources(), **{f"own/{name}": hosts for name, hosts in own.items()}}


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
