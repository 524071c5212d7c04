"""This process's event loop, browsers, gateway and clients: the only mutable state of a worker.

Celery forks a child per slot; each child makes one `Worker` after the fork. Its loop runs in a
thread of its own, so that Celery's signals (soft limit, shutdown) interrupt only the waiting task,
never the inside of a browser call, and so that the browsers are cared for between jobs.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog
from celery.signals import setup_logging, worker_process_init, worker_process_shutdown

from exporter import logs, presence
from exporter.browser import Browser, sweep_profiles
from exporter.celery_app import send
from exporter.egress import Egress
from exporter.errors import ExportError, QueueUnavailable
from exporter.gateway import Gateway
from exporter.jobs import Jobs, connect
from exporter.metrics import Metrics
from exporter.page import RendererPage
from exporter.pool import BrowserPool, Limits
from exporter.settings import Settings, settings
from exporter.storage import Storage, open_storage
from exporter.sweeper import TICK_S, Sweeper

T = TypeVar("T")
log = structlog.get_logger()

# What a Celery child may spend on leaving in order; after it the parent-death signal cleans up.
STOP_TIMEOUT_S = 10.0


class Worker:
    """Everything one worker process has, made after its fork."""

    def __init__(self, config: Settings) -> None:
        self.settings = config
        self.name = presence.worker_name()
        self.redis = connect(config)
        self.jobs = Jobs(self.redis, config)
        self.storage: Storage = open_storage(config)
        self.metrics = Metrics(self.redis)
        self.gateway = Gateway(config, Egress(config))
        self.pool = BrowserPool(self._start_browser, self._open_page, _limits(config))
        self._sweeper = Sweeper(self.jobs, self.redis, self.storage, config, send)
        self._renderer = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._chores: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the loop thread and, in the background, gateway, browsers and chores.

        Returns as soon as the gateway listens; it never waits for a browser, because Celery kills
        a child whose initialisation is slow.
        """
        sweep_profiles()
        self._thread.start()
        self.run(self._begin(), timeout_s=STOP_TIMEOUT_S)
        log.info("worker process started", worker=self.name)

    def run(self, work: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """Run *work* on the loop and wait for it, at most *timeout_s* (then TimeoutError).

        Whatever interrupts the waiting, also Celery's soft limit, cancels *work*.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Close browsers and gateway and say goodbye. Best effort, bounded."""
        try:
            self.run(self._end(), timeout_s=STOP_TIMEOUT_S)
        except TimeoutError:
            log.warning("worker process did not stop in order", worker=self.name)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _begin(self) -> None:
        await self.gateway.start()
        self.pool.keep_warm()
        self._chores = [
            asyncio.ensure_future(self._repeat(self._report, presence.REPORT_EVERY_S)),
            asyncio.ensure_future(self._repeat(self._sweeper.tick, TICK_S)),
        ]

    async def _end(self) -> None:
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await self.pool.close()
        await self.gateway.stop()
        await asyncio.to_thread(presence.withdraw, self.redis, self.name)

    async def _repeat(self, chore: Any, every_s: float) -> None:
        """Do *chore* in a thread every *every_s*; a failed turn is logged, the next one comes."""
        while True:
            try:
                await asyncio.to_thread(chore)
            except ExportError as err:
                log.warning("chore failed", chore=chore.__qualname__, error=str(err))
            except Exception:
                log.exception("chore broke", chore=chore.__qualname__)
            await asyncio.sleep(every_s)

    def _report(self) -> None:
        state = self.pool.state()
        presence.report(
            self.redis,
            presence.WorkerState(worker=self.name, renderer=self._renderer, **state.__dict__),
        )

    async def _start_browser(self) -> Browser:
        return await Browser.start(self.settings, proxy_port=self.gateway.port)

    async def _open_page(self, browser: Browser) -> RendererPage:
        page = await RendererPage.open(browser, self.settings)
        self._renderer = page.renderer
        await asyncio.to_thread(self._report_softly)
        return page

    def _report_softly(self) -> None:
        try:
            self._report()
        except QueueUnavailable as err:
            log.warning("presence not reported", error=str(err))


_worker: Worker | None = None


def current() -> Worker:
    """Return this process's worker; it exists in a Celery child only."""
    if _worker is None:
        raise RuntimeError("there is no worker here: tasks run in Celery's prefork children only")
    return _worker


def _limits(config: Settings) -> Limits:
    return Limits(
        min_instances=config.pool_min_instances,
        max_instances=config.pool_max_instances,
        max_pages_per_browser=config.pool_max_pages,
        idle_timeout_s=config.pool_idle_timeout_s,
        memory_limit_bytes=config.pool_memory_limit_mb << 20,
        max_renders=config.pool_max_renders,
        max_age_s=config.pool_max_age_s,
    )


@setup_logging.connect
def _configure_logging(**_: Any) -> None:
    logs.configure(settings().log_level)


@worker_process_init.connect
def _start_worker(**_: Any) -> None:
    global _worker  # noqa: PLW0603 - the one place of mutable module state
    # A group of its own, so that Celery's hard limit ends this child with all it started.
    os.setpgrp()
    _worker = Worker(settings())
    _worker.start()


@worker_process_shutdown.connect
def _stop_worker(**_: Any) -> None:
    if _worker is not None:
        _worker.stop()
