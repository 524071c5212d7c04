"""Redis is killed, silent, slow, read-only or full: callers are told at once, workers wait for it.

A Redis of the test's own, a real gunicorn, a real Celery worker; nobody is started again by hand.
"""

import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import redis

from exporter import presence
from exporter.errors import QueueUnavailable
from exporter.jobs import Jobs, State, connect
from exporter.tasks import render_export
from tests.celery_workers import ROOT, celery_workers, submit
from tests.chaos.toxi import WELL, Evil, toxi
from tests.conftest import _await_redis, free_port
from tests.corpus.cases import GENERATE, VALID
from tests.factories import poster_job
from tests.functional.waiting import eventually
from tests.integration import test_tasks
from tests.integration.test_tasks import stored, submitted
from webapi.keys import Keys
from webapi.tiers import Tier

pytestmark = pytest.mark.long

START_S = 120
TOLD_WITHIN_S = 2.0
# Celery's own connection asks a silent Redis for up to 5 s, and may be in the middle of it.
BACK_S = 30

# Fixtures of theirs.
page, browser, sent = test_tasks.page, test_tasks.browser, test_tasks.sent
make_worker = test_tasks.make_worker


@dataclass
class OwnRedis:
    """A Redis with an append-only file that may be hurt."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, decode_responses=True)

    def start(self) -> None:
        command = [shutil.which("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _await_redis(self.url, self.process)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def signal(self, number: int) -> None:
        assert self.process
        os.kill(self.process.pid, number)

    def set(self, name: str, value: str) -> None:
        with self.client as client:
            client.config_set(name, value)


@dataclass(frozen=True)
class Fault:
    """What is done to a Redis, and how it is undone."""

    strike: Callable[[OwnRedis], object]
    heal: Callable[[OwnRedis], object]


FAULTS = {
    "killed": Fault(OwnRedis.kill, OwnRedis.start),
    "silent": Fault(lambda r: r.signal(signal.SIGSTOP), lambda r: r.signal(signal.SIGCONT)),
    # As a primary that lost its replicas: it reads, and writes nothing.
    "read-only": Fault(
        lambda r: r.set("min-replicas-to-write", "1"), lambda r: r.set("min-replicas-to-write", "0")
    ),
    "full": Fault(lambda r: r.set("maxmemory", "1"), lambda r: r.set("maxmemory", "0")),
}
faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


class TestCallers:
    @faults
    def test_a_submit_is_refused_at_once_and_taken_when_it_is_well(self, own_redis, api, fault):
        assert api() == 202
        jobs = records(own_redis)
        fault.strike(own_redis)
        try:
            begun = time.monotonic()
            status, code, retry_after = api.told()
            took_s = time.monotonic() - begun
        finally:
            fault.heal(own_redis)

        assert (status, code, retry_after) == (503, "broker_unavailable", "5")
        assert took_s < TOLD_WITHIN_S
        assert records(own_redis) == jobs
        eventually(lambda: api() == 202, within_s=5, what="jobs are taken again")
        assert records(own_redis) > jobs

    def test_a_slow_one_is_waited_for_or_told_and_holds_up_nobody_for_long(self, own_redis, api):
        """2 s for each answer of Redis, more than the API waits for."""
        with toxi(own_redis.port, random.Random(1)) as net, api_on(net.port, api) as slowly:
            assert slowly() == 202
            net.evil = Evil(latency_s=2.0)
            begun = time.monotonic()
            status, code, _ = slowly.told()
            took_s = time.monotonic() - begun
            net.evil = WELL

            assert (status, code) == (503, "broker_unavailable")
            assert took_s < TOLD_WITHIN_S
            eventually(lambda: slowly() == 202, within_s=10, what="jobs are taken again")

    def test_many_callers_of_a_silent_redis_are_all_told(self, own_redis, api):
        """No request holds its thread for long, so the last one is not told much later."""
        own_redis.signal(signal.SIGSTOP)
        answers: list[int] = []
        callers = [threading.Thread(target=lambda: answers.append(api())) for _ in range(24)]
        begun = time.monotonic()
        try:
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join(30)
        finally:
            own_redis.signal(signal.SIGCONT)

        assert answers == [503] * 24
        # Eight threads: three turns.
        assert time.monotonic() - begun < 3 * TOLD_WITHIN_S + 2
        eventually(lambda: api() == 202, within_s=5, what="jobs are taken again")


class TestWorkers:
    @pytest.mark.parametrize("name", FAULTS)
    def test_a_worker_ends_its_job_and_takes_the_next_without_a_restart(
        self, own_redis, settings, tmp_path, name
    ):
        config = replace(settings, redis_url=own_redis.url)
        with celery_workers(config, tmp_path) as start, connect(config) as client:
            jobs = Jobs(client, config)
            worker = start(APP_ENV="test", FAILPOINTS="before_upload=hang:4,1/process")
            job_id = submit(jobs, config, poster_job())
            eventually(
                lambda: jobs.get(job_id).progress.stage == "verified",
                within_s=START_S,
                what="it is about to be stored",
            )

            FAULTS[name].strike(own_redis)
            # Longer than the hang: the end of the job falls into the outage.
            threading.Event().wait(7)
            FAULTS[name].heal(own_redis)

            assert ended(jobs, job_id).state is State.COMPLETED
            record = jobs.get(job_id)
            assert (record.attempts, record.starts) == (0, 1)
            following = submit(jobs, config, poster_job())
            assert ended(jobs, following).state is State.COMPLETED
            assert worker.process.poll() is None
            eventually(lambda: presence.workers(client), within_s=BACK_S, what="it is there again")

    def test_a_worker_whose_connections_are_cut_takes_the_next_job(
        self, own_redis, settings, tmp_path
    ):
        """Redis is well all the time: a proxy or a firewall between them cut what was idle."""
        config = replace(settings, redis_url=own_redis.url)
        with celery_workers(config, tmp_path) as start, connect(config) as client:
            start()
            eventually(lambda: presence.workers(client), within_s=START_S, what="it is there")
            assert client.execute_command("CLIENT", "KILL", "TYPE", "pubsub") > 0
            assert client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") > 0
            jobs = Jobs(client, config)

            assert ended(jobs, submit(jobs, config, poster_job())).state is State.COMPLETED

    def test_an_end_that_a_full_redis_does_not_take_is_told_later(
        self, own_redis, make_worker, page
    ):
        worker = make_worker(redis_url=own_redis.url)
        job = submitted(worker)
        room = threading.Timer(1.0, own_redis.set, ("maxmemory", "0"))

        async def fill(_on_progress):
            own_redis.set("maxmemory", "1")
            room.start()

        page.while_drawing = fill
        render_export(job.job_id)
        room.join()

        assert worker.jobs.get(job.job_id).state is State.COMPLETED
        assert page.drawn == 1
        assert len(stored(worker)) == 1


def records(own_redis):
    with own_redis.client as client:
        return len(client.keys("export:job:*"))


def ended(jobs, job_id):
    def look():
        try:
            record = jobs.get(job_id)
        except QueueUnavailable:
            return None
        return record if record.state.ended else None

    return eventually(look, within_s=90, what="the job ended")


@pytest.fixture
def own_redis(tmp_path):
    folder = tmp_path / "redis"
    folder.mkdir()
    server = OwnRedis(folder)
    server.start()
    yield server
    server.signal(signal.SIGCONT)
    server.kill()


@pytest.fixture
def api(own_redis, tmp_path):
    """A gunicorn on *own_redis*; called, it submits a job and returns the status."""
    with own_redis.client as client:
        key = Keys(client).create("test", Tier.INTERNAL)
    with gunicorn(own_redis.port, tmp_path / "api") as port:
        yield Asking(port, key)


@contextmanager
def api_on(redis_port, other):
    """Start an API beside *other*, with its key, that finds Redis at *redis_port*."""
    with tempfile.TemporaryDirectory() as folder, gunicorn(redis_port, Path(folder)) as port:
        yield Asking(port, other.key)


@contextmanager
def gunicorn(redis_port, var):
    program = shutil.which("gunicorn", path=str(Path(sys.executable).parent))
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        process = subprocess.Popen(
            [program, "webapi.wsgi:app", "--worker-class=gthread", "--workers=1", "--threads=8",
             "--no-control-socket", f"--bind=fd://{listening.fileno()}"],
            env={
                **os.environ,
                "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
                "EXPORT_VAR_DIR": str(var),
            },
            pass_fds=[listening.fileno()],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)


@dataclass(frozen=True)
class Asking:
    port: int
    key: str

    def __call__(self) -> int:
        return self.told()[0]

    def told(self) -> tuple[int, str, str]:
        """Submit a job; return status, code and Retry-After of the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            line.request("POST", GENERATE, VALID, headers)
            answer = line.getresponse()
            body = json.loads(answer.read())
            return answer.status, body.get("code", ""), answer.getheader("Retry-After", "")
        finally:
            line.close()
