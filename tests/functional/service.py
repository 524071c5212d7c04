"""A whole service for tests, started as a person does it, with its state in a folder of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from deploy.local.client import Client
from deploy.local.ports import HOST, free_port
from tests.functional.processes import Process, alive, descendants
from tests.functional.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
RUN = (sys.executable, "-m", "deploy.local.run")
# Above the stack's own 60 s, so that it is the stack that says what is wrong.
START_S = 75.0
STOP_S = 40.0
# Leases and sweeps short enough for a test; all else as in production.
SHORT = {
    "EXPORT_LEASE_S": "5",
    "EXPORT_HEARTBEAT_S": "1",
    "EXPORT_SWEEP_S": "1",
    "EXPORT_RETRY_BASE_S": "0.05",
    "EXPORT_MAX_ATTEMPTS": "2",
}
ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Service:
    """A running service: *client* calls its API, *pid* is the process that was started."""

    pid: int
    var_dir: Path
    client: Client
    flower_url: str
    redis_url: str
    addresses: str

    def submit(self, **changes: Any) -> str:
        """Ask for a small poster of Astana, changed by *changes*; return the job's id.

        It is drawn whatever there is: what a test wants to see is the drawing.
        """
        return str(self.asked(fresh=True, **changes)["job_id"])

    def asked(self, *, fresh: bool = False, **changes: Any) -> dict[str, Any]:
        """Ask as `submit` does, but return the answer, and take a poster that is there already."""
        answer = self.client.generate({**_POSTER, **changes}, fresh=fresh)
        assert answer.status == 202, answer.text
        return dict(answer.json)

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.client.job(job_id)
        assert answer.status == 200, answer.text
        return dict(answer.json)

    def ended(self, job_id: str, *, within_s: float = 60.0) -> dict[str, Any]:
        """Return the job once it has ended."""

        def look() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in ENDED else None

        return eventually(look, within_s=within_s, what=f"job {job_id} ended")

    def processes(self, *words: str) -> list[Process]:
        """Return its processes whose command line holds all of *words*."""
        return [p for p in descendants(self.pid) if all(word in p.command for word in words)]

    def main(self, name: str) -> Process:
        """Return the supervised process of program *name*."""
        supervisor = self.processes("supervisord", "--configuration")[0]
        found = [p for p in self.processes(*_WORDS[name]) if p.parent == supervisor.pid]
        return eventually(lambda: found, within_s=0, what=f"{name} runs")[0]

    def worker_of(self, job_id: str) -> Process:
        """Return the Celery main whose child draws *job_id*."""
        with redis.Redis.from_url(self.redis_url, decode_responses=True) as client:
            worker = client.hget(f"export:job:{job_id}", "worker")
        child = int(str(worker).rpartition(":")[2])
        mains = [self.main("worker-high"), self.main("worker-low")]
        return next(m for m in mains if any(p.pid == child for p in descendants(m.pid)))


_POSTER = {
    "location": {"lng": 71.43, "lat": 51.145},
    "style": "minimal",
    "text": {"title": "Astana"},
    "camera": {"zoom": 12.8},
    "resolution": {"width": 400, "height": 600},
    "timeout": 60_000,
}
_WORDS = {
    "redis": ["redis-server"],
    "api": ["gunicorn"],
    "worker-high": ["celery", "worker", "high,normal,low"],
    "worker-low": ["celery", "worker", "low,normal,high"],
    "flower": ["celery", "flower"],
}


@contextmanager
def service(var_dir: Path, command: Sequence[str] = RUN, **settings: str) -> Iterator[Service]:
    """Start *command* and wait until it says where everything is; at the end, nothing is left."""
    ports = {name: str(free_port()) for name in ("PORT", "FLOWER_PORT", "REDIS_PORT")}
    var_dir.mkdir()
    out, err = var_dir.parent / f"{var_dir.name}.out", var_dir.parent / f"{var_dir.name}.err"
    with out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(
            # A test run that is killed leaves no service behind.
            ["setpriv", "--pdeathsig", "TERM", "--", *command],
            cwd=ROOT,
            env={
                **_clean(os.environ),
                **SHORT,
                **ports,
                **settings,
                "EXPORT_VAR_DIR": str(var_dir),
            },
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )

    def started() -> bool:
        assert process.poll() is None, f"{command} ended:\n{err.read_text()[-3000:]}"
        return "Ctrl-C" in out.read_text()

    family: list[Process] = []
    try:
        eventually(started, within_s=START_S, what="the service runs")
        family = descendants(process.pid)
        yield Service(
            pid=process.pid,
            var_dir=var_dir,
            client=Client(f"http://{HOST}:{ports['PORT']}", _key(var_dir)),
            flower_url=f"http://{HOST}:{ports['FLOWER_PORT']}",
            redis_url=f"redis://{HOST}:{ports['REDIS_PORT']}/0",
            addresses=out.read_text(),
        )
    finally:
        if process.poll() is None:
            family = descendants(process.pid)
            process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)
    assert alive(family) == []


def _clean(env: Mapping[str, str]) -> dict[str, str]:
    """Return *env* without the settings of the service of whoever runs the tests."""
    ours = ("EXPORT_", "REDIS_URL", "TILES_URL", "PORT", "FLOWER_", "APP_ENV")
    return {name: value for name, value in env.items() if not name.startswith(ours)}


def _key(var_dir: Path) -> str:
    return (var_dir / "dev-api-key").read_text().strip()
