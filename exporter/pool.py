"""The warm browsers of one worker process: lend a page, retire a tired browser, keep a spare warm.

The pool knows nothing of maps. It is given `start`, which makes a browser, and `open_page`, which
makes a page ready for work; it lends such pages, one borrower each, and lends them again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import structlog

from exporter.errors import BrowserCrashed, ExportError
from exporter.presence import BrowserState

log = structlog.get_logger()

# How soon a dead or idle browser is noticed between jobs.
PATROL_S = 5.0
# Waits between failed starts of a spare browser: doubled from the first to the last.
FIRST_BACKOFF_S = 0.5
LAST_BACKOFF_S = 30.0


class PooledBrowser(Protocol):
    """What the pool needs of a browser (`exporter.browser.Browser` is one)."""

    @property
    def usable(self) -> bool: ...
    async def healthy(self) -> bool: ...
    def memory_bytes(self) -> int: ...
    async def stop(self) -> None: ...


B = TypeVar("B", bound=PooledBrowser)
P = TypeVar("P")


@dataclass(frozen=True)
class Limits:
    """How many browsers and pages there may be, and when a browser has served enough."""

    min_instances: int = 1
    max_instances: int = 1
    max_pages_per_browser: int = 1
    idle_timeout_s: float = 900.0
    memory_limit_bytes: int = 2 << 30
    max_renders: int = 100
    max_age_s: float = 3600.0


@dataclass
class PoolState:
    """The pool in numbers, for metrics and for people."""

    browsers: int = 0
    busy: int = 0
    renders: int = 0
    started: int = 0
    crashed: int = 0
    retired: int = 0
    memory_bytes: int = 0
    each: tuple[BrowserState, ...] = ()


@dataclass(eq=False)
class _Instance(Generic[B, P]):
    browser: B
    born: float
    last_used: float
    idle_pages: list[P] = field(default_factory=list)
    pages: int = 0
    busy: int = 0
    renders: int = 0
    memory_bytes: int = 0


class BrowserPool(Generic[B, P]):
    """Browsers kept warm for one event loop. Every method must be called on that loop."""

    def __init__(
        self,
        start: Callable[[], Awaitable[B]],
        open_page: Callable[[B], Awaitable[P]],
        limits: Limits,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start = start
        self._open_page = open_page
        self._limits = limits
        self._monotonic = monotonic
        self._instances: list[_Instance[B, P]] = []
        self._starting = 0
        self._changed = asyncio.Condition()
        self._missing = asyncio.Event()
        self._able = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False
        self._totals = PoolState()

    def keep_warm(self) -> None:
        """Start the patrol that keeps `min_instances` browsers ready. Returns at once."""
        self._keeper = asyncio.ensure_future(self._patrol())

    @contextlib.asynccontextmanager
    async def lend(self) -> AsyncIterator[P]:
        """Lend a page for one job, waiting for a free one.

        Raises what `start` and `open_page` raise. Afterwards the page goes back to the pool, or,
        if its browser broke or is tired, the browser is replaced.
        """
        instance, page = await self._take()
        try:
            yield page
        finally:
            await asyncio.shield(self._give_back(instance, page))

    @property
    def able(self) -> bool:
        """Whether the patrol has its browsers ready; False from a failed start to a good one."""
        return self._able.is_set()

    async def until_able(self, timeout_s: float | None = None) -> bool:
        """Wait until the pool is `able`, at most *timeout_s*; tell whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._able.wait()
        return self.able

    def state(self) -> PoolState:
        """Return the pool's numbers; memory as it was after each browser's last job."""
        return PoolState(
            browsers=len(self._instances),
            busy=sum(1 for i in self._instances if i.busy),
            renders=self._totals.renders,
            started=self._totals.started,
            crashed=self._totals.crashed,
            retired=self._totals.retired,
            memory_bytes=sum(i.memory_bytes for i in self._instances),
            each=tuple(self._told(i) for i in self._instances),
        )

    async def close(self) -> None:
        """Stop every browser. Pages still lent lose theirs under their hands."""
        self._closed = True
        self._able.clear()
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await asyncio.gather(*(self._stop(i) for i in list(self._instances)))
        async with self._changed:
            self._changed.notify_all()

    def _told(self, instance: _Instance[B, P]) -> BrowserState:
        state = "drawing" if instance.busy else "idle"
        return BrowserState(
            state=state if instance.browser.usable else "broken",
            age_s=round(self._monotonic() - instance.born),
            renders=instance.renders,
            memory_bytes=instance.memory_bytes,
        )

    async def _take(self) -> tuple[_Instance[B, P], P]:
        while True:
            # Not left to the patrol: a job would wait for it.
            for idle in [i for i in self._instances if not i.busy]:
                await self._retire_if_spent(idle)
            async with self._changed:
                await self._changed.wait_for(self._available)
                if self._closed:
                    raise BrowserCrashed("the pool is closed")
                instance = self._free_instance()
                if instance:
                    instance.busy += 1
                    page = instance.idle_pages.pop() if instance.idle_pages else None
                    instance.pages += page is None
                else:
                    self._starting += 1
            if instance is None:
                await self._launch_counted()
                continue
            if page is not None:
                return instance, page
            try:
                return instance, await self._open_page(instance.browser)
            except BaseException:
                await self._drop_page(instance)
                raise

    def _available(self) -> bool:
        room = len(self._instances) + self._starting < self._limits.max_instances
        return self._closed or room or self._free_instance() is not None

    def _free_instance(self) -> _Instance[B, P] | None:
        free = [
            i
            for i in self._instances
            if i.browser.usable
            and not self._spent(i)
            and (i.idle_pages or i.pages < self._limits.max_pages_per_browser)
        ]
        # A page that is loaded beats one that must be; the busiest browser keeps the others idle.
        return max(free, key=lambda i: (bool(i.idle_pages), i.busy), default=None)

    async def _give_back(self, instance: _Instance[B, P], page: P) -> None:
        instance.renders += 1
        self._totals.renders += 1
        instance.last_used = self._monotonic()
        # Off the loop: reading the memory map of a large renderer takes tens of milliseconds.
        instance.memory_bytes = await asyncio.to_thread(instance.browser.memory_bytes)
        async with self._changed:
            instance.busy -= 1
            if instance.browser.usable:
                instance.idle_pages.append(page)
            self._changed.notify_all()
        await self._retire_if_spent(instance)

    async def _drop_page(self, instance: _Instance[B, P]) -> None:
        """Replace a browser in which a page did not open, unless others still work in it."""
        async with self._changed:
            instance.busy -= 1
            instance.pages -= 1
            self._changed.notify_all()
        if not instance.busy and instance in self._instances:
            log.warning("browser opens no page", renders=instance.renders)
            self._totals.crashed += 1
            await self._stop(instance)

    async def _retire_if_spent(self, instance: _Instance[B, P]) -> None:
        if instance.busy or instance not in self._instances:
            return
        if not instance.browser.usable:
            log.warning("browser lost", renders=instance.renders)
            self._totals.crashed += 1
            await self._stop(instance)
        elif reason := self._spent(instance):
            log.info("browser retired", reason=reason, renders=instance.renders)
            self._totals.retired += 1
            await self._stop(instance)

    def _spent(self, instance: _Instance[B, P]) -> str:
        """Return why *instance* has served enough, or an empty text."""
        if instance.renders >= self._limits.max_renders:
            return "renders"
        if instance.memory_bytes > self._limits.memory_limit_bytes:
            return "memory"
        return "age" if self._monotonic() - instance.born >= self._limits.max_age_s else ""

    async def _stop(self, instance: _Instance[B, P]) -> None:
        if instance in self._instances:
            self._instances.remove(instance)
        self._missing.set()
        await instance.browser.stop()
        async with self._changed:
            self._changed.notify_all()

    async def _launch_counted(self) -> None:
        """Start a browser for a place already counted in `_starting`."""
        try:
            browser = await self._start()
            if self._closed:
                await browser.stop()
                raise BrowserCrashed("the pool closed while a browser was starting")
            now = self._monotonic()
            self._instances.append(_Instance(browser, born=now, last_used=now))
            self._totals.started += 1
        finally:
            async with self._changed:
                self._starting -= 1
                self._changed.notify_all()

    async def _patrol(self) -> None:
        backoff_s = FIRST_BACKOFF_S
        while not self._closed:
            try:
                await self._inspect()
                await self._fill()
            except Exception as err:
                # Whatever it was, the patrol goes on: without it no browser is ever replaced.
                self._able.clear()
                unforeseen = not isinstance(err, ExportError | TimeoutError)
                log.error(
                    "spare browser failed", error=str(err), retry_s=backoff_s, exc_info=unforeseen
                )
                await asyncio.sleep(backoff_s)
                backoff_s = min(2 * backoff_s, LAST_BACKOFF_S)
            else:
                self._able.set()
                backoff_s = FIRST_BACKOFF_S
                await self._until_one_is_missing()

    async def _inspect(self) -> None:
        """Replace what died, grew old or hangs; close spares idle for too long.

        A browser that hangs under a job is killed, which ends the job's call; giving back replaces
        it. Its renderers are not asked: they may be busy drawing, and the job's own limits count.
        """
        for instance in [i for i in self._instances if i.busy and i.browser.usable]:
            if not await instance.browser.healthy() and instance.busy:
                log.warning("browser hangs", renders=instance.renders)
                await instance.browser.stop()
        for instance in [i for i in self._instances if not i.busy]:
            async with self._changed:
                if instance.busy or instance not in self._instances:
                    continue
                await instance.browser.healthy()
            await self._retire_if_spent(instance)
        spare = len(self._instances) - self._limits.min_instances
        for instance in sorted(self._instances, key=lambda i: i.last_used)[: max(0, spare)]:
            idle_s = self._monotonic() - instance.last_used
            if not instance.busy and idle_s >= self._limits.idle_timeout_s:
                await self._stop(instance)

    async def _fill(self) -> None:
        """Start browsers up to the minimum, each with a page that is loaded and warm."""
        while len(self._instances) + self._starting < self._limits.min_instances:
            self._starting += 1
            await self._launch_counted()
        for instance in list(self._instances):
            if instance.pages == 0 and instance.browser.usable:
                instance.busy += 1
                instance.pages += 1
                try:
                    page = await self._open_page(instance.browser)
                except BaseException:
                    await self._drop_page(instance)
                    raise
                async with self._changed:
                    instance.busy -= 1
                    instance.idle_pages.append(page)
                    self._changed.notify_all()

    async def _until_one_is_missing(self) -> None:
        """Return when a browser has left, after `PATROL_S` at the latest."""
        # Not `wait_for`: before Python 3.12 it can swallow a cancellation that comes together with
        # the event, and the patrol would never end.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATROL_S):
                await self._missing.wait()
        self._missing.clear()
