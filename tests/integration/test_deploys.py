"""Workers that are told to stop, and workers of two versions: nothing is lost, nothing counted."""

import json
import os
import signal
import time
from base64 import b64decode
from pathlib import Path

import pytest
import redis

from exporter import presence
from exporter.jobs import PREFIX, Jobs, State
from tests.celery_workers import ROOT, celery_workers, submit
from tests.chaos.mutants import Edit, copy_tree
from tests.factories import poster_job
from tests.functional.waiting import eventually
from tests.integration.test_worker import alive, browsers_of

pytestmark = pytest.mark.long

START_S = 120
# What an orchestrator waits for longest is 45 s (deploy/); the promise is 30.
GRACE_S = 30
# Handed back 2 s after the signal.
SHORT_GRACE = {"EXPORT_STOP_GRACE_S": "10"}
HANGS = {"APP_ENV": "test", "FAILPOINTS": "before_page=hang:120"}


class TestStop:
    def test_a_job_that_would_take_too_long_is_handed_back(self, start, jobs, settings, client):
        worker = start(**HANGS, **SHORT_GRACE)
        job_id = submit(jobs, settings, poster_job())
        running(jobs, job_id)
        behind = submit(jobs, settings, poster_job())
        chromium = browsers_of(client)

        told_at = time.monotonic()
        os.kill(worker.pid, signal.SIGTERM)

        eventually(lambda: not presence.workers(client), within_s=1, what="it is not there")
        assert jobs.get(job_id).state is State.RUNNING
        assert worker.process.wait(GRACE_S) == 0
        assert time.monotonic() - told_at < 10
        record = jobs.get(job_id)
        assert (record.state, record.starts, record.attempts) == (State.QUEUED, 0, 0)
        assert record.claimed_at == 0
        assert queued_messages(client) == [job_id, behind]
        assert alive(chromium) == []
        assert worker.said("job handed back")

    def test_the_next_worker_draws_it(self, start, jobs, settings):
        worker = start(**HANGS, **SHORT_GRACE)
        job_id = submit(jobs, settings, poster_job())
        running(jobs, job_id)

        os.kill(worker.pid, signal.SIGTERM)
        start()

        record = ended(jobs, job_id)
        assert (record.state, record.starts, record.attempts) == (State.COMPLETED, 1, 0)

    def test_a_job_that_is_done_in_time_is_finished(self, start, jobs, settings, client):
        worker = start(APP_ENV="test", FAILPOINTS="before_page=hang:3")
        job_id = submit(jobs, settings, poster_job())
        running(jobs, job_id)
        behind = submit(jobs, settings, poster_job())

        os.kill(worker.pid, signal.SIGTERM)

        assert worker.process.wait(GRACE_S) == 0
        assert jobs.get(job_id).state is State.COMPLETED
        assert jobs.get(behind).state is State.QUEUED
        assert queued_messages(client) == [behind]

    def test_a_rolling_restart_under_load_loses_and_fails_nothing(self, start, jobs, settings):
        workers = [start(), start()]
        ids = [submit(jobs, settings, poster_job()) for _ in range(16)]
        for nth, old in enumerate(workers):
            eventually(
                lambda nth=nth: sum(jobs.get(each).state.ended for each in ids) > 3 * nth,
                within_s=START_S,
                what="some jobs are done",
            )
            os.kill(old.pid, signal.SIGTERM)
            start()
            assert old.process.wait(GRACE_S) == 0

        records = [ended(jobs, each) for each in ids]

        assert {record.state for record in records} == {State.COMPLETED}
        assert {(record.starts, record.attempts) for record in records} == {(1, 0)}


class TestVersions:
    def test_an_old_worker_leaves_a_newer_record_to_a_newer_worker(
        self, start, jobs, settings, client, tmp_path
    ):
        job_id = submit(jobs, settings, poster_job())
        of_this_version = submit(jobs, settings, poster_job())
        newer(client, job_id)
        old = start()
        eventually(lambda: old.said("left for a newer worker"), within_s=START_S, what="it is left")
        assert ended(jobs, of_this_version).state is State.COMPLETED
        left = jobs.get(job_id)
        assert (left.state, left.starts, left.attempts, left.failure) == (State.QUEUED, 0, 0, None)

        start(root=next_version(tmp_path))

        record = ended(jobs, job_id)
        assert (record.state, record.starts) == (State.COMPLETED, 1)
        # Every DEFER_S at most, not as fast as a worker can say no.
        begun = record.created_at
        times_left = old.log.read_text().count("left for a newer worker")
        assert times_left <= 1 + (record.ended_at - begun) / 5

    def test_a_newer_worker_draws_an_older_record(self, start, jobs, settings, client, tmp_path):
        job_id = submit(jobs, settings, poster_job())
        # Of before records said their version.
        client.hdel(f"{PREFIX}job:{job_id}", "schema_version", "queue_until")

        start(root=next_version(tmp_path))

        assert ended(jobs, job_id).state is State.COMPLETED


def newer(client: redis.Redis, job_id: str) -> None:
    client.hset(f"{PREFIX}job:{job_id}", "schema_version", 2)


def next_version(folder: Path) -> Path:
    """Return a tree of this service whose records are of the next schema version."""
    tree = folder / "next-version"
    tree.mkdir()
    copy_tree(ROOT, tree)
    Edit("exporter/jobs.py", "SCHEMA_VERSION = 1\n", "SCHEMA_VERSION = 2\n").apply(tree)
    return tree


def running(jobs: Jobs, job_id: str) -> None:
    eventually(
        lambda: jobs.get(job_id).state is State.RUNNING, within_s=START_S, what="it is begun"
    )


def ended(jobs: Jobs, job_id: str):
    eventually(lambda: jobs.get(job_id).state.ended, within_s=90, what=f"job {job_id} ended")
    return jobs.get(job_id)


def queued_messages(client: redis.Redis) -> list[str]:
    """Return the job ids in the normal queue, the next to be taken first."""
    bodies = [json.loads(text)["body"] for text in client.lrange("normal", 0, -1)]
    return [json.loads(b64decode(body))[0][0] for body in reversed(bodies)]


@pytest.fixture
def start(settings, tmp_path):
    with celery_workers(settings, tmp_path) as start:
        yield start


@pytest.fixture
def jobs(client, settings):
    return Jobs(client, settings)


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
