"""K7, a receiver that is down for days: the ten attempts of the schedule, by a clock moved on.

A new sender for each, as after a restart of its worker, and the broker's own keys lost between two.
"""

import asyncio

from exporter.addresses import AddressRules
from exporter.http_client import HttpClient, resolve_by_system
from exporter.outbox import NoticeState, Outbox
from exporter.queues import Priority
from exporter.webhooks import JITTER, SCHEDULE_S, Sender
from tests.chaos.trial import Scene, Trial
from tests.receivers import ERROR, GONE, OK

# A clock that is moved by hand is right to the second.
GRACE_S = 2.0


def run(trial: Trial) -> None:
    """Complete a job while its receiver is down, and tell it ten times."""
    with trial.stack() as scene:
        scene.host.mode = ERROR
        [job_id, other] = _completed(scene, 2)
        asyncio.run(_schedule(scene, job_id))
        scene.host.mode = GONE
        scene.stack.outbox.redeliver(other)
        asyncio.run(_turn(scene, 0.0))
        [notice] = scene.stack.outbox.of_job(other)
        trial.goal("state after 410", wanted="disabled", measured=notice.state.value)
        scene.host.mode = OK
        before = len(scene.host.got)
        asyncio.run(_turn(scene, 10 * SCHEDULE_S[-1]))
        trial.goal("posts after the end", wanted=0, measured=len(scene.host.got) - before)


def _completed(scene: Scene, count: int) -> list[str]:
    """Have *count* jobs completed and the first attempt at telling made; no worker is left."""
    scene.stack.start_worker(1)
    scene.stack.await_workers(1)
    jobs = scene.submit(count)
    scene.await_ends(count, 120)
    for job_id in jobs:
        scene.stack.until(lambda job=job_id: _attempts(scene, job) == 1, "it was told once", 30)
    scene.stack.stop("worker-1")
    return jobs


def _attempts(scene: Scene, job_id: str) -> int:
    return sum(notice.attempts for notice in scene.stack.outbox.of_job(job_id))


async def _schedule(scene: Scene, job_id: str) -> None:
    """Move the clock to each due time and judge that the attempt comes then and not before."""
    goal, ahead_s, waits, wrong = scene.trial.goal, 0.0, [], []
    for attempt in range(2, len(SCHEDULE_S) + 1):
        [notice] = scene.stack.outbox.of_job(job_id)
        if notice.state is not NoticeState.WAITING:
            break
        last = notice.deliveries[-1].at
        waits.append(notice.due_at - last)
        if abs(waits[-1] - SCHEDULE_S[attempt - 1]) > JITTER * SCHEDULE_S[attempt - 1] + GRACE_S:
            wrong.append((attempt, round(waits[-1])))
        now = _now(scene)
        await _turn(scene, notice.due_at - now - GRACE_S)
        early = _attempts(scene, job_id)
        ahead_s = notice.due_at - now + GRACE_S
        _lose_broker(scene)
        await _turn(scene, ahead_s)
        if (early, _attempts(scene, job_id)) != (attempt - 1, attempt):
            wrong.append((attempt, "not at its time"))
    [notice] = scene.stack.outbox.of_job(job_id)
    ids = {got.id for got in scene.host.got if got.id == notice.id}
    goal("attempts", wanted=len(SCHEDULE_S), measured=notice.attempts)
    goal("waits off the schedule by more than a tenth", wanted=[], measured=wrong)
    goal("ids of one notice", wanted=[notice.id], measured=sorted(ids))
    goal("state after all attempts", wanted="exhausted", measured=notice.state.value)


async def _turn(scene: Scene, ahead_s: float) -> None:
    """Let a new sender, with a clock *ahead_s* ahead, tell what is due."""
    config = scene.stack.plan.settings
    rules = AddressRules(config.egress_allow)
    client = HttpClient(config, rules, resolve_by_system)
    outbox = Outbox(scene.stack.client, ahead_s=lambda: max(0.0, ahead_s))
    sender = Sender(outbox, client, lambda key: f"https://bucket.example/{key}", config)
    try:
        await sender.turn()
        await sender.idle()
    finally:
        await sender.close()


def _now(scene: Scene) -> float:
    seconds, micro = scene.stack.client.time()
    return float(seconds) + micro / 1e6


def _lose_broker(scene: Scene) -> None:
    """Drop all that is Celery's in Redis, as if the broker had been emptied."""
    client = scene.stack.client
    queues = [priority.value for priority in Priority]
    client.delete(*queues, "unacked", "unacked_index", *client.keys("_kombu*"))
