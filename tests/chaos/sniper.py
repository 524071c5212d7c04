"""Shoots at a working stack: a seeded choice of process, as often as a share of attempts bears."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import redis

from exporter.queues import Priority
from tests.chaos import census
from tests.chaos.trial import Scene

# Of all attempts, at most this share may be cut off by a shot.
MOST_CRASHED = 0.10
LOOK_S = 0.25


@dataclass(frozen=True)
class Struck:
    """A job whose worker was shot, by its token then."""

    job_id: str
    token: int
    at: float


class Recovery:
    """How long the jobs of shot workers took to run again, or to be the next that will."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._waiting: list[Struck] = []
        self.seconds: list[float] = []

    def struck(self, worker_pids: Sequence[int]) -> None:
        """Note the jobs that the worker processes *worker_pids* were drawing as they were shot."""
        for job_id, token, worker in self._running():
            if int(worker.rpartition(":")[2] or 0) in worker_pids:
                self._waiting.append(Struck(job_id, token, time.monotonic()))

    def look(self) -> None:
        """See which of them are well again."""
        for struck in list(self._waiting):
            with suppress(redis.RedisError):
                if self._is_well(struck):
                    self._waiting.remove(struck)
                    self.seconds.append(time.monotonic() - struck.at)

    @property
    def open(self) -> int:
        return len(self._waiting)

    def _is_well(self, struck: Struck) -> bool:
        client = self._scene.stack.client
        state, token = client.hmget(f"export:job:{struck.job_id}", "state", "token")
        if state == "running":
            return int(str(token)) > struck.token
        if state == "queued":
            return self._is_next(struck.job_id)
        return state != "retrying" or int(str(token)) > struck.token

    def _is_next(self, job_id: str) -> bool:
        """Tell whether its message is among the first so many as there are workers."""
        head = len(self._scene.stack.worker_names())
        client = self._scene.stack.client
        # BRPOP takes from the right.
        return any(
            job_id in text
            for priority in Priority
            for text in client.lrange(priority.value, -head, -1)
        )

    def _running(self) -> list[tuple[str, int, str]]:
        client = self._scene.stack.client
        try:
            ids = client.zrange("export:running", 0, -1)
            found = [(i, client.hmget(f"export:job:{i}", "token", "worker")) for i in ids]
        except redis.RedisError:
            return []
        return [(str(i), int(str(token)), str(worker)) for i, (token, worker) in found]


class Sniper:
    """Shoots every *every_s* seconds at one of the scene's workers, until stopped."""

    def __init__(self, scene: Scene, chance: random.Random, *, every_s: float = 3.0) -> None:
        self._scene = scene
        self._chance = chance
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sniper", daemon=True)
        self.shots: Counter[str] = Counter()
        self.withheld = 0
        self.recovery = Recovery(scene)

    def __enter__(self) -> "Sniper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        due = time.monotonic() + self._every_s
        while not self._over.wait(LOOK_S):
            self.recovery.look()
            if time.monotonic() >= due:
                due = time.monotonic() + self._every_s
                self._shoot()

    def _shoot(self) -> None:
        attempts, crashed = crashed_share(self._scene)
        # This shot counts as if it will cost an attempt: every fourth of them only hits nobody's.
        if crashed + 1 > MOST_CRASHED * (attempts + 1):
            self.withheld += 1
            return
        kind = self._chance.choice(census.KINDS)
        main = self._scene.stack.pid(self._chance.choice(self._scene.stack.worker_names()))
        found = [p for p in _family(main) if census.kind_of(p, main) == kind]
        if not found:
            return
        victim = self._chance.choice(sorted(found, key=lambda process: process.pid))
        if kind in ("main", "child"):
            children = [p.pid for p in _family(main) if census.kind_of(p, main) == "child"]
            self.recovery.struck(children)
        with suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
            self.shots[kind] += 1


def crashed_share(scene: Scene) -> tuple[int, int]:
    """Return how many attempts have begun, and how many of them ended in nothing.

    Of a job that completed, all attempts but one did; of one that runs, all but the current.
    """
    try:
        pipe = scene.stack.client.pipeline(transaction=False)
        for job_id in list(scene.accepted):
            pipe.hmget(f"export:job:{job_id}", "token", "state")
        found = pipe.execute()
    except redis.RedisError:
        # Unknown: as if the share were reached.
        return 0, 1
    begun = [(int(token or 0), state in ("completed", "running")) for token, state in found]
    return sum(n for n, _ in begun), sum(n - going for n, going in begun)


def _family(main: int) -> list[census.Process]:
    top = census.find(main)
    return [*([top] if top else []), *census.below(main)]
