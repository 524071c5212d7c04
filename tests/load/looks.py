"""Looks at the queue while callers call: what Redis itself holds, a few times a second."""

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from exporter.errors import QueueUnavailable
from exporter.jobs import Jobs

EVERY_S = 0.5


@dataclass(frozen=True)
class Look:
    """How many jobs wait (those for a retry too) and are drawn, *at* seconds of the clock."""

    at: float
    waiting: int
    running: int

    @property
    def in_flight(self) -> int:
        """Accepted and not yet ended."""
        return self.waiting + self.running


class Looks:
    """Looks inside its `with`; `seen` grows meanwhile, `missed` counts those in vain."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="looks", daemon=True)
        self.seen: list[Look] = []
        self.missed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            try:
                counts = self._jobs.counts()
            except QueueUnavailable:
                self.missed += 1
            else:
                waiting = counts["queued"] + counts["retrying"]
                self.seen.append(Look(time.time(), waiting, counts["running"]))
            if self._ended.wait(EVERY_S):
                return
