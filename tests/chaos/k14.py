"""K14, a stale writer: a worker process stopped past its lease comes back with a finished poster.

Its word is refused and its object removed; another has drawn the job meanwhile.
"""

import os
import signal

from exporter.jobs import State
from tests.chaos import invariants
from tests.chaos.k12 import SHORT
from tests.chaos.trial import Scene, Trial

JOBS = 5
# Long enough to be seen and stopped there, its object stored and its end not yet told.
PAUSE = "before_finish=hang:2,1/job"


def run(trial: Trial) -> None:
    """Stop a process at each job, wait for another to complete it, and let the first go on."""
    with trial.stack(**SHORT) as scene:
        scene.stack.start_workers(2, FAILPOINTS=PAUSE)
        scene.stack.await_workers(2)
        for _ in range(trial.jobs(JOBS)):
            stale(scene)
        refused = sum(
            '"lease lost"' in line
            for name in scene.stack.worker_names()
            for line in scene.stack.log(name).read_text(errors="replace").splitlines()
        )
        trial.goal("stale ends refused", wanted=len(scene.accepted), measured=refused)
        invariants.check(scene, completed=len(scene.accepted))


def stale(scene: Scene) -> None:
    """Play one job through."""
    stack = scene.stack
    [job_id] = scene.submit(1)

    def stored() -> str:
        record = scene.record(job_id)
        return record.worker if record and record.progress.stage == "uploaded" else ""

    child = int(stack.until(stored, "the poster is stored", 60).rpartition(":")[2])
    os.kill(child, signal.SIGSTOP)
    stored_by_now = sum(f"poster-{job_id}-" in key for key in scene.files())
    scene.trial.goal("objects of the stopped one", wanted=1, measured=stored_by_now)
    try:
        stack.until(lambda: _completed(scene, job_id), "another worker has drawn it", 120)
    finally:
        os.kill(child, signal.SIGCONT)
    stack.until(
        lambda: any(f'"{job_id}"' in line and "lease lost" in line for line in _logs(scene)),
        "the stale end is refused",
        60,
    )


def _completed(scene: Scene, job_id: str) -> bool:
    record = scene.record(job_id)
    return record is not None and record.state is State.COMPLETED


def _logs(scene: Scene) -> list[str]:
    names = scene.stack.worker_names()
    return [
        line
        for name in names
        for line in scene.stack.log(name).read_text(errors="replace").splitlines()
    ]
