"""K3, a rolling deploy: each worker in turn is asked to leave and replaced by a new version."""

import shutil
import tempfile
import time
from pathlib import Path

from tests.chaos import invariants
from tests.chaos.mutants import copy_tree
from tests.chaos.trial import Scene, Trial

JOBS = 300
ROUNDS = 3
# 30 s of grace (docs/adr/0011), and a little for the leaving itself.
LEAVES_S = 35.0


def run(trial: Trial) -> None:
    """Replace all workers three times under load; nothing may fail, nothing be lost or counted."""
    count = trial.jobs(JOBS)
    new = Path(tempfile.mkdtemp(prefix="next-version-"))
    try:
        copy_tree(trial.root, new)
        with trial.stack() as scene:
            scene.stack.start_workers(trial.options.workers)
            scene.stack.await_workers(trial.options.workers)
            feeder = scene.submit_in_background(count, in_flight=60)
            deploy(scene, count, new)
            scene.await_ends(count, 10.0 * count + 300)
            feeder.join(60)
            judge(scene)
            invariants.check(scene, completed=count)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def deploy(scene: Scene, count: int, new: Path) -> None:
    """Replace every worker in turn, the rounds spread over the jobs; judge how each leaves."""
    codes, slowest = [], 0.0
    for turn in range(ROUNDS):
        scene.await_ends(count * (turn + 1) // (ROUNDS + 2), 10.0 * count + 60)
        for number, name in enumerate(scene.stack.worker_names(), 1):
            begun = time.monotonic()
            codes.append(scene.stack.stop(name, within_s=LEAVES_S + 10))
            slowest = max(slowest, time.monotonic() - begun)
            scene.trial.say(f"{name} left with {codes[-1]} in {time.monotonic() - begun:.1f} s")
            scene.stack.start_worker(number, root=new)
    goal = scene.trial.goal
    goal("exit codes of leaving workers", wanted=[0], measured=sorted(set(codes)))
    goal(
        "slowest to leave",
        wanted=f"<= {LEAVES_S:g} s",
        measured=f"{slowest:.1f} s",
        met=slowest <= LEAVES_S,
    )


def judge(scene: Scene) -> None:
    records = scene.records()
    crashed = sum(max(0, record.starts - 1) for record in records)
    scene.trial.goal("starts counted as a crash", wanted=0, measured=crashed)
    scene.trial.goal(
        "attempts counted against a job",
        wanted=0,
        measured=sum(record.attempts for record in records),
    )
