"""A worker process from its start to its end: alone, and as a real `celery worker`."""

import asyncio
import json
import os
import signal
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

import exporter.worker as worker_module
from exporter import presence
from exporter.errors import InvalidSettings
from exporter.jobs import Jobs, State
from exporter.pool import BrowserPool, Limits
from exporter.queues import RENDER_TASK
from exporter.worker import Worker
from tests.celery_workers import celery_workers
from tests.factories import poster_job
from tests.integration.test_browser import cmdline, session_of

# A worker is there within 5 s; on two busy cores it took 20 s.
START_S = 60
# What an orchestrator grants (reliability: SIGTERM grace).
GRACE_S = 30


class TestRun:
    def test_the_result_and_the_error_of_the_work_come_back(self, worker):
        async def fail():
            raise InvalidSettings("wrong")

        assert worker.run(asyncio.sleep(0, "done"), timeout_s=5) == "done"
        with pytest.raises(InvalidSettings):
            worker.run(fail(), timeout_s=5)

    def test_work_that_takes_too_long_is_cancelled(self, worker, endless):
        with pytest.raises(TimeoutError):
            worker.run(endless(), timeout_s=0.05)

        assert endless.cancelled.wait(5)

    def test_an_interrupt_cancels_the_work(self, worker, endless):
        """As Celery's soft limit does it: by a signal, in the waiting thread."""

        def interrupt(*_):
            raise SoftTimeLimitExceeded

        previous = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(SoftTimeLimitExceeded):
                worker.run(endless(), timeout_s=30)
        finally:
            signal.signal(signal.SIGALRM, previous)

        assert endless.cancelled.wait(5)

    def test_a_task_outside_a_celery_child_is_told_so(self):
        with pytest.raises(RuntimeError, match="prefork"):
            worker_module.current()


class TestPresence:
    def test_a_worker_that_can_draw_says_so_and_takes_it_back(self, make_worker):
        worker = make_worker()
        assert worker.can_draw(5)
        until(lambda: presence.workers(worker.redis))
        (state,) = presence.workers(worker.redis)

        worker.stop()

        assert (state.worker, state.browsers) == (worker.name, 1)
        assert [(one.state, one.renders) for one in state.each] == [("idle", 0)]
        assert presence.workers(worker.redis) == []

    def test_a_worker_without_a_browser_is_not_there(self, make_worker):
        worker = make_worker(browsers=[])

        assert not worker.can_draw(0.1)

        assert presence.workers(worker.redis) == []

    def test_a_worker_that_lost_its_browser_for_good_is_not_there_any_more(
        self, make_worker, monkeypatch
    ):
        monkeypatch.setattr(presence, "REPORT_EVERY_S", 0.02)
        monkeypatch.setattr("exporter.pool.PATROL_S", 0.02)
        browser = FakeBrowser()
        worker = make_worker(browsers=[browser])
        until(lambda: presence.workers(worker.redis))

        browser.usable = False

        until(lambda: not presence.workers(worker.redis))

    def test_a_redis_that_is_away_does_not_keep_it_from_leaving(self, make_worker, settings):
        worker = make_worker(redis_url="redis://127.0.0.1:1/0")
        started = time.monotonic()

        worker.stop()

        assert time.monotonic() - started < 5


