"""K4, an impatient deploy: each worker is asked to leave and killed five seconds later."""

import threading
import time

from exporter.jobs import State
from tests.chaos import census, invariants
from tests.chaos.k01 import judge_recovery
from tests.chaos.sniper import LOOK_S, Recovery
from tests.chaos.trial import Scene, Trial

JOBS = 200
ROUNDS = 3
PATIENCE_S = 5.0
# The first job of each process takes longer than that, so that there is something to cut off.
SLOW_FIRST = "after_capture=hang:15,1/process"
BUSY_S = 60.0


def run(trial: Trial) -> None:
    """Replace all workers three times, without waiting for them."""
    count = trial.jobs(JOBS)
    with trial.stack() as scene:
        scene.stack.start_workers(trial.options.workers, FAILPOINTS=SLOW_FIRST)
        scene.stack.await_workers(trial.options.workers)
        recovery = Recovery(scene)
        over = threading.Event()
        watch = threading.Thread(target=_watch, args=(recovery, over), daemon=True)
        watch.start()
        turns = ROUNDS * trial.options.workers
        for turn in range(turns):
            number = turn % trial.options.workers + 1
            # As much as is its share, so that there is something to draw at each turn.
            scene.submit(count * (turn + 1) // turns - count * turn // turns)
            hurry(scene, f"worker-{number}", recovery)
            scene.stack.start_worker(number, FAILPOINTS=SLOW_FIRST)
        scene.await_ends(count, 10.0 * count + 300)
        over.set()
        watch.join(10)
        judge_recovery(trial, recovery.seconds)
        invariants.check(scene, completed=count - max(1, count // 1000))


def hurry(scene: Scene, name: str, recovery: Recovery) -> None:
    """Stop worker *name*, by force after PATIENCE_S, noting which jobs that struck."""
    main = scene.stack.pid(name)
    children = _until_busy(scene, main)
    code = scene.stack.stop(name, within_s=PATIENCE_S)
    if code < 0:
        recovery.struck(children)
    scene.trial.say(f"{name} ended with {code}")


def _until_busy(scene: Scene, main: int) -> list[int]:
    """Return the children of *main* once one of them draws, or when there is nothing to draw."""
    deadline = time.monotonic() + BUSY_S
    while True:
        children = [p.pid for p in census.below(main) if census.kind_of(p, main) == "child"]
        running = [r for r in scene.records() if r.state is State.RUNNING]
        if any(int(r.worker.rpartition(":")[2]) in children for r in running):
            return children
        if time.monotonic() > deadline:
            return children
        threading.Event().wait(0.2)


def _watch(recovery: Recovery, over: threading.Event) -> None:
    while not over.wait(LOOK_S):
        recovery.look()
