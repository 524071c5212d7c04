"""The storage is away, or denies us: a poster is drawn once and stored when it is well again.

Real Redis, gateway, pool and parking, and a bucket that speaks HTTP; only the browser is fake.
"""

from hashlib import sha256

import pytest
from celery.exceptions import Reject

import exporter.storage
from exporter import parking, presence, tasks
from exporter.jobs import PREFIX, State
from exporter.tasks import render_export
from tests.functional.waiting import eventually
from tests.integration import test_tasks
from tests.integration.test_tasks import PRINT_WEB_THUMBNAIL, overtake, submitted
from tests.unit.exporter import test_storage_s3

# Fixtures of theirs.
page, browser, sent = test_tasks.page, test_tasks.browser, test_tasks.sent
make_worker = test_tasks.make_worker
bucket = test_storage_s3.bucket

SOON_S = 10.0
AWAY, DENIED = 503, 403


class TestAway:
    def test_a_poster_is_drawn_once_and_stored_when_the_storage_is_back(self, worker, bucket, page):
        strike(bucket, AWAY)
        jobs = [submitted(worker) for _ in range(3)]
        for job in jobs:
            render_export(job.job_id)

        record = worker.jobs.get(jobs[0].job_id)
        assert (record.state, record.progress.stage) == (State.RUNNING, "upload_pending")
        assert record.waits_until_due
        assert record.due_at > 0
        assert worker.parking.count == 3
        heal(bucket)
        results = [ended(worker, job).result for job in jobs]

        assert page.drawn == 3
        assert {(r.starts, r.attempts) for r in records(worker, jobs)} == {(1, 0)}
        for result in results:
            assert sha256(bucket.objects[result.key]).hexdigest() == result.sha256
        assert posters(bucket) == {result.key for result in results}
        assert kept_files(worker) == []
        assert counted(worker, "export_storage_outages|away") == 1
        assert counted(worker, "export_render_seconds|bucket|+Inf") == 0

    def test_while_it_is_away_one_small_object_is_tried_and_no_poster(self, worker, bucket):
        strike(bucket, AWAY)
        render_export(submitted(worker).job_id)
        tries = poster_tries(bucket)
        probes = len(bucket.headers) - tries

        render_export(submitted(worker).job_id)
        eventually(
            lambda: len(bucket.headers) - poster_tries(bucket) >= probes + 3,
            within_s=SOON_S,
            what="it is probed",
        )

        assert poster_tries(bucket) == tries == exporter.storage.PUT_TRIES

    def test_files_that_came_before_the_outage_are_not_sent_again(self, worker, bucket, page):
        bucket.faults = [None, *[AWAY] * 100_000]
        job = submitted(worker, outputs=PRINT_WEB_THUMBNAIL)
        render_export(job.job_id)
        assert len(kept_files(worker)) == 2
        [first] = bucket.objects

        heal(bucket)

        files = ended(worker, job).result.outputs
        assert files[0].key == first
        assert posters(bucket) == {file.key for file in files}
        assert page.drawn == 1

    def test_its_lease_is_renewed(self, worker, bucket):
        strike(bucket, AWAY)
        job = submitted(worker)
        render_export(job.job_id)
        lease = leased_until(worker, job)

        eventually(lambda: leased_until(worker, job) > lease, within_s=SOON_S, what="a new lease")

        assert worker.jobs.claim(job.job_id, "another") is None

    def test_the_deadline_ends_it(self, worker, bucket):
        strike(bucket, AWAY)
        job = submitted(worker, timeout_s=1.5)

        render_export(job.job_id)

        record = ended(worker, job)
        assert (record.state, record.failure.code) == (State.FAILED, "storage_unavailable")
        assert kept_files(worker) == []

    def test_a_cancelled_one_is_dropped(self, worker, bucket):
        strike(bucket, AWAY)
        job = submitted(worker)
        render_export(job.job_id)

        worker.jobs.cancel(job.job_id)

        assert ended(worker, job, within_s=2).state is State.CANCELLED
        heal(bucket)
        eventually(lambda: worker.parking.state == "well", within_s=SOON_S, what="it is back")
        assert kept_files(worker) == []
        assert posters(bucket) == set()

    def test_another_worker_that_took_it_over_is_left_alone(self, worker, bucket):
        """This one was stopped for longer than its lease, and the job is drawn by another."""
        strike(bucket, AWAY)
        job = submitted(worker)
        render_export(job.job_id)

        overtake(worker, job)

        eventually(lambda: worker.parking.count == 0, within_s=SOON_S, what="it is dropped")
        assert worker.jobs.get(job.job_id).state is State.RUNNING
        assert kept_files(worker) == []

    def test_a_worker_that_leaves_hands_it_back(self, worker, bucket, sent):
        strike(bucket, AWAY)
        job = submitted(worker)
        render_export(job.job_id)

        worker.stop()

        record = worker.jobs.get(job.job_id)
        assert (record.state, record.starts, record.attempts) == (State.QUEUED, 0, 0)
        assert sent.get(timeout=1) == job.job_id
        assert kept_files(worker) == []


