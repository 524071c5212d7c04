"""Real Celery workers for tests, started as `make run` does: prefork, real Chromium."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from celery import Celery

from exporter.jobs import Jobs
from exporter.poster import PosterJob
from exporter.queues import RENDER_TASK
from exporter.settings import Settings

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class CeleryWorker:
    """A running `celery worker`; it leads a process group of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self, words: str) -> bool:
        return words in self.log.read_text()


Start = Callable[..., CeleryWorker]


@contextmanager
def celery_workers(settings: Settings, folder: Path) -> Iterator[Start]:
    """Yield a function that starts workers on *settings*' Redis, tiles and folder.

    Its keywords are environment variables; `root` is the tree to start another version from.
    """
    started: list[CeleryWorker] = []

    def start(root: Path = ROOT, **env: str) -> CeleryWorker:
        log = folder / f"worker-{len(started)}.log"
        # A test run that is killed leaves no worker behind.
        command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable]
        command += ["-m", "celery", "-A", "exporter", "worker", "-c", "1"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "-Q", "high,normal,low", "-n", f"w{len(started)}@%h"],
                cwd=root,
                env={
                    **os.environ,
                    "REDIS_URL": settings.redis_url,
                    "TILES_URL": settings.tiles_url,
                    "EXPORT_VAR_DIR": str(settings.var_dir),
                    **env,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(CeleryWorker(process, log))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            worker.process.kill()
            worker.process.wait(10)


def submit(jobs: Jobs, settings: Settings, job: PosterJob) -> str:
    """Write *job* and send its message, as the API does; return its id."""
    jobs.submit(job)
    with Celery(broker=settings.redis_url, set_as_current=False) as app:
        app.conf.broker_transport_options = {"priority_steps": [0]}
        app.send_task(RENDER_TASK, args=[job.job_id], queue=job.priority.value, task_id=job.job_id)
    return job.job_id
