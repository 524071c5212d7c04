"""One gate's run: its stack, its load, its goals, and how far it is."""

import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from deploy.local.report import Report
from deploy.local.setup import ROOT
from exporter.errors import JobNotFound, QueueUnavailable
from exporter.jobs import JobRecord
from tests.chaos.caller import Caller, poster
from tests.chaos.options import Options
from tests.chaos.stack import Stack
from tests.receivers import Receiver, receiver

PROGRESS_EVERY_S = 10.0
Files = Callable[[], dict[str, Callable[[], bytes]]]
_begun = time.monotonic()


@dataclass
class Trial:
    """What a gate is given. *root*: the tree it plays; *doomed*: it is to be breached there."""

    gate: str
    options: Options
    report: Report
    folder: Path
    root: Path = ROOT
    doomed: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def chance(self) -> random.Random:
        """A source of chance of this gate's own, the same for the same seed."""
        return random.Random(f"{self.options.seed} {self.gate}")

    def jobs(self, usual: int) -> int:
        """Return how many jobs to ask for: JOBS, or the gate's own number."""
        return self.options.jobs or usual

    def goal(self, name: str, *, wanted: Any, measured: Any, met: bool | None = None) -> None:
        """Judge one thing this gate demands."""
        ok = self.report.goal(f"{self.gate} {name}", wanted=wanted, measured=measured, met=met)
        self.say(f"{'met   ' if ok else 'MISSED'} {name}: {measured} (wanted {wanted})")

    def fact(self, name: str, value: Any) -> None:
        """Tell something that was measured and is not judged."""
        self.facts[name] = value
        self.say(f"{name}: {value}")

    def say(self, line: str) -> None:
        now = time.monotonic() - _begun
        print(f"chaos {now:5.0f} s {self.gate}: {line}", file=sys.stderr, flush=True)

    @contextmanager
    def stack(self, *allow: str, files: Files | None = None, **settings: str) -> Iterator["Scene"]:
        """Run a service, with a webhook receiver beside it; its logs are kept in the folder.

        It may fetch from the private addresses *allow*. *files* tells what its storage holds, when
        that is not the directory store.
        """
        with receiver() as host:
            allowed = {
                "EXPORT_EGRESS_ALLOW": ",".join([host.authority, *allow]),
                # The gates judge times, on machines that may have other work.
                "EXPORT_BROWSER_NICE": "0",
            }
            stack = Stack(root=self.root, settings={**allowed, **settings})
            try:
                with stack:
                    yield Scene(self, stack, host, files)
            finally:
                kept = self.folder / "logs" / self.gate
                kept.mkdir(parents=True, exist_ok=True)
                for log in stack.folder.glob("*.log"):
                    shutil.copy(log, kept / log.name)
                shutil.rmtree(stack.folder, ignore_errors=True)


class Scene:
    """A stack with its receiver and a caller: where a gate plays."""

    def __init__(
        self, trial: Trial, stack: Stack, host: Receiver, files: Files | None = None
    ) -> None:
        self.trial = trial
        self.stack = stack
        self.host = host
        self.caller = Caller(stack.plan.port, stack.plan.api_key)
        self.chance = trial.chance
        self.posters = stack.plan.var_dir / "posters"
        # What the storage holds: how to read each object, by key.
        self.files: Files = files or self._stored
        # Every job that was answered with 202, in that order.
        self.accepted: list[str] = []

    def _stored(self) -> dict[str, Callable[[], bytes]]:
        found = [path for path in self.posters.glob("api-posters/*") if path.is_file()]
        return {str(path.relative_to(self.posters)): path.read_bytes for path in found}

    def poster(self, **changes: Any) -> dict[str, Any]:
        return poster(self.chance, webhook_url=self.host.url, **changes)

    def submit(self, count: int, **changes: Any) -> list[str]:
        """Ask for *count* posters, until each is accepted; return their jobs."""
        bodies = [self.poster(**changes) for _ in range(count)]
        with ThreadPoolExecutor(8, thread_name_prefix="caller") as pool:
            jobs = list(pool.map(self.caller.insist, bodies))
        self.accepted += jobs
        return jobs

    def submit_in_background(self, count: int, in_flight: int) -> threading.Thread:
        """Ask for *count* posters, never having more than *in_flight* that have not ended."""

        def feed() -> None:
            for _ in range(count):
                while len(self.accepted) - self.ended_count() >= in_flight:
                    threading.Event().wait(0.2)
                self.accepted.append(self.caller.insist(self.poster()))

        thread = threading.Thread(target=feed, name="feeder", daemon=True)
        thread.start()
        return thread

    def record(self, job_id: str) -> JobRecord | None:
        """Return the record as Redis has it; None when there is none, or Redis is away."""
        try:
            return self.stack.jobs.get(job_id)
        except (JobNotFound, QueueUnavailable):
            return None

    def records(self, jobs: list[str] | None = None) -> list[JobRecord]:
        found = [self.record(job_id) for job_id in (self.accepted if jobs is None else jobs)]
        return [record for record in found if record is not None]

    def ended_count(self) -> int:
        """Return how many jobs have ended, 0 while Redis is away."""
        try:
            return int(self.stack.client.zcard("export:ended"))
        except redis.RedisError:  # killed on purpose; the next look tells
            return 0

    def await_ends(
        self,
        count: int,
        within_s: float,
        *,
        between: Callable[[int], None] = lambda ended: None,
        poll_s: float = 0.2,
    ) -> bool:
        """Wait until *count* jobs have ended, saying how far it is; tell whether they have.

        *between* is called with the number at each look.
        """
        begun = said = time.monotonic()
        ended = 0
        while time.monotonic() - begun < within_s:
            ended = max(ended, self.ended_count())
            between(ended)
            if ended >= count:
                return True
            if time.monotonic() - said >= PROGRESS_EVERY_S:
                said = time.monotonic()
                rate = ended / (said - begun)
                left = f"{(count - ended) / rate:.0f} s left" if rate else "none yet"
                self.trial.say(f"{ended} of {count} ended, {60 * rate:.0f} a minute, {left}")
            threading.Event().wait(poll_s)
        self.trial.say(f"only {ended} of {count} ended within {within_s:g} s")
        return False