class TestDenied:
    def test_it_is_tried_once_told_and_not_tried_blindly(self, worker, bucket, monkeypatch):
        monkeypatch.setattr(parking, "DENIED_WAIT_S", 600.0)
        monkeypatch.setattr(presence, "REPORT_EVERY_S", 0.02)
        strike(bucket, DENIED)
        jobs = [submitted(worker) for _ in range(2)]

        for job in jobs:
            render_export(job.job_id)

        assert worker.parking.state == "denied"
        assert poster_tries(bucket) == 1
        assert counted(worker, "export_storage_outages|denied") == 1
        assert {r.state for r in records(worker, jobs)} == {State.RUNNING}
        # What readiness and the metrics look at.
        worker.run(worker._do(worker._report), timeout_s=5)
        [state] = presence.workers(worker.redis)
        assert (state.storage, state.parked) == ("denied", 2)
        assert state.parked_bytes > 0

    def test_mended_it_gets_all_that_waits(self, worker, bucket, page):
        strike(bucket, DENIED)
        job = submitted(worker)
        render_export(job.job_id)

        heal(bucket)

        assert ended(worker, job).state is State.COMPLETED
        assert page.drawn == 1


class TestRoom:
    def test_a_worker_with_no_room_for_more_begins_nothing(
        self, make_worker, bucket, page, monkeypatch
    ):
        monkeypatch.setattr(tasks, "HOLD_S", 0.1)
        worker = make_worker(**s3(bucket), parked_max_jobs=1)
        strike(bucket, AWAY)
        render_export(submitted(worker).job_id)
        waiting = submitted(worker)

        with pytest.raises(Reject):
            render_export(waiting.job_id)
        worker.run(worker._do(worker._report), timeout_s=5)

        assert page.drawn == 1
        assert worker.jobs.get(waiting.job_id).starts == 0
        assert presence.workers(worker.redis) == []

    def test_what_finds_no_room_is_tried_again_later(self, make_worker, bucket):
        worker = make_worker(**s3(bucket), parked_max_jobs=0, max_attempts=1)
        strike(bucket, AWAY)
        job = submitted(worker)

        render_export(job.job_id)

        record = worker.jobs.get(job.job_id)
        assert (record.state, record.failure.code) == (State.FAILED, "storage_unavailable")
        assert record.failure.retryable

    def test_a_full_disk_takes_no_job(self, make_worker, bucket, page, monkeypatch):
        monkeypatch.setattr(tasks, "HOLD_S", 0.1)
        worker = make_worker(**s3(bucket), min_free_bytes=10**15)
        job = submitted(worker)

        with pytest.raises(Reject):
            render_export(job.job_id)

        assert (page.drawn, worker.jobs.get(job.job_id).starts) == (0, 0)
        assert presence.workers(worker.redis) == []


def test_what_a_dead_process_had_parked_is_removed(tmp_path):
    """Also when this process has its number, as after the restart of a container."""
    host, _, own = presence.worker_name().rpartition(":")
    living, dead, before = (
        tmp_path / parking.FOLDER / host / pid for pid in ("1", "999999999", own)
    )
    other_host = tmp_path / parking.FOLDER / "elsewhere" / "999999999"
    for folder in (living, dead, before, other_host):
        folder.mkdir(parents=True)
        (folder / "poster.png").write_bytes(b"png")

    parking.sweep(tmp_path)

    assert living.exists()
    assert other_host.exists()
    assert not dead.exists()
    assert not before.exists()


def strike(bucket, status):
    bucket.faults = [status] * 100_000


def heal(bucket):
    bucket.faults = []


def posters(bucket):
    return {key for key in bucket.objects if "poster-" in key}


def poster_tries(bucket):
    """Return how many PUTs were more than a probe."""
    return sum(int(headers.get("Content-Length", 0)) > len(b"check") for headers in bucket.headers)


def kept_files(worker):
    root = worker.settings.var_dir / parking.FOLDER
    return [path for path in root.rglob("*") if path.is_file()]


def records(worker, jobs):
    return [worker.jobs.get(job.job_id) for job in jobs]


def leased_until(worker, job):
    return int(worker.redis.hget(f"{PREFIX}job:{job.job_id}", "lease"))


def counted(worker, field):
    return float(worker.redis.hget(f"{PREFIX}metrics", field) or 0)


def ended(worker, job, within_s=SOON_S):
    eventually(
        lambda: worker.jobs.get(job.job_id).state.ended, within_s=within_s, what="the job ended"
    )
    return worker.jobs.get(job.job_id)


def s3(bucket):
    """Return the settings of a service that stores in *bucket*."""
    told = test_storage_s3.s3_settings(bucket.server_port)
    names = ("storage", "s3_endpoint_url", "s3_region", "s3_access_key_id", "s3_secret_access_key")
    return {name: getattr(told, name) for name in names}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(exporter.storage, "BACKOFF_BASE_S", 0.01)
    monkeypatch.setattr(parking, "TICK_S", 0.02)
    monkeypatch.setattr(parking, "FIRST_WAIT_S", 0.1)
    monkeypatch.setattr(parking, "LAST_WAIT_S", 0.2)
    monkeypatch.setattr(parking, "DENIED_WAIT_S", 0.3)


@pytest.fixture
def worker(make_worker, bucket):
    return make_worker(**s3(bucket))
