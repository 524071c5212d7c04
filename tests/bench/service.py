"""The real service for the bench: Redis, the API, and as many workers as an experiment wants.

The same commands as `make run`, but without its supervisor, so that workers come and go and the
process tree of each can be measured.
"""

import http.client
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import redis

from deploy.local.client import Client, Unanswered
from deploy.local.plan import Plan, make_plan
from deploy.local.ports import HOST
from deploy.local.programs import Program, redis_config, redis_folder, servers, users
from deploy.local.refusal import CannotRun
from deploy.local.setup import ROOT
from exporter.errors import QueueUnavailable
from exporter.jobs import connect
from exporter.presence import workers
from tests.bench.subject import Size, request
from tests.bench.turns import set_session_nice
from webapi.keys import ensure_dev_key

T = TypeVar("T")
START_S, STOP_S = 60.0, 40.0
# A poster of the largest size on a busy machine.
POSTER_S = 300.0
_POLL_S = 0.03
_NOT_OURS = (
    "EXPORT_",
    "REDIS_",
    "TILES_URL",
    "TERRAIN_URL",
    "POPULATION_URL",
    "PORT",
    "FLOWER_",
    "APP_ENV",
    "BENCH_",
)
WORKERS = ("worker-high", "worker-low")
GENERATE = "/api/v1/posters/generate"


class Refused(Exception):
    """The service does not take this poster; the text is the status and the code it gave."""


class Service:
    """Redis and the API, running inside its `with`; workers are started and stopped apart."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        given = {name: v for name, v in os.environ.items() if not name.startswith(_NOT_OURS)}
        ports = {"PORT": "0", "FLOWER_PORT": "0", "REDIS_PORT": "0"}
        self.plan: Plan = make_plan(ROOT, folder, {**given, **settings, **ports})
        self._programs = {program.name: program for program in users(self.plan)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._client = Client(self.plan.api_url, self.plan.api_key)
        # Of all completed posters together: what the tiles fetched are compared with.
        self.tiles_drawn = 0

    def __enter__(self) -> Self:
        """Start Redis and the API and wait for them. Raises CannotRun."""
        try:
            redis_folder(self.plan).mkdir(parents=True, exist_ok=True)
            (redis_folder(self.plan) / "redis.conf").write_text(redis_config(self.plan))
            for program in servers(self.plan):
                self._start(program)
            self._until(self._redis_answers, "Redis answers")
            self._start(self._programs["api"])
            self._until(self._api_answers, "the API answers")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything, workers first and Redis last."""
        for name in reversed(list(self._running)):
            self._stop(name)

    def start_worker(self, name: str = "worker-high", **settings: str) -> int:
        """Start a worker with *settings* of its own and return its process."""
        return self._start(self._programs[name], settings)

    def stop_worker(self, name: str = "worker-high") -> None:
        """Stop a worker in order, so that Redis knows at once that it left."""
        self._stop(name)

    def await_workers(self, count: int) -> None:
        """Wait until exactly *count* workers are able to draw. Raises CannotRun."""
        self._until(lambda: len(self._able()) == count, f"{count} workers are able")

    def submit(self, size: Size, *, fresh: bool = True) -> str:
        """Ask for the poster and return the job; *fresh* always draws it. Raises Refused."""
        status, answer = self.post(json.dumps(request(size)).encode(), fresh=fresh)
        if status != 202:
            raise Refused(f"{status} {answer.get('code', '')}".strip())
        return str(answer["job_id"])

    def post(self, body: bytes, *, fresh: bool = True) -> tuple[int, dict[str, Any]]:
        """Post *body* to `generate` and return status and answer."""
        connection = self.connection()
        try:
            connection.request("POST", GENERATE, body, self.headers(fresh=fresh))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.plan.port, timeout=30)

    def headers(self, *, fresh: bool = True) -> dict[str, str]:
        """Return a submit's headers; *fresh*: whatever was drawn before, draw again."""
        always = {"Cache-Control": "no-cache"} if fresh else {}
        bearer = f"Bearer {self.plan.api_key}"
        return {"Authorization": bearer, "Content-Type": "application/json", **always}

    def completed(self, job_id: str) -> dict[str, Any]:
        """Wait for the job's end and return it. Raises CannotRun when it is not a poster."""
        job = self._until(lambda: self._ended(job_id), f"job {job_id} ended", POSTER_S)
        if job["status"] != "completed":
            raise CannotRun(f"job {job_id} {job['status']}: {job['error']}")
        self.tiles_drawn += job["result"]["manifest"]["tiles"]["loaded"]
        return job

    def completed_count(self) -> int:
        """Return how many posters all workers have logged as completed."""
        logs = [self.log(name) for name in WORKERS if self.log(name).exists()]
        return sum(log.read_text(errors="replace").count('"event": "completed"') for log in logs)

    def check(self) -> None:
        """Raise CannotRun when a program has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                end = self.log(name).read_text(errors="replace")[-800:]
                raise CannotRun(f"{name} ended by itself: {end}")

    @property
    def processes(self) -> dict[str, int]:
        """The main process of each program that runs, by its name."""
        return {name: process.pid for name, process in self._running.items()}

    def log(self, name: str) -> Path:
        return self.plan.var_dir / f"{name}.log"

    def stages(self, job_id: str) -> dict[str, float]:
        """Return when, after its claim, each stage of the job was reached, as its worker logged."""
        reached = {}
        for name in WORKERS:
            if not self.log(name).exists():
                continue
            for line in self.log(name).read_text(errors="replace").splitlines():
                if job_id in line and '"stage reached"' in line:
                    # Celery may put something before it; the JSON begins at its brace.
                    entry = json.loads(line[line.index("{") :])
                    reached[str(entry["stage"])] = float(entry["after_s"])
        return reached

    def _ended(self, job_id: str) -> dict[str, Any]:
        answer = self._client.job(job_id)
        if answer.status != 200:
            raise CannotRun(f"asked for a job, the API said {answer.status}: {answer.text}")
        job: dict[str, Any] = answer.json
        return job if job["status"] in ("completed", "failed", "cancelled") else {}

    def _able(self) -> list[Any]:
        with connect(self.plan.settings) as client:
            return workers(client)

    def _redis_answers(self) -> bool:
        with suppress(redis.RedisError, QueueUnavailable), connect(self.plan.settings) as client:
            client.ping()
            ensure_dev_key(client, self.plan.api_key)
            return True
        return False

    def _api_answers(self) -> bool:
        with suppress(Unanswered):
            return self._client.ready().status in (200, 503)
        return False

    def _start(self, program: Program, settings: Mapping[str, str] | None = None) -> int:
        with self.log(program.name).open("ab") as output:
            self._running[program.name] = subprocess.Popen(
                # If the bench is killed, nothing of it stays.
                ["setpriv", "--pdeathsig", "TERM", "--", *program.command],
                cwd=self.plan.root,
                env={**self.plan.env, **program.env, **(settings or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        pid = self._running[program.name].pid
        # `nice` counts within a session, and each of ours leads one; a supervisor's share one.
        set_session_nice(pid, program.nice)
        return pid

    def _stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _until(self, look: Callable[[], T], what: str, within_s: float = START_S) -> T:
        """Return the first true answer of *look*. Raises CannotRun when a program ended or late."""
        deadline = time.monotonic() + within_s
        while not (answer := look()):
            self.check()
            if time.monotonic() > deadline:
                raise CannotRun(f"not within {within_s:g} s: {what}; see {self.plan.var_dir}")
            threading.Event().wait(_POLL_S)
        return answer
