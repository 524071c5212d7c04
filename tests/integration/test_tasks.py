"""One test per ending of a job: real Redis, gateway, pool and storage; only the browser is fake."""

import asyncio
import io
import queue
import random
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import replace
from hashlib import sha256

import pikepdf
import pytest
from celery.exceptions import Reject
from PIL import Image, ImageDraw

import exporter.worker as worker_module
from exporter.errors import (
    BrowserCrashed,
    BrowserLaunchFailed,
    JobTerminal,
    QueueUnavailable,
    StorageUnavailable,
    StyleFailed,
)
from exporter.jobs import PREFIX, State
from exporter.page import Drawing
from exporter.pieces import Pieces
from exporter.pool import BrowserPool, Limits
from exporter.poster import Output
from exporter.tasks import render_export
from exporter.worker import Worker
from tests.conftest import _await_redis, free_port
from tests.factories import poster_job

PRINT_WEB_THUMBNAIL = (
    Output("print"),
    Output("web", "webp", width_px=200, height_px=300),
    Output("thumbnail", "jpeg", width_px=100, height_px=150, dpi=72),
)


class TestCompleted:
    def test_the_poster_is_stored_and_the_job_says_all_about_it(self, worker, page):
        job = submitted(worker)

        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert (record.state, record.progress.percent) == (State.COMPLETED, 100)
        result = record.result
        [(key, body)] = stored(worker).items()
        assert key == result.key
        assert opened(body).tobytes() == opened(page.png).tobytes()
        assert opened(body).info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert (result.width, result.height, result.file_size) == (400, 600, len(body))
        assert result.sha256 == sha256(body).hexdigest()
        assert (result.format, result.dpi) == ("png", 300)
        assert result.warnings == ({"code": "missing_tiles"},)
        assert result.manifest == {"style": "minimal"}
        assert 0 <= result.queue_time_ms < 10_000
        assert 0 < result.render_time_ms < 10_000

    def test_all_files_come_from_one_drawing_and_are_there_before_the_job_ends(
        self, worker, page, monkeypatch
    ):
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL)
        complete, there = worker.jobs.complete, []
        monkeypatch.setattr(
            worker.jobs, "complete", lambda *a: there.append(set(stored(worker))) or complete(*a)
        )

        render_export(job.job_id)

        files = worker.jobs.get(job.job_id).result.outputs
        assert page.drawn == 1
        assert there == [{file.key for file in files}]
        assert [file.name for file in files] == ["print", "web", "thumbnail"]
        for file in files:
            image = Image.open(io.BytesIO(stored(worker)[file.key]))
            assert image.size == (file.width, file.height)
            assert image.format == file.format.upper()
        assert [file.key.rsplit(".")[-1] for file in files] == ["png", "webp", "jpg"]
        assert [file.dpi for file in files] == [300, 150, 72]

    def test_the_bleed_is_drawn_for_the_pdf_and_cut_off_for_the_others(self, worker, page):
        page.png = png(a_drawing().resize((436, 636)))
        pdf = Output("print", "pdf", bleed_px=18, crop_marks=True)
        job = submitted(worker, outputs=(pdf, Output("web", "jpeg")))

        render_export(job.job_id)

        printed, web = worker.jobs.get(job.job_id).result.outputs
        assert (printed.width, printed.height) == (web.width, web.height) == (400, 600)
        with pikepdf.open(io.BytesIO(stored(worker)[printed.key])) as pdf:
            picture = pdf.pages[0].Resources.XObject.Poster
            assert (picture.Width, picture.Height) == (436, 636)
        assert Image.open(io.BytesIO(stored(worker)[web.key])).size == (400, 600)

    def test_a_drawing_without_the_bleed_asked_for_is_no_poster(self, worker):
        job = submitted(worker, outputs=(Output(format="pdf", bleed_px=18),))

        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).failure.code == "image_invalid"

    def test_the_main_file_is_the_first(self, worker):
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL[::-1])

        render_export(job.job_id)

        result = worker.jobs.get(job.job_id).result
        assert result.outputs[0].key == result.key
        assert (result.format, result.width, result.dpi) == ("jpeg", 100, 72)

    @pytest.mark.parametrize("code", ["missing_tiles", "failed_tiles", "missing_glyphs"])
    def test_gaps_fail_the_job_when_the_caller_wants_none(self, worker, page, code):
        page.warnings = ({"code": code, "message": "3 of them are missing."},)
        job = submitted(worker, on_missing="fail")

        render_export(job.job_id)

        failure = worker.jobs.get(job.job_id).failure
        assert (failure.code, failure.retryable) == ("resources_missing", False)
        assert "3 of them are missing." in failure.message
        assert stored(worker) == {}

    def test_what_is_no_gap_does_not_fail_it(self, worker, page):
        page.warnings = ({"code": "layer_below_zoom", "message": "Too far."},)
        job = submitted(worker, on_missing="fail")

        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).state is State.COMPLETED

    def test_it_is_counted(self, worker):
        render_export(submitted(worker).job_id)

        counted = worker.redis.hgetall(f"{PREFIX}metrics")
        assert counted["export_jobs|completed"] == "1"
        assert float(counted["export_render_seconds|sum"]) > 0

    def test_what_it_took_is_compared_with_what_its_caller_was_told(self, worker):
        job = submitted(worker)
        worker.jobs.estimated(job.job_id, 1000)

        render_export(job.job_id)

        counted = worker.redis.hgetall(f"{PREFIX}metrics")
        assert counted["export_estimate_ratio|bucket|0.1"] == "1"
        assert 0 < float(counted["export_estimate_ratio|sum"]) < 0.1

    def test_an_estimate_that_cannot_be_compared_costs_nothing(self, worker, monkeypatch):
        job, get = submitted(worker), worker.jobs.get

        def gone(_job_id):
            raise QueueUnavailable("it went right after the end")

        monkeypatch.setattr(worker.jobs, "get", gone)
        render_export(job.job_id)

        assert get(job.job_id).state is State.COMPLETED
        counted = worker.redis.hgetall(f"{PREFIX}metrics")
        assert counted["export_jobs|completed"] == "1"
        assert "export_estimate_ratio|sum" not in counted

    def test_the_caller_sees_how_far_it_is(self, worker, page):
        job = submitted(worker)
        seen = []

        async def until_seen(stage):
            async with asyncio.timeout(5):
                while True:
                    progress = (await asyncio.to_thread(worker.jobs.get, job.job_id)).progress
                    if progress.stage == stage:
                        seen.append(progress)
                        return

        async def drawing(on_progress):
            await until_seen("page_ready")
            on_progress("settling", 2, 8)
            await until_seen("tiles")
            on_progress("drawn", 0, 0)
            await until_seen("drawn")
            on_progress("encoded", 0, 0)
            await until_seen("encoded")

        page.while_drawing = drawing
        render_export(job.job_id)

        percents = [progress.percent for progress in seen]
        assert percents == sorted(set(percents))
        assert (seen[1].done, seen[1].total) == (2, 8)

    def test_a_second_message_finds_nothing_to_do(self, worker, page):
        job = submitted(worker)
        render_export(job.job_id)

        render_export(job.job_id)

        assert page.drawn == 1

    def test_a_job_cancelled_before_its_start_is_not_drawn(self, worker, page):
        job = submitted(worker)
        worker.jobs.cancel(job.job_id)

        render_export(job.job_id)

        assert page.drawn == 0
        assert worker.jobs.get(job.job_id).state is State.CANCELLED

    def test_a_redis_that_restarts_while_the_end_is_told_is_waited_for(self, own_redis, page):
        worker, restart = own_redis
        job = submitted(worker)
        page.while_drawing = lambda _: asyncio.to_thread(restart)

        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert record.state is State.COMPLETED
        assert list(stored(worker)) == [record.result.key]

    def test_an_answer_of_redis_that_is_lost_does_not_cost_the_poster(self, worker, monkeypatch):
        """Redis ended the job, but the connection broke before it could say so."""
        job = submitted(worker)
        complete, told = worker.jobs.complete, []

        def lose_the_first_answer(*args):
            complete(*args)
            told.append(args)
            if len(told) == 1:
                raise QueueUnavailable("connection reset")

        monkeypatch.setattr(worker.jobs, "complete", lose_the_first_answer)
        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert (record.state, len(told)) == (State.COMPLETED, 2)
        assert list(stored(worker)) == [record.result.key]

    def test_a_poster_that_became_the_result_is_never_deleted(self, worker, monkeypatch):
        """The same, with Redis silent until the worker gave up telling."""
        job = submitted(worker, timeout_s=2)
        complete = worker.jobs.complete

        def lose_every_answer(*args):
            complete(*args)
            raise QueueUnavailable("connection reset")

        monkeypatch.setattr(worker.jobs, "complete", lose_every_answer)
        monkeypatch.setattr("exporter.tasks.TELL_S", 0)
        render_export(job.job_id)

        assert list(stored(worker)) == [worker.jobs.get(job.job_id).result.key]


