"""The gates in one minute, for `make test` and for the mutants: few jobs, one stack, fixed faults.

Each failpoint once, a poison job, tenfold messages, Redis killed, and at the end all workers killed
for good.
"""

import os
import signal
import threading
import time

from exporter.failpoints import FIRED, NAMES
from tests.chaos import invariants, k13
from tests.chaos.k12 import SHORT, Cell, tell
from tests.chaos.trial import Scene, Trial

# By name; all others are `raise`. A kill costs a browser's start, so only where it tells most.
_ACTIONS = {
    "api_after_enqueue": "kill", "after_claim": "kill", "after_upload": "kill",
    "after_finish": "kill",
    "after_heartbeat": "hang", "before_finish": "hang",
}  # fmt: skip
CELLS = [Cell(name, _ACTIONS.get(name, "raise")) for name in NAMES]
WORKERS = 2
COPIED = 2
# Under way when Redis is killed.
AMID = 3
# 40 s are usual; a machine with other work needs longer, and that is no breach.
WITHIN_S = 240.0
# Where a breach is what is looked for, it need not be waited for so long.
DOOMED_S = 100.0


def run(trial: Trial) -> None:
    """Play all of it in one stack."""
    with trial.stack(**SHORT) as scene:
        copied = scene.submit(COPIED)
        k13.multiply(scene)
        by_job = {scene.submit(1)[0]: cell for cell in CELLS if cell.has_job}
        [poison] = scene.submit(1)
        by_job |= through_one_api(scene)
        entries = [cell.entry(job_id) for job_id, cell in by_job.items() if cell.has_job]
        # Whatever they send again first: the jobs of the processes killed here.
        entries += [cell.entry() for cell in CELLS if cell.name.startswith("sweeper_")]
        entries.append(f"after_claim=kill,job={poison}")
        scene.stack.start_workers(WORKERS, FAILPOINTS=";".join(entries))
        within_s = DOOMED_S if trial.doomed else WITHIN_S
        await_failpoints(scene, within_s)
        # A failpoint that Redis cannot note is passed by, so it is killed when none waits any more.
        scene.submit(AMID)
        scene.stack.kill("redis")
        scene.await_ends(len(scene.accepted), within_s)
        judge(scene, by_job, copied, poison)
        invariants.check(scene, completed=len(scene.accepted) - 1)
        invariants.last_stand(scene)


def await_failpoints(scene: Scene, within_s: float) -> None:
    """Wait until each failpoint has fired; `judge` tells of those that have not."""
    deadline = time.monotonic() + within_s
    while set(NAMES) - fired(scene) and time.monotonic() < deadline:
        threading.Event().wait(0.2)
    scene.trial.say(f"{len(fired(scene))} of {len(NAMES)} failpoints fired")


def fired(scene: Scene) -> set[str]:
    return {str(name) for name in scene.stack.client.smembers(FIRED)}


def through_one_api(scene: Scene) -> dict[str, Cell]:
    """Meet the API's failpoints one after the other at one process, and ask again elsewhere."""
    cells = [cell for cell in CELLS if cell.is_api]
    port = scene.stack.start_second_api(FAILPOINTS=";".join(cell.entry() for cell in cells))
    met = {}
    for cell in cells:
        body = scene.poster()
        struck = scene.caller.submit(body, cell.name, port)
        again = scene.caller.submit(body, cell.name)
        scene.trial.goal(
            f"{cell.name} was met",
            wanted="0 or 500",
            measured=struck.status,
            met=struck.status in (0, 500),
        )
        scene.accepted.append(str(again.json["job_id"]))
        met[scene.accepted[-1]] = cell
    os.kill(scene.stack.pid("api-2"), signal.SIGKILL)
    scene.stack.stop("api-2")
    known = len(scene.stack.client.keys("export:job:*"))
    scene.trial.goal("jobs in all", wanted=len(scene.accepted), measured=known)
    return met


def judge(scene: Scene, by_job: dict[str, Cell], copied: list[str], poison: str) -> None:
    goal, client = scene.trial.goal, scene.stack.client
    met = fired(scene)
    goal("failpoints not reached", wanted=[], measured=sorted(set(NAMES) - met))
    scene.trial.facts["failpoints fired"] = sorted(met)
    tell(scene, by_job)
    tokens = [int(client.hget(f"export:job:{job}", "token")) for job in copied]
    goal("attempts at a job whose message came tenfold", wanted=1, measured=max(tokens))
    record = scene.record(poison)
    code = record.failure.code if record and record.failure else "none"
    goal(
        "poison's end",
        wanted="worker_crashed after 3",
        measured=f"{code} after {record.starts if record else 0}",
    )
