"""Chromium dies or hangs under a job: it is tried again, and only that browser is replaced.

A real Celery worker, real Chromium; the tile host hangs, so that the job is met in the middle.
"""

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest
import redis

from exporter import presence
from exporter.jobs import Jobs, State
from tests.celery_workers import celery_workers, submit
from tests.certificates import make_certificates
from tests.factories import poster_job
from tests.functional.waiting import eventually
from tests.integration.test_browser import cmdline
from tests.integration.test_worker import browsers_of, presence_pid
from tests.servers import HANG, Fault, tile_host

pytestmark = pytest.mark.long

START_S = 120
# A look every 5 s, and 10 s for an answer; on busy cores as long again.
HANG_SEEN_S = 40


@pytest.mark.parametrize(
    ("victim", "blow", "code"),
    [
        ("browser", signal.SIGKILL, "browser_crashed"),
        ("renderer", signal.SIGKILL, "browser_crashed"),
        ("gpu-process", signal.SIGKILL, "context_lost"),
        ("browser", signal.SIGSTOP, "browser_crashed"),
    ],
    ids=["browser-killed", "renderer-killed", "gpu-killed", "browser-stopped"],
)
def test_the_job_is_tried_again_in_another_browser(stack, victim, blow, code):
    job_id = stack.begun()
    chromium = browsers_of(stack.client)
    struck_at = time.monotonic()

    os.kill(process_of(chromium, victim), blow)
    failed = eventually(
        lambda: stack.jobs.get(job_id).failure, within_s=HANG_SEEN_S, what="the attempt failed"
    )
    took_s = time.monotonic() - struck_at
    stack.host.fault = None

    assert (failed.code, failed.retryable) == (code, True)
    if blow == signal.SIGKILL:
        assert took_s < 5
    record = eventually(
        lambda: (found := stack.jobs.get(job_id)).state.ended and found,
        within_s=90,
        what="the job ended",
    )
    assert (record.state, record.attempts, record.starts) == (State.COMPLETED, 1, 1)
    # The process is the same one, its first browser is gone, and one profile is in use.
    assert not any(cmdline(pid) for pid in chromium)
    assert len(profiles(presence_pid(stack.client))) == 1
    assert zombies_below(stack.worker.pid) == []


class Stack:
    """A worker that draws from a tile host that hangs."""

    def __init__(self, client, jobs, settings, host, worker):
        self.client, self.jobs, self.settings = client, jobs, settings
        self.host, self.worker = host, worker

    def begun(self):
        """Submit a job and wait until the page waits for tiles; return its id."""
        eventually(lambda: presence.workers(self.client), within_s=START_S, what="it is there")
        self.host.fault = Fault(HANG)
        job_id = submit(self.jobs, self.settings, poster_job())
        eventually(
            lambda: self.jobs.get(job_id).progress.stage == "tiles",
            within_s=START_S,
            what="it waits for tiles",
        )
        return job_id


def process_of(chromium, kind):
    """Return the process of *kind* that draws: the browser has no type; of all others, the largest.

    There are renderers of Chromium's own beside the page's, which holds a map.
    """
    if kind == "browser":
        found = [
            p for p in chromium if b"--type=" not in cmdline(p) and b"--user-data" in cmdline(p)
        ]
    else:
        found = [p for p in chromium if f"--type={kind}".encode() in cmdline(p)]
    assert found, f"no {kind} among {chromium}"
    return max(found, key=resident)


def resident(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def profiles(owner):
    root = Path(tempfile.gettempdir()) / f"poster-exporter-{os.getuid()}"
    return list(root.glob(f"profile-{owner}-*"))


def zombies_below(main):
    """Return the dead that nobody of the worker has buried."""
    family = {main}
    stats = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        stats[int(stat.parent.name)] = (fields[0], int(fields[1]))
    while more := {pid for pid, (_, parent) in stats.items() if parent in family} - family:
        family |= more
    return [pid for pid in family if stats.get(pid, ("", 0))[0] == "Z"]


@pytest.fixture
def stack(settings, redis_url, tmp_path):
    with (
        tile_host(make_certificates(tmp_path)) as host,
        celery_workers(settings, tmp_path) as start,
        redis.Redis.from_url(redis_url, decode_responses=True) as client,
    ):
        worker = start(
            TILES_URL=host.tilejson_url,
            EXPORT_EGRESS_ALLOW=host.authority,
            EXPORT_EGRESS_CA_FILE=host.ca_file,
            EXPORT_RETRY_BASE_S="0.5",
        )
        host.fault = None
        yield Stack(client, Jobs(client, settings), settings, host, worker)