class TestFailed:
    def test_a_fault_of_the_user_is_told_at_once(self, worker, page):
        job = submitted(worker)
        page.failures = [StyleFailed("layer 3: unknown type")]

        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert (record.state, record.failure.code) == (State.FAILED, "style_error")
        assert record.failure.message == StyleFailed.summary
        assert not record.failure.retryable
        assert worker.redis.hget(f"{PREFIX}metrics", "export_jobs|failed") == "1"

    def test_a_passing_fault_is_tried_again_and_forgotten(self, worker, page, sent):
        job = submitted(worker)
        page.failures = [BrowserCrashed("died")]
        render_export(job.job_id)
        assert worker.jobs.get(job.job_id).state in (State.RETRYING, State.QUEUED)

        render_export(sent.get(timeout=10))

        record = worker.jobs.get(job.job_id)
        assert (record.state, record.attempts) == (State.COMPLETED, 1)

    def test_a_fault_that_stays_ends_the_job_after_its_attempts(self, worker, page, sent):
        job = submitted(worker)
        page.failures = [BrowserCrashed("died")] * 10
        render_export(job.job_id)
        for _ in range(worker.settings.max_attempts - 1):
            render_export(sent.get(timeout=10))

        record = worker.jobs.get(job.job_id)

        assert (record.state, record.failure.code) == (State.FAILED, "browser_crashed")
        assert page.drawn == worker.settings.max_attempts
        assert worker.redis.hget(f"{PREFIX}metrics", "export_errors|browser_crashed") == "4"

    def test_an_attempt_that_would_come_too_late_is_not_made(self, worker, page, monkeypatch):
        monkeypatch.setattr(random, "uniform", lambda low, high: 10_000)
        job = submitted(worker)
        page.failures = [BrowserCrashed("died")]

        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).state is State.FAILED

    def test_an_error_nobody_foresaw_is_ours_and_tried_again(self, worker, page):
        job = submitted(worker)
        page.failures = [RuntimeError("at 10.0.0.7")]

        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert record.state in (State.RETRYING, State.QUEUED)
        assert record.failure.code == "internal_error"
        assert "10.0.0.7" not in record.failure.message

    def test_a_job_past_its_timeout_is_stopped(self, worker, page):
        job = submitted(worker, timeout_s=0.5)
        page.while_drawing = lambda _: asyncio.Event().wait()

        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert (record.state, record.failure.code) == (State.FAILED, "deadline_exceeded")
        assert worker.pool.state().busy == 0

    def test_a_step_that_is_too_slow_is_not_taken_for_the_jobs_timeout(self, worker, page):
        job = submitted(worker)
        page.failures = [TimeoutError("no answer within 5 s")]

        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).failure.code == "render_timeout"

    def test_a_blank_image_is_no_poster(self, worker, page):
        job = submitted(worker)
        page.png = png(Image.new("RGB", (400, 600), "white"))

        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).failure.code == "image_invalid"
        assert stored(worker) == {}

    def test_a_storage_that_fails_leaves_no_object_behind(self, make_worker, monkeypatch):
        worker = make_worker(parked_max_jobs=0)
        job = submitted(worker)
        put = worker.storage.put

        def put_and_fail(*args, **given):
            put(*args, **given)
            raise StorageUnavailable("no answer")

        monkeypatch.setattr(worker.storage, "put", put_and_fail)
        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).failure.code == "storage_unavailable"
        assert stored(worker) == {}

    def test_a_file_that_fails_takes_those_before_it_along(self, make_worker, monkeypatch):
        worker = make_worker(parked_max_jobs=0)
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL)
        put = worker.storage.put

        def put_two(key, body, **given):
            if key.endswith(".jpg"):
                assert len(stored(worker)) == 2
                raise StorageUnavailable("no answer")
            put(key, body, **given)

        monkeypatch.setattr(worker.storage, "put", put_two)
        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).failure.code == "storage_unavailable"
        assert stored(worker) == {}

    def test_a_file_that_cannot_be_deleted_does_not_keep_the_others(self, make_worker, monkeypatch):
        worker = make_worker(parked_max_jobs=0)
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL)
        put, delete = worker.storage.put, worker.storage.delete

        def put_all_but_the_last(key, body, **given):
            if key.endswith(".jpg"):
                raise StorageUnavailable("no answer")
            put(key, body, **given)

        def delete_all_but_the_first(key):
            if key.endswith(".png"):
                raise StorageUnavailable("no answer")
            delete(key)

        monkeypatch.setattr(worker.storage, "put", put_all_but_the_last)
        monkeypatch.setattr(worker.storage, "delete", delete_all_but_the_first)
        render_export(job.job_id)

        assert [key.rsplit(".")[-1] for key in stored(worker)] == ["png"]


