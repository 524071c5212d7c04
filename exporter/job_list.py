"""Jobs as an operator looks for them: many at once, by state, code, age and queue."""

import json
from dataclasses import dataclass
from typing import cast

import redis

from exporter.jobs import PREFIX, State
from exporter.queues import Priority
from exporter.scripts import ask

# Records read in one round trip; Redis is never kept from the workers for long.
_BATCH = 500
_FIELDS = (
    "state", "stage", "progress", "priority", "key_id", "worker",
    "created_at", "ended_at", "attempts", "starts", "failure",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which jobs: all that the given ones say. *since* is a time, of which the job was made."""

    states: tuple[State, ...] = tuple(State)
    code: str = ""
    since: float = 0.0
    queue: Priority | None = None


@dataclass(frozen=True)
class Row:
    """A job in a list, without what it draws. Times in seconds since the epoch, 0 = not yet."""

    job_id: str
    state: State
    stage: str
    percent: int
    queue: Priority
    key_id: str
    worker: str
    created_at: float
    ended_at: float
    attempts: int
    code: str

    def fits(self, wanted: Wanted) -> bool:
        return (
            self.state in wanted.states
            and (not wanted.code or self.code == wanted.code)
            and self.created_at >= wanted.since
            and wanted.queue in (None, self.queue)
        )


def find(client: "redis.Redis", wanted: Wanted) -> list[Row]:
    """Return the jobs that fit, newest first. Raises QueueUnavailable."""
    sets = [s.value for s in (State.QUEUED, State.RUNNING, State.RETRYING) if s in wanted.states]
    if State.QUEUED in wanted.states:
        sets.append("following")
    if any(state.ended for state in wanted.states):
        sets.append("ended")
    ids: dict[str, None] = {}
    for name in sets:
        ids |= dict.fromkeys(cast(list[str], ask(client.zrange, f"{PREFIX}{name}", 0, -1)))
    return rows(client, list(ids), wanted)


def rows(client: "redis.Redis", job_ids: list[str], wanted: Wanted) -> list[Row]:
    """Return those of *job_ids* that exist and fit, newest first. Raises QueueUnavailable."""
    found: list[Row] = []
    for start in range(0, len(job_ids), _BATCH):
        batch = job_ids[start : start + _BATCH]
        pipe = client.pipeline(transaction=False)
        for job_id in batch:
            pipe.hmget(f"{PREFIX}job:{job_id}", _FIELDS)
        answers = cast(list[list[str | None]], ask(pipe.execute))
        found += [
            _row(job_id, answer)
            for job_id, answer in zip(batch, answers, strict=True)
            if answer[0] is not None
        ]
    fitting = [row for row in found if row.fits(wanted)]
    return sorted(fitting, key=lambda row: row.created_at, reverse=True)


def _row(job_id: str, answer: list[str | None]) -> Row:
    told = {name: text or "" for name, text in zip(_FIELDS, answer, strict=True)}
    return Row(
        job_id=job_id,
        state=State(told["state"]),
        stage=told["stage"],
        percent=int(told["progress"]),
        queue=Priority(told["priority"]),
        key_id=told["key_id"],
        worker=told["worker"],
        created_at=int(told["created_at"]) / 1000,
        ended_at=int(told["ended_at"] or 0) / 1000,
        attempts=int(told["attempts"]) + int(told["starts"]),
        code=json.loads(told["failure"])["code"] if told["failure"] else "",
    )
