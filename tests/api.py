"""The web API on a test's own Redis, its messages kept in a list instead of sent."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from exporter.jobs import Failure, Jobs, Progress, Result, connect
from exporter.queues import Priority
from exporter.settings import Settings
from tests.corpus.cases import GENERATE, JOBS
from webapi import create_app
from webapi.keys import Keys
from webapi.tiers import Tier

BASE_URL = "https://posters.example"
RESULT = Result(
    key="api-posters/poster-1.png",
    file_size=10,
    width=400,
    height=600,
    sha256="ab" * 32,
    render_time_ms=1500,
    queue_time_ms=20,
    warnings=({"code": "tiles_missing", "message": "1 tile is missing."},),
    manifest={"style": "minimal"},
)
FAULT = Failure("tiles_unavailable", "The map tiles could not be fetched.", True)


class MemoryStore:
    """A storage that keeps nothing but whether it is well."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.checks = 0

    def url(self, key: str) -> str:
        return f"https://bucket.example/{key}?signed"

    def check(self) -> None:
        self.checks += 1
        if self.failure:
            raise self.failure


@dataclass
class Api:
    """A running API: ask it, and look at what it left in Redis."""

    settings: Settings
    http: FlaskClient
    redis: "redis.Redis"
    store: MemoryStore
    sent: list[tuple[str, Priority]] = field(default_factory=list)
    key: str = ""

    def ask(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> TestResponse:
        """Send a request with *key* (this API's own by default, none when empty)."""
        headers = dict(kwargs.pop("headers", {}))
        if key := self.key if key is None else key:
            headers["Authorization"] = f"Bearer {key}"
        # buffered: read to the end and closed, as a server does.
        return self.http.open(path, method=method, headers=headers, buffered=True, **kwargs)

    def generate(self, body: Any, *, key: str | None = None) -> TestResponse:
        return self.ask("POST", GENERATE, json=body, key=key)

    def job(self, job_id: str, *, key: str | None = None) -> TestResponse:
        return self.ask("GET", f"{JOBS}/{job_id}", key=key)

    def make_key(self, tier: Tier = Tier.INTERNAL, expires_at: float = 0.0) -> str:
        return Keys(self.redis).create("test", tier, expires_at)

    @property
    def jobs(self) -> Jobs:
        return Jobs(self.redis, self.settings)

    def footprint(self) -> dict[str, Any]:
        """Return all that a job would leave in Redis, and the messages sent."""
        return {
            "records": sorted(self.redis.scan_iter("export:job:*")),
            "queued": self.redis.zrange("export:queued", 0, -1),
            "messages": [self.redis.llen(priority.value) for priority in Priority],
            "keys": self.redis.dbsize(),
            "sent": list(self.sent),
        }


def api(settings: Settings) -> Api:
    """Return an API on the Redis of *settings*, with one key that may do everything."""
    changed = Settings(**{**settings.__dict__, "public_url": BASE_URL})
    client, store = connect(changed), MemoryStore()
    sent: list[tuple[str, Priority]] = []
    app = create_app(changed, client=client, storage=store, send=lambda *job: sent.append(job))
    running = Api(changed, app.test_client(), client, store, sent)
    running.key = running.make_key()
    return running


def submitted(running: Api, body: Any = None) -> str:
    """Submit a job by HTTP and return its id."""
    place = {"location": {"lat": 51.145, "lng": 71.43}}
    answer = running.generate(body or place)
    assert answer.status_code == 202, answer.text
    return str(answer.json["job_id"])


def taken(running: Api, progress: Progress | None = None) -> tuple[str, int]:
    """Submit a job and claim it as a worker would; return its id and token."""
    job_id = submitted(running)
    claim = running.jobs.claim(job_id, "w")
    assert claim
    if progress:
        running.jobs.beat(job_id, claim.token, progress)
    return job_id, claim.token


def completed(running: Api, result: Result = RESULT) -> str:
    job_id, token = taken(running)
    running.jobs.complete(job_id, token, result)
    return job_id


def expired_key(running: Api) -> str:
    return running.make_key(expires_at=time.time() - 1)


def stranger_to(key: str) -> str:
    """Return a key with the prefix of *key* and another secret."""
    return key[:-32] + uuid.uuid4().hex