class TestLeaseLost:
    def test_the_drawing_is_stopped(self, worker, page):
        job = submitted(worker)
        stopped = []

        async def be_overtaken(_):
            await asyncio.to_thread(overtake, worker, job)
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(True)

        page.while_drawing = be_overtaken
        render_export(job.job_id)

        assert stopped == [True]
        record = worker.jobs.get(job.job_id)
        assert (record.state, record.starts, record.failure) == (State.RUNNING, 2, None)

    def test_a_stored_object_is_dropped(self, worker, page, monkeypatch):
        job = submitted(worker)
        put = worker.storage.put

        def put_and_be_overtaken(*args, **given):
            put(*args, **given)
            overtake(worker, job)

        monkeypatch.setattr(worker.storage, "put", put_and_be_overtaken)
        render_export(job.job_id)

        assert stored(worker) == {}
        assert worker.jobs.get(job.job_id).state is State.RUNNING

    def test_all_stored_files_are_dropped(self, worker, monkeypatch):
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL)
        put = worker.storage.put

        def put_and_be_overtaken(key, body, **given):
            put(key, body, **given)
            if key.endswith(".jpg"):
                overtake(worker, job)

        monkeypatch.setattr(worker.storage, "put", put_and_be_overtaken)
        render_export(job.job_id)

        assert stored(worker) == {}
        assert worker.jobs.get(job.job_id).state is State.RUNNING

    def test_an_upload_that_ends_after_the_attempt_was_given_up_is_dropped(
        self, worker, monkeypatch
    ):
        """The thread of an upload cannot be stopped, and its object would be nobody's."""
        job = submitted(worker)
        put, given_up, uploaded = worker.storage.put, threading.Event(), threading.Event()

        def put_late(*args, **given):
            overtake(worker, job)
            given_up.wait(10)
            put(*args, **given)

        delete = worker.storage.delete

        def delete_and_tell(key):
            delete(key)
            uploaded.set() if given_up.is_set() else None

        monkeypatch.setattr(worker.storage, "put", put_late)
        monkeypatch.setattr(worker.storage, "delete", delete_and_tell)
        render_export(job.job_id)
        given_up.set()

        assert uploaded.wait(10)
        assert stored(worker) == {}


