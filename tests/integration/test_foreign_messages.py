"""Messages that somebody else put into a queue: none is run, and the worker takes the next job."""

import base64
import json
import pickle
import uuid
from pathlib import Path
from typing import Any

from exporter import presence
from exporter.jobs import Jobs, State
from exporter.queues import RENDER_TASK
from tests.celery_workers import submit
from tests.factories import poster_job
from tests.integration import test_worker
from tests.integration.test_worker import until

# Fixtures of theirs.
celery_worker, client = test_worker.celery_worker, test_worker.client

JSON, PICKLE = "application/json", "application/x-python-serialize"


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self._path), "w")


def envelope(body: bytes, content_type: str = JSON, task: str = RENDER_TASK) -> str:
    """Return a message as kombu puts it into Redis."""
    word = str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"task": task, "id": word, "lang": "py", "root_id": word},
            "properties": {
                "body_encoding": "base64",
                "correlation_id": word,
                "delivery_info": {"exchange": "", "routing_key": "normal"},
                "delivery_mode": 2,
                "delivery_tag": word,
                "priority": 0,
            },
        }
    )


def body(*given: Any) -> bytes:
    return json.dumps([given, {}, {}]).encode()


MESSAGES = {
    "another-task": lambda _: envelope(body("x"), task="somebody.elses"),
    "pickle": lambda canary: envelope(pickle.dumps(Touch(canary)), PICKLE),
    "torn-body": lambda _: envelope(b"[["),
    "no-such-job": lambda _: envelope(body("x")),
    "too-many-arguments": lambda _: envelope(body("x", "y")),
    "20-MB": lambda _: envelope(body("x" * 20_000_000)),
}


def test_the_worker_stays_and_takes_the_next_job(celery_worker, client, settings, tmp_path):
    main = celery_worker()
    until(lambda: presence.workers(client))
    canary = tmp_path / "canary"
    for make in MESSAGES.values():
        client.lpush("normal", make(canary))
    jobs = Jobs(client, settings)

    job_id = submit(jobs, settings, poster_job())

    until(lambda: jobs.get(job_id).state is State.COMPLETED)
    assert main.process.poll() is None
    assert not canary.exists()
    until(lambda: client.llen("normal") + client.hlen("unacked") == 0)


def test_unpickled_it_would_have_made_the_file(tmp_path):
    """So that the test above can fail."""
    made = pickle.loads(pickle.dumps(Touch(tmp_path / "canary")))

    made.close()
    assert (tmp_path / "canary").exists()
