"""K1, a thousand under fire: workers shot at all the time, Redis killed twice, the API once.

At production's own lease, heartbeat and sweep.
"""

import os
import signal

from tests.chaos import census, invariants
from tests.chaos.numbers import percentile
from tests.chaos.sniper import MOST_CRASHED, Sniper, crashed_share
from tests.chaos.trial import Scene, Trial

JOBS = 1000
# One in a thousand may fail: 99.5 % with 95 % confidence (docs/reliability.md).
MAY_FAIL = 1000
EVERY_S = 3.0
RECOVERY_S = 60.0
# What two slow cores need for a job, and what a job may take in all.
A_JOB_S, A_DEADLINE_S = 6.0, 400.0
# The visibility timeout is twice the longest job's, and a killed worker's message waits for it.
SETTINGS = {"EXPORT_TIMEOUT_MAX_S": "300"}


def run(trial: Trial) -> None:
    """Draw them all under fire and see what is left."""
    count = trial.jobs(JOBS)
    with trial.stack(**SETTINGS) as scene:
        scene.stack.start_workers(trial.options.workers)
        scene.stack.await_workers(trial.options.workers)
        fire(scene, count)
        invariants.check(scene, completed=count - max(1, count // MAY_FAIL))


def fire(scene: Scene, count: int, every_s: float = EVERY_S) -> None:
    """Have *count* jobs drawn while a sniper shoots; judge shares and recovery."""
    trial = scene.trial
    feeder = scene.submit_in_background(count, in_flight=60)
    blows = Blows(scene, count)
    with Sniper(scene, scene.chance, every_s=every_s) as sniper:
        scene.await_ends(count, count * A_JOB_S + A_DEADLINE_S, between=blows.look)
        feeder.join(60)
    attempts, crashed = crashed_share(scene)
    share = crashed / attempts if attempts else 1.0
    trial.goal(
        "share of crashed attempts",
        wanted=f"<= {MOST_CRASHED:.0%}",
        measured=f"{share:.1%} ({crashed} of {attempts})",
        met=share <= MOST_CRASHED,
    )
    trial.fact("shots", dict(sniper.shots))
    trial.fact("shots withheld for the share", sniper.withheld)
    trial.fact("blows", blows.struck)
    trial.fact("calls without an answer", scene.caller.unanswered)
    trial.goal("jobs accepted", wanted=count, measured=len(scene.accepted))
    judge_recovery(trial, sniper.recovery.seconds)


def judge_recovery(trial: Trial, seconds: list[float]) -> None:
    """Judge how long jobs of killed workers waited until they ran again, or were next."""
    if not seconds:
        trial.fact("recovery", "no job was under way in a killed worker")
        return
    p95 = percentile(seconds, 95)
    trial.goal(
        "recovery of a killed worker's job, p95",
        wanted=f"<= {RECOVERY_S:g} s",
        measured=f"{p95:.1f} s of {len(seconds)}",
        met=p95 <= RECOVERY_S,
    )


class Blows:
    """What is killed as the jobs end: Redis at a third and at two, the API at half."""

    def __init__(self, scene: Scene, count: int) -> None:
        self._scene = scene
        self._due = [(count / 3, "redis"), (count / 2, "api"), (2 * count / 3, "redis")]
        self.struck: list[str] = []

    def look(self, ended: int) -> None:
        while self._due and ended >= self._due[0][0]:
            _, name = self._due.pop(0)
            if name == "api":
                kill_api_process(self._scene)
            else:
                self._scene.stack.kill(name)
            self.struck.append(f"{name} at {ended}")
            self._scene.trial.say(f"killed {name} at {ended} jobs ended")


def kill_api_process(scene: Scene) -> None:
    """SIGKILL one of gunicorn's processes, as an out-of-memory killer would."""
    processes = [p for p in census.below(scene.stack.pid("api")) if not p.is_zombie]
    os.kill(scene.chance.choice(sorted(processes, key=lambda p: p.pid)).pid, signal.SIGKILL)
