"""What must hold after every gate, whatever was done to the service: checked from the outside.

From the records, the endings counted in Redis, the files in the store, what the receiver got, and
the kernel's list of processes.
"""

import io
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Any

from PIL import Image

from exporter.jobs import JobRecord, State
from tests.chaos.caller import SIDE_PX
from tests.chaos.trial import Scene

# What dies with a worker must be gone so long after the end.
CLEAN_S = 30.0
# The sweeper deletes a loser's object; a killed sender's notice is sent when its claim is over.
TIDY_S = 90.0
# Where a breach is what is looked for.
DOOMED_TIDY_S = 15.0
# How long a browser may take to die with its worker.
LAST_S = 5.0
# Of a poster's pixels at least so many differ from its paper.
LEAST_INK = 0.01


def check(scene: Scene, *, completed: int | None = None) -> None:
    """Judge everything; *completed*: how many jobs at least must have (None: not judged here)."""
    records = {record.job_id: record for record in scene.records()}
    goal = scene.trial.goal
    goal("jobs lost", wanted=0, measured=len(set(scene.accepted) - set(records)))
    goal("jobs stuck", wanted=0, measured=sum(not r.state.ended for r in records.values()))
    done = [r for r in records.values() if r.state is State.COMPLETED]
    if completed is not None:
        measured = f"{len(done)} of {len(scene.accepted)}"
        goal("completed", wanted=f">= {completed}", measured=measured, met=len(done) >= completed)
        _tell_failures(scene, records.values())
    goal("jobs that ended twice", wanted=0, measured=twice_ended(scene, records))
    objects(scene, done)
    webhooks(scene, records)
    leftovers(scene)


def twice_ended(scene: Scene, records: dict[str, JobRecord]) -> int:
    """Return how many endings were counted beyond one a job; each is counted where it happens."""
    counted: dict[Any, Any] = scene.stack.client.hgetall("export:metrics")
    endings = sum(int(n) for name, n in counted.items() if name.startswith("export_jobs|"))
    told = [int(scene.stack.client.hget(f"export:job:{job}", "notices") or 0) for job in records]
    ended = sum(record.state.ended for record in records.values())
    return max(abs(endings - ended), sum(nth > 1 for nth in told))


def objects(scene: Scene, done: Collection[JobRecord]) -> None:
    """Judge that each completed job has one object, its own and a picture, and nobody else any."""
    goal = scene.trial.goal
    wanted = {r.result.key: r.result.sha256 for r in done if r.result}
    surplus = _eventually(lambda: len(set(scene.files()) - set(wanted)), 0, _tidy_s(scene))
    files = scene.files()
    bodies = {key: read() for key, read in files.items() if key in wanted}
    wrong = [k for k, digest in wanted.items() if sha256(bodies.get(k, b"")).hexdigest() != digest]
    goal("objects beyond one a job", wanted=0, measured=surplus)
    goal("objects missing or of another hash", wanted=0, measured=len(wrong))
    goal(
        "blank or broken pictures",
        wanted=0,
        measured=sum(not _is_poster(body) for body in bodies.values()),
    )


def webhooks(scene: Scene, records: dict[str, JobRecord]) -> None:
    """Judge that each ended job was told, under one id and no other."""
    wanted = {job for job, record in records.items() if record.state.ended}

    def told() -> dict[str, set[str]]:
        ids: dict[str, set[str]] = defaultdict(set)
        for got in list(scene.host.got):
            ids[json.loads(got.body)["data"]["job_id"]].add(got.id)
        return ids

    untold = _eventually(lambda: len(wanted - set(told())), 0, _tidy_s(scene))
    scene.trial.goal("endings not told", wanted=0, measured=untold)
    many = sum(len(ids) > 1 for ids in told().values())
    scene.trial.goal("jobs told under two ids", wanted=0, measured=many)
    scene.trial.fact("webhooks received twice", len(scene.host.got) - len(told()))


def leftovers(scene: Scene) -> None:
    """Judge that no process, folder or message is left over."""
    stack, goal = scene.stack, scene.trial.goal
    deadline = time.monotonic() + CLEAN_S

    def left(what: Callable[[], Collection[object]]) -> int:
        return _eventually(lambda: len(what()), 0, max(0.0, deadline - time.monotonic()))

    goal("orphaned browsers", wanted=0, measured=left(stack.orphans))
    goal("zombies", wanted=0, measured=left(stack.zombies))
    goal("leftover profiles", wanted=0, measured=left(stack.leftover_profiles))
    goal("leftover folders of Celery's pools", wanted=0, measured=left(stack.leftover_folders))
    unacked = _eventually(lambda: int(stack.client.hlen("unacked")), 0, _tidy_s(scene))
    goal("messages unacknowledged", wanted=0, measured=unacked)


def last_stand(scene: Scene) -> None:
    """Kill the main process of every worker, for good, and judge that no browser outlives it."""
    for name in scene.stack.worker_names():
        scene.stack.kill_for_good(name)
    left = _eventually(lambda: len(scene.stack.orphans()), 0, LAST_S)
    scene.trial.goal("browsers that outlive their worker", wanted=0, measured=left)


def _tidy_s(scene: Scene) -> float:
    return DOOMED_TIDY_S if scene.trial.doomed else TIDY_S


def _tell_failures(scene: Scene, records: Collection[JobRecord]) -> None:
    codes = Counter(r.failure.code for r in records if r.failure and r.state is State.FAILED)
    if codes:
        scene.trial.fact("failed by code", dict(codes))


def _eventually(look: Callable[[], int], wanted: int, within_s: float) -> int:
    """Return what *look* says as soon as it is *wanted*, else what it says at the end."""
    deadline = time.monotonic() + within_s
    while (seen := look()) != wanted and time.monotonic() < deadline:
        time.sleep(0.2)
    return seen


def _is_poster(body: bytes) -> bool:
    """Tell whether *body* is a whole picture of the size asked for, with something on it."""
    try:
        with Image.open(io.BytesIO(body)) as image:
            image.load()
            grey = image.convert("L")
    except (OSError, SyntaxError):
        return False
    paper = max(grey.histogram())
    return image.size == (SIDE_PX, SIDE_PX) and 1 - paper / SIDE_PX**2 >= LEAST_INK