class TestCeleryWorker:
    """The real thing: prefork, concurrency 1, real Chromium."""

    @pytest.mark.parametrize(
        ("end", "code"),
        [
            (lambda main: os.kill(main.pid, signal.SIGTERM), 0),
            (lambda main: os.killpg(main.pid, signal.SIGTERM), 0),
            # The same orderly end; Celery gives it another exit code.
            (lambda main: os.killpg(main.pid, signal.SIGINT), 1),
        ],
        ids=["TERM", "TERM-to-the-group", "ctrl-c"],
    )
    def test_it_ends_in_order(self, celery_worker, client, end, code):
        main = celery_worker()
        chromium = until(lambda: browsers_of(client))

        end(main)

        assert main.process.wait(GRACE_S) == code
        assert presence.workers(client) == []
        assert alive(chromium) == []
        assert "worker process stopped" in main.log.read_text()

    def test_killed_it_leaves_nothing_behind(self, celery_worker, client):
        main = celery_worker()
        chromium = until(lambda: browsers_of(client))
        child = presence_pid(client)

        main.process.kill()

        main.process.wait(5)
        until(lambda: not alive([*chromium, child]), within_s=15)

    def test_what_a_killed_one_had_in_the_temporary_folder_goes_with_the_next(
        self, celery_worker, client, temporary
    ):
        killed = celery_worker(TMPDIR=str(temporary))
        until(lambda: presence.workers(client))
        assert pools(temporary) == {f"main-{killed.pid}"}
        killed.process.kill()
        killed.process.wait(5)
        client.flushdb()
        assert pools(temporary) == {f"main-{killed.pid}"}

        main = celery_worker(TMPDIR=str(temporary))
        until(lambda: presence.workers(client))

        assert pools(temporary) == {f"main-{main.pid}"}
        main.process.terminate()
        assert main.process.wait(GRACE_S) == 0
        assert pools(temporary) == set()
        assert {entry.name for entry in temporary.iterdir()} == {f"poster-exporter-{os.getuid()}"}
        assert "Traceback" not in main.log.read_text()

    def test_without_a_browser_a_job_waits_in_its_queue(self, celery_worker, client, settings):
        main = celery_worker(EXPORT_CHROMIUM="/bin/false")
        job = poster_job()
        jobs = Jobs(client, settings)
        jobs.submit(job)
        with Celery(broker=settings.redis_url, set_as_current=False) as app:
            app.send_task(RENDER_TASK, args=[job.job_id], queue="normal")

            until(lambda: "message handed back" in main.log.read_text())

        record = jobs.get(job.job_id)
        assert (record.state, record.starts) == (State.QUEUED, 0)
        # Taken and handed back again, it is in neither for a moment.
        until(lambda: client.llen("normal") + client.hlen("unacked") == 1)
        assert presence.workers(client) == []

    def test_of_several_gl_backends_it_draws_with_the_fastest(self, celery_worker, client):
        """And whoever asks what it draws with is told."""
        main = celery_worker(EXPORT_GL_BACKEND="swiftshader,llvmpipe")

        (state,) = until(lambda: presence.workers(client))

        line = next(line for line in main.log.read_text().splitlines() if "gl backend ch" in line)
        told = json.loads(line[line.index("{") :])
        assert set(told["frames_ms"]) == {"swiftshader", "llvmpipe"}
        assert told["backend"] == min(told["frames_ms"], key=told["frames_ms"].get)
        assert told["backend"] in state.renderer.lower()

    def test_settings_it_cannot_work_with_end_it_at_once(self, celery_worker):
        main = celery_worker(TILES_URL="pmtiles:/nowhere")

        assert main.process.wait(START_S) == 1
        assert "TILES_URL must name a .pmtiles file" in main.log.read_text()


class FakeBrowser:
    def __init__(self):
        self.usable = True

    async def healthy(self):
        return self.usable

    def memory_bytes(self):
        return 1

    async def stop(self):
        pass


def until(condition, within_s=START_S):
    """Wait for *condition* and return what it gave."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


def browsers_of(client):
    """Return the Chromium processes of the worker that has reported, none before."""
    if not presence.workers(client):
        return []
    child = presence_pid(client)
    return [
        pid
        for stat in Path("/proc").glob("[0-9]*/stat")
        if parent(stat) == child
        for pid in session_of(int(stat.parent.name))
        if b"chromium" in cmdline(pid)
    ]


def presence_pid(client):
    (state,) = presence.workers(client)
    return int(state.worker.rpartition(":")[2])


def parent(stat):
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def pools(folder):
    """Return what main processes keep for their pools; none may keep anything elsewhere."""
    assert not list(folder.glob("pymp-*"))
    kept = list(folder.glob("poster-exporter-*/main-*"))
    assert all(list(main.glob("pymp-*")) for main in kept)
    return {main.name for main in kept}


def alive(pids):
    return [pid for pid in pids if cmdline(pid)]


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def temporary():
    """A temporary folder that the browser's user may enter, with a name short enough for it."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def celery_worker(settings, tmp_path):
    """Start `celery worker` processes as `make run` does, each in a group of its own."""
    with celery_workers(settings, tmp_path) as start:
        yield start


@pytest.fixture
def make_worker(settings, monkeypatch):
    """Start workers as Celery's children do, with the given fake browsers and no more."""
    monkeypatch.setattr(worker_module, "send", lambda job_id, priority: None)
    workers = []

    def make(browsers=None, **given):
        left = [FakeBrowser()] if browsers is None else browsers

        async def start():
            if not left:
                raise worker_module.ExportError("no browser")
            return left.pop()

        async def open_page(browser):
            return browser

        worker = Worker(replace(settings, **given))
        worker.pool = BrowserPool(start, open_page, Limits())
        worker.start()
        workers.append(worker)
        return worker

    yield make
    for worker in workers:
        if not worker._loop.is_closed():
            worker.stop()
        worker.redis.close()


@pytest.fixture
def worker(make_worker):
    return make_worker()


@pytest.fixture
def endless():
    """Work that never ends; `cancelled` is set when it is cancelled."""

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            work.cancelled.set()

    work.cancelled = threading.Event()
    return work