class TestCancelled:
    def test_the_drawing_is_stopped_in_time_and_its_page_is_free(self, worker, page):
        job = submitted(worker)
        stopped, asked = [], []

        async def be_cancelled(_):
            await asyncio.to_thread(worker.jobs.cancel, job.job_id)
            asked.append(time.monotonic())
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(time.monotonic())

        page.while_drawing = be_cancelled
        render_export(job.job_id)

        assert stopped[0] - asked[0] < 2
        assert time.monotonic() - asked[0] < 2
        assert worker.jobs.get(job.job_id).state is State.CANCELLED
        assert worker.redis.hget(f"{PREFIX}metrics", "export_errors|job_cancelled") is None
        assert worker.pool.state().busy == 0
        page.while_drawing = None
        render_export((after := submitted(worker)).job_id)
        assert worker.jobs.get(after.job_id).state is State.COMPLETED

    def test_what_was_stored_is_dropped(self, worker, monkeypatch):
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL)
        put = worker.storage.put

        def put_and_be_cancelled(key, body, **given):
            put(key, body, **given)
            if key.endswith(".webp"):
                worker.jobs.cancel(job.job_id)

        monkeypatch.setattr(worker.storage, "put", put_and_be_cancelled)
        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).state is State.CANCELLED
        assert stored(worker) == {}

    @pytest.mark.parametrize("how", ["complete", "fail", "retry"])
    def test_asked_for_as_the_attempt_ends_it_is_cancelled_and_nothing_else(
        self, worker, page, monkeypatch, how
    ):
        job = submitted(worker)
        tell = getattr(worker.jobs, how)

        def be_cancelled_and_tell(*args):
            worker.jobs.cancel(job.job_id)
            tell(*args)

        monkeypatch.setattr(worker.jobs, how, be_cancelled_and_tell)
        faults = {"complete": [], "fail": [StyleFailed("x")], "retry": [BrowserCrashed("died")]}
        page.failures = faults[how]
        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).state is State.CANCELLED
        assert worker.redis.hget(f"{PREFIX}metrics", "export_jobs|cancelled") == "1"
        assert worker.redis.hget(f"{PREFIX}metrics", f"export_jobs|{how}d") is None
        assert stored(worker) == {}

    def test_asked_for_after_the_end_it_changes_nothing(self, worker, monkeypatch):
        job = submitted(worker)
        complete = worker.jobs.complete

        def complete_and_be_cancelled(*args):
            complete(*args)
            with pytest.raises(JobTerminal):
                worker.jobs.cancel(job.job_id)

        monkeypatch.setattr(worker.jobs, "complete", complete_and_be_cancelled)
        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert record.state is State.COMPLETED
        assert list(stored(worker)) == [record.result.key]

    def test_a_redis_that_is_away_for_a_moment_cancels_nothing(self, worker, page, monkeypatch):
        job = submitted(worker)
        monkeypatch.setattr("exporter.attempt.CANCEL_SEEN_S", 0.01)
        asked = threading.Semaphore(0)

        def fail(_):
            asked.release()
            raise QueueUnavailable("gone")

        monkeypatch.setattr(worker.jobs, "cancel_requested", fail)
        page.while_drawing = lambda _: asyncio.to_thread(lambda: [asked.acquire() for _ in "ab"])
        render_export(job.job_id)

        assert worker.jobs.get(job.job_id).state is State.COMPLETED


