"""This process's event loop, browsers, gateway and clients: the only mutable state of a worker.

Celery forks a child per slot; each child makes one `Worker` after the fork. Its loop runs in a
thread of its own, so that Celery's signals (soft limit, shutdown) interrupt only the waiting task,
never the inside of a browser call, and so that the browsers are cared for between jobs.
"""

import asyncio
import os
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog
from celery.signals import (
    celeryd_after_setup,
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_shutting_down,
)

from exporter import failpoints, gl_choice, leaving, logs, parking, presence, scratch, usage
from exporter.addresses import AddressRules
from exporter.browser import Browser, sweep_profiles
from exporter.celery_app import app, send
from exporter.data_set import LOOK_EVERY_S, DataSet
from exporter.egress import Egress
from exporter.errors import ExportError
from exporter.gateway import Gateway
from exporter.http_client import HttpClient, resolve_by_system
from exporter.intake import Intake
from exporter.jobs import Jobs, connect
from exporter.metrics import Metrics
from exporter.outbox import Outbox
from exporter.page import RendererPage
from exporter.parking import Parking
from exporter.pool import BrowserPool, Limits
from exporter.queues import Priority
from exporter.settings import Settings, settings
from exporter.storage import Storage, open_storage
from exporter.sweeper import TICK_S, Sweeper
from exporter.tiles import open_tiles
from exporter.webhooks import Sender

T = TypeVar("T")
log = structlog.get_logger()
app.steps["consumer"].add(Intake)

# What a Celery child may spend on leaving in order; after it the parent-death signal cleans up.
STOP_TIMEOUT_S = 10.0
# Of the grace of a stop, what handing back a job and closing its browser take.
HAND_BACK_S = 8.0
# How soon a job that waits for room on the disk is begun.
_ROOM_SEEN_S = 0.5


