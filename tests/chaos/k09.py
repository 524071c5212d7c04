"""K9, a burst of ten times what the queue takes: taken or refused at once, never an error."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.chaos import invariants
from tests.chaos.caller import Answer
from tests.chaos.numbers import percentile
from tests.chaos.trial import Scene, Trial

SUBMITS = 1000
WITHIN_S = 10.0
P99_S = 0.250
CALLERS = 32


def run(trial: Trial) -> None:
    """Send the burst, then have all that were accepted drawn."""
    count = trial.jobs(SUBMITS)
    cap = max(1, count // 2)
    with trial.stack(EXPORT_QUEUE_LIMIT=str(cap)) as scene:
        answers = burst(scene, count)
        judge(scene, answers, cap)
        scene.stack.start_workers(trial.options.workers)
        scene.await_ends(len(scene.accepted), 10.0 * len(scene.accepted) + 120)
        invariants.check(scene, completed=len(scene.accepted))


def burst(scene: Scene, count: int) -> list[Answer]:
    """Submit *count* posters, spread evenly over WITHIN_S."""
    begun, pause = time.monotonic(), WITHIN_S / count
    bodies = [scene.poster() for _ in range(count)]

    def submit(number: int) -> Answer:
        threading.Event().wait(max(0.0, begun + number * pause - time.monotonic()))
        return scene.caller.submit(bodies[number])

    with ThreadPoolExecutor(CALLERS, thread_name_prefix="burst") as pool:
        answers = list(pool.map(submit, range(count)))
    scene.accepted += [str(a.json["job_id"]) for a in answers if a.status == 202]
    return answers


def judge(scene: Scene, answers: list[Answer], cap: int) -> None:
    goal = scene.trial.goal
    statuses = Counter(answer.status for answer in answers)
    scene.trial.fact("answers by status", dict(statuses))
    goal(
        "answers that are neither 202 nor 429",
        wanted=0,
        measured=len(answers) - statuses[202] - statuses[429],
    )
    bare = sum(a.status == 429 and not a.retry_after_s for a in answers)
    goal("429 without Retry-After", wanted=0, measured=bare)
    # Nobody draws yet.
    goal("jobs accepted", wanted=cap, measured=statuses[202])
    p99 = percentile([answer.seconds for answer in answers], 99)
    goal(
        "submit, p99",
        wanted=f"< {1000 * P99_S:.0f} ms",
        measured=f"{1000 * p99:.0f} ms",
        met=p99 < P99_S,
    )