def test_without_a_browser_the_message_is_handed_back_unclaimed(make_worker, browser, monkeypatch):
    """A broken browser must not use up the attempts of every job that comes by."""
    monkeypatch.setattr("exporter.tasks.HOLD_S", 0.05)
    browser.starts = False
    worker = make_worker()
    job = submitted(worker)

    with pytest.raises(Reject) as handed_back:
        render_export(job.job_id)

    assert handed_back.value.requeue
    record = worker.jobs.get(job.job_id)
    assert (record.state, record.attempts, record.starts) == (State.QUEUED, 0, 0)


class FakeBrowser:
    """Starts unless told not to, and never breaks."""

    starts = True
    usable = True

    async def start(self):
        if not self.starts:
            raise BrowserLaunchFailed("no")
        return self

    async def healthy(self):
        return True

    def memory_bytes(self):
        return 1

    async def stop(self):
        pass


class FakePage:
    """Raises its `failures` one by one, then draws; `while_drawing` is awaited meanwhile."""

    def __init__(self, var_dir):
        self.var_dir = var_dir
        self.png = png(a_drawing())
        self.failures = []
        self.while_drawing = None
        self.warnings = ({"code": "missing_tiles"},)
        self.drawn = 0

    async def draw(self, gateway, job, on_progress, *, timeout_s):
        self.drawn += 1
        if self.failures:
            raise self.failures.pop(0)
        if self.while_drawing:
            await self.while_drawing(on_progress)
        pieces = Pieces.new(self.var_dir)
        pieces.at(0, 0).write_bytes(self.png)
        return Drawing(pieces, {"style": "minimal"}, self.warnings)


