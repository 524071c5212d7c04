"""The discrete-event model: exports arrive, pods start, draw, drain and end.

One pod draws one poster at a time, as a worker does. A pod that is taken away finishes its poster
within its grace or hands it back, as after SIGTERM. What is not modelled: nodes that must be made
first, faults, posters that slow each other down on a shared node.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random

from deploy.simulation.rule import Autoscaler, Rule

# A worker finishes its job within so long of SIGTERM, or hands it back.
DRAIN_S = 30.0


class Event(IntEnum):
    """In the order in which those of one moment happen."""

    DONE = 0
    READY = 1
    ARRIVAL = 2
    LOOK = 3


@dataclass
class Pod:
    """A worker: `since` its pod was asked for, `job` the number of the poster it draws, or -1."""

    since: float
    ready: bool = False
    leaving: bool = False
    gone: bool = False
    job: int = -1
    until: float = 0.0


@dataclass
class Run:
    """What happened. `waits` are seconds in the queue; `series` is (time, queue, pods) by look."""

    waits: list[float] = field(default_factory=list)
    pod_seconds: float = 0.0
    busy_seconds: float = 0.0
    most_pods: int = 0
    ended_at: float = 0.0
    returned: int = 0
    series: list[tuple[float, int, int]] = field(default_factory=list)

    def wait(self, share: float) -> float:
        """Return the wait that *share* of the exports did not exceed."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Cluster:
    """Queue and pods over time; `simulate` runs one."""

    def __init__(
        self,
        rule: Rule,
        arrivals: Sequence[float],
        seconds: Sequence[float],
        *,
        start_s: float,
        lasts_s: float,
        fixed: int,
        chance: Random,
    ) -> None:
        self._arrivals, self._seconds = arrivals, seconds
        self._start_s, self._lasts_s, self._chance = start_s, lasts_s, chance
        self._scaler = Autoscaler(rule, rule.least)
        self._queue: deque[int] = deque()
        self._events: list[tuple[float, Event, int, Pod | None]] = []
        self._number = 0
        # The deployment that drains in reverse: always there, counted and never scaled.
        self._fixed = [Pod(0.0, ready=True) for _ in range(fixed)]
        self._pods = [Pod(0.0, ready=True) for _ in range(rule.least)]
        self._running = 0
        self.run = Run()

    def simulate(self) -> Run:
        """Let it happen; return what did. Ends when all exports are drawn and time is over."""
        self._plan(self._scaler.next_look_s, Event.LOOK)
        if self._arrivals:
            self._plan(self._arrivals[0], Event.ARRIVAL)
        arrived = 0
        while self._events:
            now, event, _, pod = heapq.heappop(self._events)
            if event is Event.ARRIVAL:
                self._queue.append(arrived)
                arrived += 1
                if arrived < len(self._arrivals):
                    self._plan(self._arrivals[arrived], Event.ARRIVAL)
            elif event is Event.LOOK:
                self._look(now, over=arrived == len(self._arrivals))
            elif pod is not None and not pod.gone:
                if event is Event.READY:
                    pod.ready = True
                else:
                    self._done(now, pod)
            self._assign(now)
        self._close()
        return self.run

    def _look(self, now: float, *, over: bool) -> None:
        jobs = len(self._queue) + self._running
        wanted = self._scaler.look(now, jobs)
        staying = [pod for pod in self._pods if not pod.leaving]
        for _ in range(wanted - len(staying)):
            pod = Pod(now)
            self._pods.append(pod)
            self._plan(now + self._start_s, Event.READY, pod)
        # Kubernetes prefers pods that are not ready yet; of the others nobody knows which draw.
        self._chance.shuffle(staying)
        staying.sort(key=lambda pod: pod.ready)
        for pod in staying[: max(0, len(staying) - wanted)]:
            self._take_away(now, pod)
        alive = len(self._pods) + len(self._fixed)
        self.run.most_pods = max(self.run.most_pods, alive)
        self.run.series.append((now, len(self._queue), alive))
        if not over or jobs or now < self._lasts_s:
            self._plan(now + self._scaler.next_look_s, Event.LOOK)
        self.run.ended_at = now

    def _take_away(self, now: float, pod: Pod) -> None:
        pod.leaving = True
        if pod.job < 0:
            self._gone(now, pod)
        elif pod.until > now + DRAIN_S:
            # Handed back: it is the next one that anybody takes, and begins anew.
            self._queue.appendleft(pod.job)
            self.run.returned += 1
            self._running -= 1
            pod.job = -1
            self._gone(now + DRAIN_S, pod)

    def _done(self, now: float, pod: Pod) -> None:
        self._running -= 1
        self.run.busy_seconds += self._seconds[pod.job]
        pod.job = -1
        if pod.leaving:
            self._gone(now, pod)

    def _assign(self, now: float) -> None:
        if not self._queue:
            return
        for pod in (*self._pods, *self._fixed):
            if pod.ready and not pod.leaving and pod.job < 0:
                pod.job = self._queue.popleft()
                pod.until = now + self._seconds[pod.job]
                self._running += 1
                self.run.waits.append(now - self._arrivals[pod.job])
                self._plan(pod.until, Event.DONE, pod)
                if not self._queue:
                    return

    def _gone(self, at: float, pod: Pod) -> None:
        pod.gone = True
        self._pods.remove(pod)
        self.run.pod_seconds += at - pod.since

    def _close(self) -> None:
        for pod in (*self._pods, *self._fixed):
            self.run.pod_seconds += self.run.ended_at - pod.since

    def _plan(self, at: float, event: Event, pod: Pod | None = None) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, event, self._number, pod))
