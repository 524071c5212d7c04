"""K2, a poison mix: jobs that kill their worker, hang, or have their renderer killed for memory.

The others must all complete, nearly as fast as alone: but for the time that hanging jobs hold their
worker, which is the `timeout` they asked for and costs a small stack more than a large one.
"""

import os
import signal
import threading
import time
from contextlib import suppress

from exporter.jobs import State
from tests.chaos import census, invariants
from tests.chaos.trial import PROGRESS_EVERY_S, Scene, Trial

GOOD = 200
# Of each: so many to 200 good ones.
POISON, HANGS, HOGS = 10, 5, 5
POISON_ENDS_S = 300.0
LEAST_THROUGHPUT = 0.80
HANG_TIMEOUT_S = 30
# Of fewer, the start of a browser is a part that says nothing of the pace.
FAIR_FROM = 50


def run(trial: Trial) -> None:
    """Draw good jobs alone, then as many among bad ones, and compare."""
    good = trial.jobs(GOOD)
    clean_s = _clean(trial, good)
    with trial.stack() as scene:
        by_kind = _mix(scene, good)
        points = [f"after_claim=kill,job={job}" for job in by_kind["poison"]]
        points += [f"after_capture=hang:10000,job={job}" for job in by_kind["hang"]]
        begun = time.monotonic()
        scene.stack.start_workers(trial.options.workers, FAILPOINTS=";".join(points))
        scene.stack.await_workers(1)
        with _Hunger(scene, by_kind["hog"]):
            mixed_s = _took(scene, by_kind["good"], begun)
            scene.await_ends(len(scene.accepted), POISON_ENDS_S)
        _judge(scene, by_kind)
        _judge_throughput(scene, by_kind, clean_s, mixed_s)
        invariants.check(scene)


def _mix(scene: Scene, good: int) -> dict[str, list[str]]:
    """Submit good and bad jobs in an order of chance; return them by kind."""
    changes: dict[str, dict[str, int]] = {
        "good": {},
        "poison": {},
        "hang": {"timeout": 1000 * HANG_TIMEOUT_S},
        "hog": {"timeout": 60_000},
    }
    bad = {"poison": POISON, "hang": HANGS, "hog": HOGS}
    kinds = ["good"] * good
    for kind, number in bad.items():
        kinds += [kind] * max(1, round(number * good / GOOD))
    scene.chance.shuffle(kinds)
    by_kind: dict[str, list[str]] = {kind: [] for kind in changes}
    for kind in kinds:
        by_kind[kind] += scene.submit(1, **changes[kind])
    return by_kind


def _judge_throughput(
    scene: Scene, by_kind: dict[str, list[str]], clean_s: float, mixed_s: float
) -> None:
    """Compare how long the good ones took: *clean_s* alone, *mixed_s* among bad ones."""
    trial = scene.trial
    last = max(r.ended_at for r in scene.records(by_kind["good"]))
    held_s = sum(
        max(0.0, min(r.ended_at, last) - r.claimed_at)
        for r in scene.records(by_kind["hang"])
        if r.claimed_at
    )
    fair_s = mixed_s - held_s / trial.options.workers
    told = f"{clean_s / fair_s:.0%} ({clean_s:.0f} s alone, {mixed_s:.0f} s mixed)"
    trial.fact("seconds that hanging jobs held their workers", round(held_s))
    if len(by_kind["good"]) < FAIR_FROM:
        trial.fact("throughput beside poison, of too few jobs to be judged", told)
        return
    trial.goal(
        "throughput beside poison",
        wanted=f">= {LEAST_THROUGHPUT:.0%}",
        measured=told,
        met=clean_s / fair_s >= LEAST_THROUGHPUT,
    )


def _clean(trial: Trial, good: int) -> float:
    """Return the seconds that *good* jobs take alone."""
    with trial.stack() as scene:
        jobs = scene.submit(good)
        begun = time.monotonic()
        scene.stack.start_workers(trial.options.workers)
        return _took(scene, jobs, begun)


def _took(scene: Scene, jobs: list[str], begun: float) -> float:
    """Return the seconds from *begun* until the last of *jobs* has ended."""
    deadline = time.monotonic() + 10.0 * len(jobs) + 300
    said = time.monotonic()
    while time.monotonic() < deadline:
        ended = sum(record.state.ended for record in scene.records(jobs))
        if ended == len(jobs):
            break
        if time.monotonic() - said >= PROGRESS_EVERY_S:
            said = time.monotonic()
            scene.trial.say(f"{ended} of {len(jobs)} good ones ended")
        threading.Event().wait(0.5)
    return time.monotonic() - begun


def _judge(scene: Scene, by_kind: dict[str, list[str]]) -> None:
    goal = scene.trial.goal
    poison = scene.records(by_kind["poison"])
    crashed = [r for r in poison if r.failure and r.failure.code == "worker_crashed"]
    goal(
        "poison that failed as worker_crashed", wanted=len(by_kind["poison"]), measured=len(crashed)
    )
    goal(
        "starts of a poison job, at most",
        wanted="<= 3",
        measured=max(r.starts for r in poison),
        met=max(r.starts for r in poison) <= 3,
    )
    slow = max(r.ended_at - r.claimed_at for r in poison)
    goal(
        "poison ended within",
        wanted=f"<= {POISON_ENDS_S:g} s",
        measured=f"{slow:.0f} s",
        met=slow <= POISON_ENDS_S,
    )
    for kind in ("hang", "hog"):
        ended = sum(r.state.ended for r in scene.records(by_kind[kind]))
        goal(f"{kind} jobs ended", wanted=len(by_kind[kind]), measured=ended)
    codes = {r.failure.code for r in scene.records(by_kind["hog"]) if r.failure}
    scene.trial.fact("codes of jobs whose renderer was killed", sorted(codes))
    good = sum(r.state is State.COMPLETED for r in scene.records(by_kind["good"]))
    goal("good jobs completed", wanted=len(by_kind["good"]), measured=good)


class _Hunger:
    """Kills the renderer that draws one of *jobs*, each time, as the kernel does to a hog."""

    def __init__(self, scene: Scene, jobs: list[str]) -> None:
        self._scene = scene
        self._jobs = jobs
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hunger", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._over.wait(0.1):
            for record in self._scene.records(self._jobs):
                if record.state is State.RUNNING and record.progress.stage == "tiles":
                    self._strike(int(record.worker.rpartition(":")[2]))

    def _strike(self, child: int) -> None:
        for process in census.below(child):
            if "--type=renderer" in process.command:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