def submitted(worker, **given):
    job = poster_job(**given)
    worker.jobs.submit(job)
    return job


def overtake(worker, job):
    """Let the lease run out and another worker claim the job before it is renewed."""
    while not worker.jobs.claim(job.job_id, "another"):
        worker.redis.hset(f"{PREFIX}job:{job.job_id}", "lease", 1)


def stored(worker):
    """Return what lies in the storage, by key."""
    files = (worker.settings.var_dir / "posters" / "api-posters").glob("*")
    return {f"api-posters/{path.name}": path.read_bytes() for path in files}


def a_drawing():
    image = Image.new("RGB", (400, 600), "white")
    ImageDraw.Draw(image).rectangle((50, 50, 350, 400), fill="navy")
    return image


def opened(body):
    return Image.open(io.BytesIO(body))


def png(image):
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def page(settings):
    return FakePage(settings.var_dir)


@pytest.fixture
def browser():
    return FakeBrowser()


@pytest.fixture
def sent():
    """The job ids the sweeper sent again."""
    return queue.Queue()


@pytest.fixture
def make_worker(settings, page, browser, sent, monkeypatch):
    """Start workers as Celery's children do, on a fake browser and with quick periods."""
    monkeypatch.setattr(worker_module, "send", lambda job_id, priority: sent.put(job_id))
    monkeypatch.setattr(worker_module, "TICK_S", 0.02)
    workers = []

    async def open_page(_browser):
        return page

    def make(**given):
        worker = Worker(replace(settings, heartbeat_s=0.05, lease_s=5, **given))
        worker.pool = BrowserPool(browser.start, open_page, Limits())
        worker.start()
        workers.append(worker)
        monkeypatch.setattr(worker_module, "_worker", worker)
        return worker

    yield make
    for worker in workers:
        worker.stop()
        worker.redis.close()


@pytest.fixture
def worker(make_worker):
    return make_worker()


@pytest.fixture
def own_redis(make_worker, tmp_path):
    """A worker on a Redis of its own, and a function that restarts that Redis."""
    port, folder = free_port(), tmp_path / "redis"
    folder.mkdir()
    url = f"redis://127.0.0.1:{port}/0"
    running = []

    def start():
        command = [shutil.which("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--dir", str(folder), "--appendonly", "yes", "--save", ""]
        running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        _await_redis(url, running[-1])

    def stop():
        running[-1].send_signal(signal.SIGTERM)
        running[-1].wait(10)

    def restart():
        stop()
        threading.Timer(1.0, start).start()

    start()
    yield make_worker(redis_url=url), restart
    stop()
