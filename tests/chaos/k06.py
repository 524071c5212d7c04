"""K6, a storage outage of a minute: no job fails or is drawn twice, and all are stored after it."""

import threading
import time

from tests.chaos import invariants
from tests.chaos.k05 import bucket
from tests.chaos.toxi import WELL, Evil
from tests.chaos.trial import Trial

JOBS = 200
OUTAGE_S = 60.0
STORED_S = 120.0


def run(trial: Trial) -> None:
    """Take the storage away while jobs are drawn, and give it back."""
    count = trial.jobs(JOBS)
    with bucket(trial) as store, trial.stack(files=store.files, **store.settings) as scene:
        scene.stack.start_workers(trial.options.workers)
        scene.stack.await_workers(trial.options.workers)
        scene.submit(count)
        scene.await_ends(max(1, count // 10), 120)
        store.net.evil = Evil(down=True)
        trial.say(f"the storage is away for {OUTAGE_S:g} s")
        threading.Event().wait(OUTAGE_S)
        store.net.evil = WELL
        drawn = [r.job_id for r in scene.records() if r.claimed_at]
        begun = time.monotonic()
        scene.await_ends(count, STORED_S + 10.0 * count)
        late = time.monotonic() - begun if drawn else 0.0
        trial.fact("all ended so long after the storage came back", f"{late:.0f} s")
        stored = max((r.ended_at for r in scene.records(drawn)), default=0.0)
        back = stored - (time.time() - (time.monotonic() - begun))
        trial.goal(
            "those begun during the outage were stored within",
            wanted=f"<= {STORED_S:g} s",
            measured=f"{back:.0f} s",
            met=back <= STORED_S,
        )
        tokens = [int(scene.stack.client.hget(f"export:job:{j}", "token")) for j in scene.accepted]
        trial.goal("drawings", wanted=count, measured=sum(tokens))
        invariants.check(scene, completed=count)