class Worker:
    """Everything one worker process has, made after its fork."""

    def __init__(self, config: Settings) -> None:
        failpoints.arm(config)
        self.settings = config
        self.name = presence.worker_name()
        self.redis = connect(config)
        self.jobs = Jobs(self.redis, config)
        self.storage: Storage = open_storage(config)
        self.metrics = Metrics(self.redis)
        self._data_set = DataSet(self.redis, self.metrics)
        self._egress = Egress(config)
        self.gateway = Gateway(config, self._egress)
        self.pool = BrowserPool(self._start_browser, self._open_page, _limits(config))
        self.parking = Parking(self.jobs, self.storage, self.metrics, config, self.send_first)
        self._sweeper = Sweeper(self.jobs, self.redis, self.storage, config, send)
        self._sender = Sender(
            Outbox(self.redis),
            HttpClient(config, AddressRules(config.egress_allow), resolve_by_system),
            self.storage.url,
            config,
            count=lambda outcome: self.metrics.count("export_webhook_attempts", outcome),
        )
        self._cpu = usage.CpuMeter()
        self._renderer = ""
        # What WebGL draws with, once it is chosen; two browsers may start at a time.
        self._backend = ""
        self._choosing = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._chores: list[asyncio.Task[None]] = []
        # Both are set once this worker was told to leave: at once, and when its time is up.
        self._leaves = asyncio.Event()
        self._time_is_up = asyncio.Event()

    def start(self) -> None:
        """Start the loop thread and, in the background, gateway, browsers and chores.

        Returns as soon as the gateway listens; it never waits for a browser, because Celery kills
        a child whose initialisation is slow.
        """
        sweep_profiles()
        parking.sweep(self.settings.var_dir)
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

    def can_draw(self, timeout_s: float) -> bool:
        """Wait until this worker may begin a job, at most *timeout_s*; tell whether it may.

        It needs a warm browser, room on its disk, and one for the files should the storage be away.
        One that leaves begins nothing any more.
        """
        return self.run(self._until_fit(timeout_s), timeout_s=timeout_s + STOP_TIMEOUT_S)

    def stop(self) -> None:
        """Close browsers and gateway and say goodbye, once. Best effort, bounded."""
        if self._loop.is_closed():
            return
        try:
            self.run(self._end(), timeout_s=STOP_TIMEOUT_S)
            log.info("worker process stopped", worker=self.name)
        except (TimeoutError, ExportError) as err:
            log.warning("worker process did not stop in order", worker=self.name, error=str(err))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_TIMEOUT_S)
        if not self._thread.is_alive():
            self._loop.close()

    def send_first(self, job_id: str, priority: Priority) -> None:
        """Send a job that is handed back, before all that wait. Raises QueueUnavailable."""
        self._sweeper.send_first(job_id, priority)

    async def _until_fit(self, timeout_s: float) -> bool:
        until_s = self._loop.time() + timeout_s
        while not self._leaves.is_set():
            left_s = until_s - self._loop.time()
            if not await self.pool.until_able(max(0.0, left_s)):
                return False
            if await asyncio.to_thread(self._has_room):
                return True
            if left_s <= 0:
                return False
            await asyncio.sleep(_ROOM_SEEN_S)
        return False

    def _has_room(self) -> bool:
        least = self.settings.min_free_bytes
        for folder in (Path(tempfile.gettempdir()), self.settings.var_dir):
            folder.mkdir(parents=True, exist_ok=True)
            if (free := usage.free_bytes(folder)) < least:
                log.error("disk is full", folder=str(folder), free_bytes=free, least_bytes=least)
                return False
        return self.parking.has_room

    async def until_time_is_up(self) -> None:
        """Return when a job that is still being drawn must be handed back."""
        await self._time_is_up.wait()

    def leave(self) -> None:
        """Begin nothing new and say goodbye; what is being drawn has a while. On the loop."""
        log.info("worker leaves", worker=self.name)
        self._leaves.set()
        self._loop.call_later(self.settings.stop_grace_s - HAND_BACK_S, self._time_is_up.set)
        self._chores.append(asyncio.ensure_future(self._do(self._report)))

    async def _begin(self) -> None:
        leaving.watch(self._loop, self.leave)
        await self.gateway.start()
        self.pool.keep_warm()
        self._chores = [
            asyncio.ensure_future(self._repeat(self._report, presence.REPORT_EVERY_S)),
            asyncio.ensure_future(self._repeat(self._sweeper.tick, TICK_S)),
            asyncio.ensure_future(self._report_when_able()),
            asyncio.ensure_future(self._repeat(self._data_set.look, LOOK_EVERY_S)),
            asyncio.ensure_future(self._repeat(self.parking.renew, parking.TICK_S)),
            asyncio.ensure_future(self._repeat(self.parking.upload, parking.TICK_S)),
            asyncio.ensure_future(self._sender.run()),
        ]

    async def _end(self) -> None:
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await self._sender.close()
        await self._do(self.parking.hand_back)
        await self.pool.close()
        await self.gateway.stop()
        # A report that is under way in a thread must not come after the goodbye.
        await self._loop.shutdown_default_executor()
        presence.withdraw(self.redis, self.name)

    async def _report_when_able(self) -> None:
        """Say that this worker is there the moment its first browser is warm, not a turn later."""
        await self.pool.until_able()
        await self._do(self._report)

    async def _repeat(self, chore: Callable[[], None], every_s: float) -> None:
        while True:
            await self._do(chore)
            # Never in step with anything: the message that an old worker leaves would come to it
            # again and again, if each were sent as it happens to be the one that waits longest.
            await asyncio.sleep(every_s * random.uniform(0.5, 1))  # noqa: S311 - no secret

    async def _do(self, chore: Callable[[], None]) -> None:
        """Do *chore* in a thread; a failure is logged, the next turn makes up for it."""
        try:
            await asyncio.to_thread(chore)
        except ExportError as err:
            log.warning("chore failed", chore=chore.__qualname__, error=str(err))
        except Exception:
            log.exception("chore broke", chore=chore.__qualname__)

    def _report(self) -> None:
        """Report this worker while it can draw, and not otherwise (docs/adr/0009)."""
        if self._leaves.is_set() or not self.pool.able or not self._has_room():
            presence.withdraw(self.redis, self.name)
            return
        config = self.settings
        state = presence.WorkerState(
            worker=self.name,
            renderer=self._renderer,
            cpu_seconds=self._cpu.read(),
            cores=usage.cores(),
            memory_limit_bytes=usage.memory_limit_bytes(_memory_bytes(config)),
            min_browsers=config.pool_min_instances,
            cache_hits=self._egress.hits,
            cache_misses=self._egress.misses,
            parked=self.parking.count,
            parked_bytes=self.parking.size_bytes,
            parked_max_jobs=config.parked_max_jobs,
            parked_max_bytes=config.parked_max_bytes,
            storage=self.parking.state.value,
            **self.pool.state().__dict__,
        )
        presence.report(self.redis, state)

    async def _start_browser(self) -> Browser:
        async with self._choosing:
            if not self._backend:
                self._backend = await gl_choice.fastest(self.settings.gl_backends, self._try)
        return await self._start_with(self._backend)

    async def _start_with(self, backend: str) -> Browser:
        port = self.gateway.port
        return await Browser.start(self.settings, proxy_port=port, backend=backend)

    async def _try(self, backend: str) -> float:
        browser = await self._start_with(backend)
        try:
            return await (await RendererPage.open(browser, self.settings)).trial()
        finally:
            await browser.stop()

    async def _open_page(self, browser: Browser) -> RendererPage:
        page = await RendererPage.open(browser, self.settings)
        self._renderer = page.renderer
        return page


_worker: Worker | None = None


def current() -> Worker:
    """Return this process's worker; it exists in a Celery child only."""
    if _worker is None:
        raise RuntimeError("there is no worker here: tasks run in Celery's prefork children only")
    return _worker


def _memory_bytes(config: Settings) -> int:
    """Return what the browsers may have together before each of them is replaced."""
    return config.pool_max_instances * config.pool_memory_limit_mb << 20


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


@setup_logging.connect  # type: ignore[untyped-decorator]
def _configure_logging(**_: Any) -> None:
    logs.configure(settings().log_level)


@celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def _check_settings(**_: Any) -> None:
    """End the main process, loudly, over settings that its children could not work with."""
    config = settings()
    try:
        open_tiles(config, Egress(config))
        open_storage(config)
    except ExportError as err:
        log.critical("worker cannot start", error=str(err))
        sys.exit(1)
    leaving.prepare()
    scratch.house_pool()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _tell_children(**_: Any) -> None:
    leaving.announce()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _start_worker(**_: Any) -> None:
    global _worker  # noqa: PLW0603 - the one place of mutable module state
    # A group of its own: what a supervisor or a terminal sends to the group reaches Celery's main
    # process only, which lets this child finish its job. When main is killed the child dies too,
    # by the parent-death signal Celery sets.
    os.setpgrp()
    try:
        _worker = Worker(settings())
        _worker.start()
    except Exception:
        # Celery would only log it, and hand this child jobs that it cannot do.
        log.exception("worker process cannot start")
        sys.exit(1)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _stop_worker(**_: Any) -> None:
    if _worker is not None:
        _worker.stop()
