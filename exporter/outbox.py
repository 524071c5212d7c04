"""The outbox: what webhooks are to be told, kept in Redis until it is told or given up.

A row, a *notice*, is written by the script that ends its job (`jobs.lua`), so that an ending and
its notice are one. Senders claim due notices here and say what came of them; a claim runs out, so
that a sender that died delays its notices and loses none. The scripts are `outbox.lua`.
"""

import json
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, cast

import redis

from exporter.errors import NoticeNotFound
from exporter.events import Event
from exporter.jobs import PREFIX, Failure, Result, read_result
from exporter.scripts import Scripts, ask

# So many at once to one host: more would make an attack of somebody's thousand posters.
PER_HOST = 5
# A sender is done within its timeout of 15 s; what it has not settled by then, it never will.
CLAIM_S = 60.0
# Attempts kept in the log of a notice: two whole schedules, and some redelivered by hand.
KEPT_DELIVERIES = 30
# A receiver that said 410 is left alone for so long, unless a redelivery takes it back.
GONE_S = 30 * 86_400.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - the specification's prefix, not a secret
# The specification wants 24 to 64.
SECRET_BYTES = 32


class NoticeState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Delivery:
    """One attempt: when it began, the HTTP *status* (0: none), and *outcome* in a word."""

    at: float
    outcome: str
    status: int
    duration_ms: int


@dataclass(frozen=True)
class Notice:
    """What is to be told of one ending. Times in seconds by Redis' clock; 0 = not (any more)."""

    id: str
    job_id: str
    key_id: str
    event: Event
    url: str
    secret: str
    created_at: float
    due_at: float
    state: NoticeState
    attempts: int
    result: Result | None
    failure: Failure | None
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True)
class Claimed:
    """A notice to send now; *claim* proves the right to say what came of it."""

    notice: Notice
    claim: str
    now: float


class Outbox:
    """The notices of one Redis. *ahead_s* moves the clock, which is Redis', for tests."""

    def __init__(
        self, client: "redis.Redis", *, ahead_s: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._redis = client
        self._scripts = Scripts(client, "outbox.lua")
        self._ahead_s = ahead_s

    def claim(self, limit: int) -> list[Claimed]:
        """Take at most *limit* due notices, at most PER_HOST of a host under way at once."""
        rows = self._run("claim", limit, PER_HOST, round(CLAIM_S * 1000))
        return [_claimed(json.loads(row)) for row in rows]

    def settle(
        self, claimed: Claimed, state: NoticeState, delivery: Delivery, delay_s: float = 0.0
    ) -> None:
        """Log *delivery*, and leave the notice in *state*; waiting, it is due after *delay_s*.

        When the claim is no longer the current one, only the log remembers.
        """
        self._run(
            "settle",
            claimed.notice.id,
            claimed.claim,
            state.value,
            round(delay_s * 1000),
            json.dumps(asdict(delivery)),
            KEPT_DELIVERIES,
            PER_HOST,
            round(GONE_S * 1000),
        )

    def backlog(self) -> tuple[int, float]:
        """Return how many notices are not told yet, and for how long the first of them is due."""
        waiting, late_ms = self._run("backlog")
        return int(waiting), int(late_ms) / 1000

    def of_job(self, job_id: str) -> list[Notice]:
        """Return the notices of *job_id*, oldest first, each with the log of its deliveries."""
        count = ask(self._redis.hget, f"{PREFIX}job:{job_id}", "notices")
        ids = [_notice_id(job_id, nth) for nth in range(1, int(cast(str, count) or 0) + 1)]
        pipe = self._redis.pipeline(transaction=False)
        for id_ in ids:
            pipe.hgetall(f"{PREFIX}notice:{id_}")
            pipe.lrange(f"{PREFIX}deliveries:{id_}", 0, -1)
        found = ask(pipe.execute)
        return [
            _notice({**found[2 * n], "id": id_}, found[2 * n + 1])
            for n, id_ in enumerate(ids)
            if found[2 * n]
        ]

    def redeliver(self, job_id: str) -> None:
        """Send the last notice of *job_id* again, now. Raises NoticeNotFound when it has none."""
        notices = self.of_job(job_id)
        if not notices or self._run("redeliver", notices[-1].id) != ["ok"]:
            raise NoticeNotFound(f"job {job_id} has no notice")

    def secret_of(self, key_id: str) -> str:
        """Return what signs the notices of API key *key_id*; made when first asked for."""
        place = f"{PREFIX}webhook-secret:{key_id}"
        made = SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        ask(self._redis.set, place, made, nx=True)
        return cast(str, ask(self._redis.get, place))

    def _run(self, script: str, *args: Any) -> list[str]:
        return self._scripts.run(script, round(self._ahead_s() * 1000), *args)


def _notice_id(job_id: str, nth: int) -> str:
    """Return the `webhook-id` of a job's *nth* ending, as jobs.lua makes it."""
    return f"msg_{job_id.replace('-', '')}_{nth}"


def _claimed(row: dict[str, Any]) -> Claimed:
    return Claimed(_notice(row, []), claim=row["claims"], now=row["now"] / 1000)


def _notice(row: dict[str, Any], deliveries: list[str]) -> Notice:
    event = Event(row["event"])
    ended = json.loads(row["ended"]) if row["ended"] else {}
    return Notice(
        id=row["id"],
        job_id=row["job_id"],
        key_id=row["key_id"],
        event=event,
        url=row["url"],
        secret=row["secret"],
        created_at=int(row["created_at"]) / 1000,
        due_at=int(row["due_at"]) / 1000,
        state=NoticeState(row["state"]),
        attempts=int(row["attempts"]),
        result=read_result(ended) if event is Event.COMPLETED else None,
        failure=Failure(**ended) if event is Event.FAILED else None,
        deliveries=tuple(Delivery(**json.loads(text)) for text in deliveries),
    )
