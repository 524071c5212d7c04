"""K13, duplicates: each message ten times over; one finish, one object, one webhook."""

import json
import uuid

from exporter.queues import Priority
from tests.chaos import invariants
from tests.chaos.k12 import SHORT
from tests.chaos.trial import Scene, Trial

JOBS = 20
COPIES = 10


def run(trial: Trial) -> None:
    """Copy every message before a worker runs, then let them run."""
    with trial.stack(**SHORT) as scene:
        scene.submit(trial.jobs(JOBS))
        multiply(scene)
        scene.stack.start_workers(trial.options.workers)
        scene.await_ends(len(scene.accepted), 300)
        judge(scene)
        invariants.check(scene, completed=len(scene.accepted))


def multiply(scene: Scene) -> None:
    """Put nine copies of each message behind it, each to be acknowledged for itself."""
    queue = Priority.NORMAL.value
    for text in scene.stack.client.lrange(queue, 0, -1):
        for _ in range(COPIES - 1):
            message = json.loads(text)
            message["properties"]["delivery_tag"] = str(uuid.uuid4())
            scene.stack.client.lpush(queue, json.dumps(message))


def judge(scene: Scene) -> None:
    """Judge that each job was begun once and that nothing waits any more."""
    client, goal = scene.stack.client, scene.trial.goal
    tokens = [int(client.hget(f"export:job:{job}", "token")) for job in scene.accepted]
    goal("attempts of a job", wanted=1, measured=max(tokens))
    left = scene.stack.until(
        lambda: f"{client.llen(Priority.NORMAL.value)}" if _taken_up(scene) else "",
        "the copies are taken up",
    )
    goal("messages left", wanted="0", measured=left)


def _taken_up(scene: Scene) -> bool:
    return not scene.stack.client.llen(Priority.NORMAL.value)
