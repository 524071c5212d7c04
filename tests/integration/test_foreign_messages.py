"""Messages that somebody else put into a queue: none is run, and the worker takes the next job."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exporter import presence
from exporter.exposition import exposition
from exporter.jobs import Jobs, State, connect
from exporter.messages import read
from exporter.metrics import Metrics
from tests.celery_workers import ROOT, submit
from tests.factories import poster_job
from tests.integration import test_worker
from tests.integration.test_worker import until
from tests.messages import FOREIGN, PICKLE, envelope, message

# Fixtures of theirs.
celery_worker, client = test_worker.celery_worker, test_worker.client


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self._path), "w")


def test_the_worker_stays_and_takes_the_next_job(celery_worker, client, settings, tmp_path):
    """Also when its connections were cut meanwhile, after which it has new ones."""
    main, jobs = celery_worker(), Jobs(client, settings)
    until(lambda: presence.workers(client))
    canary = tmp_path / "canary"
    foreign = [*FOREIGN.values(), envelope(pickle.dumps(Touch(canary)), PICKLE)]
    for rounds in (1, 2):
        for each in foreign:
            client.lpush("normal", each)

        job_id = submit(jobs, settings, poster_job())

        until(lambda id_=job_id: jobs.get(id_).state is State.COMPLETED)
        assert main.process.poll() is None
        assert not canary.exists()
        until(lambda: client.llen("normal") + client.hlen("unacked") == 0)
        dropped = Metrics(client).counted("export_dropped_messages", "normal")
        assert dropped == rounds * len(foreign)
        assert main.log.read_text().count("message dropped: not ours") == dropped
        client.client_kill_filter(_type="normal", skipme=True)


def test_a_message_of_no_job_is_taken_and_forgotten(celery_worker, client):
    main = celery_worker()
    until(lambda: presence.workers(client))

    client.lpush("normal", message("no-such-job"))

    until(lambda: main.said("nothing to do for this message"))
    until(lambda: client.llen("normal") + client.hlen("unacked") == 0)


def test_a_queue_that_ends_in_one_is_measured(client, settings):
    with connect(settings) as redis:
        for name, each in FOREIGN.items():
            client.rpush("normal", each)

            told = exposition(redis).decode()

            assert "export_redis_up 1.0" in told, name
            assert 'export_queue_oldest_seconds{queue="normal"} 0.0' in told, name


def test_unpickled_it_would_have_made_the_file(tmp_path):
    """So that the test above can fail."""
    made = pickle.loads(pickle.dumps(Touch(tmp_path / "canary")))

    made.close()
    assert (tmp_path / "canary").exists()


@pytest.mark.parametrize("imports", [[], ["exporter.tasks"]], ids=["the API", "a worker"])
def test_what_we_send_is_ours(client, settings, imports):
    """A worker knows the task itself, and Celery then writes more into its messages."""
    script = f"import {', '.join(['sys', *imports])}\nfrom exporter.celery_app import send\n"
    script += "from exporter.celery_app import app\napp.finalize()\n"
    script += "from exporter.queues import Priority\nsend('a-job', Priority.HIGH)"
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "REDIS_URL": settings.redis_url},
        cwd=ROOT,
        check=True,
        timeout=30,
    )

    assert read(client.lindex("high", 0)) == "a-job"
