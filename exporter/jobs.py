"""The job record: the only truth about a job, kept in Redis and changed only by the scripts here.

A job is one hash. The scripts of `jobs.lua` claim it, renew its lease, end it; each is atomic,
checks the fencing token where one is needed, and takes its time from Redis, so that a duplicated,
late or lost message can delay a job but never double it, lose it or leave it stuck.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self, cast

import redis

from exporter import scripts
from exporter.errors import (
    DeadlineExceeded,
    ExportError,
    IdempotencyKeyReused,
    JobCancelled,
    JobNotEnded,
    JobNotFailed,
    JobNotFound,
    JobTerminal,
    LeaseLost,
    QueueFull,
    QueueTimedOut,
    RecordTooNew,
    WorkerCrashed,
)
from exporter.events import Webhook
from exporter.poster import PosterJob
from exporter.queues import Priority
from exporter.scripts import Scripts, ask
from exporter.settings import Settings

PREFIX = scripts.PREFIX
# Redis must answer within this, or what is done is given up, or tried again.
SOCKET_TIMEOUT_S = 5.0
# A caller is told sooner: within 2 s, whatever Redis does.
API_SOCKET_TIMEOUT_S = 1.5
# How long an Idempotency-Key stands for its job.
ONCE_S = 86_400.0
# So many jobs end in one step with the one they follow: 70 ms of Redis' time. The next one alike is
# drawn itself.
MOST_FOLLOWERS = 1000
# Warnings of what another drawing would probably have: it is not kept for later requests.
_PASSING_GAPS = frozenset({"failed_tiles", "missing_glyphs"})


# What the records written here say of themselves. It goes up when a worker of before would draw a
# new record wrongly or not at all, not for a field it may pass over (docs/adr/0027).
SCHEMA_VERSION = 1
# How long a record of a newer version is left alone before its message is sent again.
DEFER_S = 5.0


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (State.COMPLETED, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Delivered:
    """A stored file. `key` is its place in storage; links are made from it on each read."""

    name: str
    key: str
    format: str
    file_size: int
    width: int
    height: int
    dpi: float
    sha256: str


@dataclass(frozen=True)
class Result:
    """A finished poster: its main file, and `outputs`, all its files with the main one first."""

    key: str
    file_size: int
    width: int
    height: int
    sha256: str
    render_time_ms: int
    queue_time_ms: int
    warnings: tuple[dict[str, Any], ...] = ()
    manifest: dict[str, Any] | None = None
    format: str = "png"
    dpi: float = 300.0
    outputs: tuple[Delivered, ...] = ()

    @property
    def files(self) -> tuple[Delivered, ...]:
        """All files, the main one first; a record from before there were several has one."""
        main = Delivered(
            name=self.format,
            key=self.key,
            format=self.format,
            file_size=self.file_size,
            width=self.width,
            height=self.height,
            dpi=self.dpi,
            sha256=self.sha256,
        )
        return self.outputs or (main,)


@dataclass(frozen=True)
class Failure:
    """Why a job or an attempt failed: a stable code, and the text for the caller."""

    code: str
    message: str
    retryable: bool

    @classmethod
    def of(cls, error: ExportError) -> Self:
        return cls(code=error.code, message=error.public, retryable=error.retryable)


# What the scripts write when they end a job themselves; the texts stay in errors.py.
_ENDINGS = json.dumps(
    {
        cls.code: {"code": cls.code, "message": cls.summary, "retryable": cls.retryable}
        for cls in (QueueTimedOut, DeadlineExceeded, WorkerCrashed)
    }
)


@dataclass(frozen=True)
class Once:
    """A caller's Idempotency-Key, and the hash of the body it came with."""

    key: str
    body_sha256: str


@dataclass(frozen=True)
class Likeness:
    """A hash of all that decides a job's files, and whether it is to be drawn whatever there is."""

    digest: str
    fresh: bool = False


@dataclass(frozen=True)
class Submitted:
    """What came of a request: its job, and how that stands by now.

    `reused_from` is the job whose drawing it is given, "" for none; `message` is the job id that is
    to be sent now, and where to; `replayed` says that the Idempotency-Key stood for the job before.
    """

    job_id: str
    state: State
    reused_from: str
    message: tuple[str, Priority] | None
    replayed: bool


@dataclass(frozen=True)
class Progress:
    """How far an attempt is: stage, percent of the whole, and *done* of *total* tiles."""

    stage: str = "queued"
    percent: int = 0
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Past:
    """How a job ended before it was begun anew."""

    ended_at: float
    attempts: int
    failure: Failure


@dataclass(frozen=True)
class JobRecord:
    """A job as it stands. Times: seconds since the epoch by Redis' clock; 0 = not yet.

    `reused_from` is the job whose drawing it waits for or was given, "" when it is drawn itself.
    """

    job_id: str
    key_id: str
    state: State
    progress: Progress
    priority: Priority
    request: str
    attempts: int
    starts: int
    created_at: float
    claimed_at: float
    due_at: float
    ended_at: float
    result: Result | None
    failure: Failure | None
    cancel_requested: bool = False
    worker: str = ""
    history: tuple[Past, ...] = ()
    reused_from: str = ""
    estimated_s: float = 0.0

    @property
    def estimate_ratio(self) -> float | None:
        """What a job took from its submit to its end, by what its caller was told it would.

        None when it has not ended, or nobody was told: of one that waited for the drawing of
        another, or that an operator began anew.
        """
        if not self.ended_at or not self.estimated_s:
            return None
        # Redis' clock may have been set back meanwhile.
        return max(0.0, self.ended_at - self.created_at) / self.estimated_s

    @property
    def waits_until_due(self) -> bool:
        """Whether `due_at` is when it goes on: with its next attempt, or with its upload."""
        uploads = self.state is State.RUNNING and self.progress.stage == "upload_pending"
        return self.state is State.RETRYING or uploads

    def job(self) -> PosterJob:
        return PosterJob.from_message(json.loads(self.request))


@dataclass(frozen=True)
class Claim:
    """The right to draw a job until the lease runs out, proved by *token* in every later call."""

    job: PosterJob
    token: int
    attempts: int
    remaining_s: float
    queue_time_s: float


class Jobs:
    """The job records of one Redis. Safe to share between threads; make it after a fork."""

    def __init__(self, client: "redis.Redis", settings: Settings) -> None:
        self._redis = client
        self._settings = settings
        self._retention_ms = round(settings.retention_s * 1000)
        self._scripts = Scripts(client, "jobs.lua")

    @classmethod
    def connect(cls, settings: Settings) -> Self:
        return cls(connect(settings), settings)

    def submit(
        self,
        job: PosterJob,
        *,
        once: Once | None = None,
        webhook: Webhook | None = None,
        likeness: Likeness | None = None,
        most_waiting: int | None = None,
    ) -> Submitted:
        """Write *job* as queued; the message of the answer must be sent afterwards.

        When this API key sent the same `once` within 24 h, nothing is written and the answer is
        about that job. Raises IdempotencyKeyReused when its body was another one. When this key has
        a job of the same *likeness*, the new one is given its drawing, now or once it is there.
        One that would have to be drawn while *most_waiting* jobs wait (`queue_limit` of the
        settings when it is not given) raises QueueFull, and nothing is written.
        """
        limit = self._settings.queue_limit if most_waiting is None else most_waiting
        answer = self._run(
            "submit",
            job.job_id,
            job.key_id,
            job.priority.value,
            json.dumps(job.to_message(), separators=(",", ":")),
            round(self._settings.queue_timeout_s * 1000),
            round(job.timeout_s * 1000),
            _place(job.key_id, once.key) if once else "",
            once.body_sha256 if once else "",
            round(ONCE_S * 1000),
            json.dumps({**asdict(webhook), "host": webhook.host}) if webhook else "",
            likeness.digest if likeness else "",
            "1" if likeness and likeness.fresh else "",
            self._retention_ms,
            MOST_FOLLOWERS,
            SCHEMA_VERSION,
            limit,
        )
        if answer[0] == "reused":
            raise IdempotencyKeyReused(f"{job.key_id} sent another body with the same key")
        if answer[0] == "full":
            raise QueueFull(
                f"a job of {job.key_id} is not taken: {answer[1]} jobs wait, {limit} may",
                surplus=int(answer[1]) - limit,
            )
        job_id, state, reused_from, to_send, queue = answer
        return Submitted(
            job_id=job_id,
            state=State(state),
            reused_from=reused_from,
            message=(to_send, Priority(queue)) if to_send else None,
            replayed=job_id != job.job_id,
        )

    def get(self, job_id: str) -> JobRecord:
        """Return the record of *job_id*. Raises JobNotFound, QueueUnavailable."""
        fields = ask(self._redis.hgetall, f"{PREFIX}job:{job_id}")
        if not fields:
            raise JobNotFound(f"no job {job_id!r}")
        return _record(job_id, cast(dict[str, str], fields))

    def estimated(self, job_id: str, seconds: float) -> None:
        """Note what the caller of *job_id* was told it would take. Raises QueueUnavailable."""
        self._run("estimated", job_id, seconds)

    def claim(self, job_id: str, worker: str) -> Claim | None:
        """Take *job_id* for *worker*, or return None when there is nothing to do for this message.

        The start is counted before any work is done, so that a job that kills its worker ends
        after `max_starts`. Ends jobs that waited, crashed or ran for too long on the way. Raises
        RecordTooNew for one that a newer version wrote; its message comes again after DEFER_S.
        """
        answer = self._run(
            "claim",
            job_id,
            worker,
            round(self._settings.lease_s * 1000),
            self._settings.max_starts,
            self._retention_ms,
            _ENDINGS,
            SCHEMA_VERSION,
            round(DEFER_S * 1000),
        )
        if answer[0] == "newer":
            raise RecordTooNew(
                f"job {job_id} is of schema version {answer[1]}, this worker of {SCHEMA_VERSION}"
            )
        if answer[0] != "claimed":
            return None
        _, token, request, attempts, remaining_ms, queue_ms = answer
        return Claim(
            job=PosterJob.from_message(json.loads(request)),
            token=int(token),
            attempts=int(attempts),
            remaining_s=int(remaining_ms) / 1000,
            queue_time_s=int(queue_ms) / 1000,
        )

    def beat(self, job_id: str, token: int, progress: Progress) -> None:
        """Renew the lease and record how far the attempt is; the percentage never goes back.

        Raises LeaseLost when another attempt holds the job or it has ended.
        """
        lease_ms = round(self._settings.lease_s * 1000)
        self._with_token(
            "beat", job_id, token, lease_ms,
            progress.stage, progress.percent, progress.done, progress.total,
        )  # fmt: skip

    def complete(self, job_id: str, token: int, result: Result) -> None:
        """End the job as completed, and those that follow it; told again, it stays so.

        Raises LeaseLost when *token* is not the current one, JobCancelled when the cancellation was
        asked for before; the job has then ended cancelled.
        """
        lasting = not any(each.get("code") in _PASSING_GAPS for each in result.warnings)
        self._finish(job_id, token, State.COMPLETED, json.dumps(asdict(result)), lasting=lasting)

    def fail(self, job_id: str, token: int, failure: Failure) -> None:
        """End the job as failed. Raises LeaseLost and JobCancelled as `complete` does."""
        self._finish(job_id, token, State.FAILED, json.dumps(failure.__dict__))

    def park(self, job_id: str, token: int, due_s: float) -> None:
        """Renew the lease of a drawn job that waits for the storage, tried again in *due_s*.

        Raises LeaseLost as `beat` does.
        """
        lease_ms = round(self._settings.lease_s * 1000)
        self._with_token("park", job_id, token, lease_ms, round(due_s * 1000))

    def hand_back(self, job_id: str, token: int) -> Priority:
        """Take the job of a worker that leaves back to queued, as if it had not been begun.

        Its message must be sent to the queue it returns. Raises LeaseLost and JobCancelled as
        `complete` does.
        """
        return Priority(self._with_token("hand_back", job_id, token, self._retention_ms)[0])

    def retry(self, job_id: str, token: int, failure: Failure, delay_s: float) -> None:
        """Put the job into the retry schedule for *delay_s*; its start is not held against it.

        Raises LeaseLost and JobCancelled as `complete` does.
        """
        told = json.dumps(failure.__dict__)
        self._with_token("retry", job_id, token, told, round(delay_s * 1000), self._retention_ms)

    def storing(self, job_id: str, token: int, key: str) -> None:
        """Note, before it is there, that the attempt *token* stores an object under *key*."""
        self._run("storing", job_id, token, key)

    def losers(self) -> list[tuple[str, str]]:
        """Return `(note, storage key)` of objects whose attempt can no longer win, to be deleted.

        Say `settled` of each note then.
        """
        return [(note, note.rpartition(" ")[2]) for note in self._run("losers", 1000)]

    def settled(self, note: str) -> None:
        """Forget the *note* of an object that was deleted."""
        self._run("settled", note)

    def cancel(self, job_id: str) -> None:
        """End a waiting job as cancelled, or ask the worker of a running one to do so.

        From then on the job ends in no other way; one that follows it is drawn instead. Raises
        JobNotFound, JobTerminal.
        """
        [answer] = self._run("cancel", job_id, self._retention_ms)
        if answer == "missing":
            raise JobNotFound(f"no job {job_id!r}")
        if answer not in ("done", "requested"):
            raise JobTerminal(f"job {job_id} is {answer}", public=f"The job is {answer}.")

    def cancel_requested(self, job_id: str) -> bool:
        """Tell whether the cancellation of the running *job_id* was asked for."""
        word = ask(self._redis.hget, f"{PREFIX}job:{job_id}", "cancel_requested")
        return word is not None

    def end_cancelled(self, job_id: str, token: int) -> None:
        """End the running job as cancelled. Raises LeaseLost as `complete` does."""
        self._finish(job_id, token, State.CANCELLED, "")

    def requeue(self, job_id: str) -> Priority:
        """Begin a failed job anew and return its priority; its message must be sent afterwards.

        Its counters and times begin at zero, its `history` keeps what was. Raises JobNotFound,
        JobNotFailed.
        """
        answer = self._run("requeue", job_id, round(self._settings.queue_timeout_s * 1000))
        if answer[0] == "missing":
            raise JobNotFound(f"no job {job_id!r}")
        if answer[0] != "ok":
            raise JobNotFailed(f"job {job_id} is {answer[0]}, not failed")
        return Priority(answer[1])

    def due(self) -> list[tuple[str, Priority]]:
        """Move the retries whose time has come back to queued and return them, to be sent."""
        longest_ms = round(1000 * max(self._settings.timeout_max_s, DEFER_S))
        return self._pairs(self._run("due", 100, longest_ms))

    def expired(self) -> list[tuple[str, Priority]]:
        """Take the jobs whose lease ran out back to queued and return them, to be sent.

        Jobs past their start limit end here instead.
        """
        lease_ms = round(self._settings.lease_s * 1000)
        starts = self._settings.max_starts
        return self._pairs(
            self._run("expired", starts, self._retention_ms, 100, _ENDINGS, lease_ms)
        )

    def clock_jumped(self, by_s: float) -> None:
        """Note that Redis' clock was put forward, so that deadlines that seem over may not be.

        For as long as the longest job may take, or until most of it is taken back, none ends by
        them; what is claimed too late has its whole timeout. Raises QueueUnavailable.
        """
        name = f"{PREFIX}put_forward"
        if by_s > 0:
            for_ms = round(1000 * self._settings.timeout_max_s)
            ask(self._redis.set, name, by_s, px=for_ms)
        elif -2 * by_s > float(ask(self._redis.get, name) or "inf"):
            ask(self._redis.delete, name)

    def overdue(self) -> int:
        """End the jobs past the queue timeout or their own timeout; return how many."""
        grace_ms = round(self._settings.lease_s * 1000)
        # Followers may be overdue all at once.
        limit = MOST_FOLLOWERS
        return int(self._run("overdue", self._retention_ms, limit, grace_ms, _ENDINGS)[0])

    def strays(self) -> int:
        """End or hand on the followers of jobs that ended without them; return how many."""
        return int(self._run("strays", self._retention_ms, MOST_FOLLOWERS)[0])

    def waiting_since(self, age_s: float) -> list[tuple[str, Priority]]:
        """Return queued jobs whose message was sent at least *age_s* ago (it may be lost)."""
        return self._pairs(self._run("waiting", round(age_s * 1000), 1000))

    def sent(self, job_id: str) -> None:
        """Record that a message for *job_id* was sent again just now."""
        self._run("sent", job_id)

    def forgotten(self) -> list[tuple[str, list[str]]]:
        """Return `(job id, storage keys)` of ended jobs past their retention.

        The keys are those of files that no other job holds; no request is given them any more.
        """
        answer = self._run("forgotten", 100)
        return [(answer[i], answer[i + 1].split()) for i in range(0, len(answer), 2)]

    def release(self, job_id: str) -> list[str]:
        """Let go of the files of an ended job before its time; return keys as `forgotten` does.

        Raises JobNotFound, JobNotEnded.
        """
        state, keys = self._run("release", job_id)
        if state == "missing":
            raise JobNotFound(f"no job {job_id!r}")
        if state != "ok":
            raise JobNotEnded(f"job {job_id} is {state}", public=f"it is {state}")
        return keys.split()

    def forget(self, job_id: str) -> None:
        """Remove the record of an ended job; the files it let go of must be deleted first."""
        self._run("forget", job_id)

    def counts(self) -> dict[str, int]:
        """Return how many jobs wait, run and wait for a retry."""
        pipe = self._redis.pipeline(transaction=False)
        for name in ("queued", "running", "retrying"):
            pipe.zcard(f"{PREFIX}{name}")
        queued, running, retrying = ask(pipe.execute)
        return {"queued": queued, "running": running, "retrying": retrying}

    def _finish(
        self, job_id: str, token: int, state: State, ending: str, *, lasting: bool = False
    ) -> None:
        told = (state.value, ending, self._retention_ms, "1" if lasting else "")
        self._with_token("finish", job_id, token, *told)

    def _with_token(self, script: str, job_id: str, token: int, *args: Any) -> list[str]:
        answer, *more = self._run(script, job_id, token, *args)
        if answer == State.CANCELLED:
            raise JobCancelled(f"job {job_id} was cancelled meanwhile")
        if answer != "ok":
            raise LeaseLost(f"job {job_id}: token {token} is no longer the current one")
        return more

    def _run(self, script: str, *args: Any) -> list[str]:
        return self._scripts.run(script, *args)

    @staticmethod
    def _pairs(flat: list[str]) -> list[tuple[str, Priority]]:
        return [(flat[i], Priority(flat[i + 1])) for i in range(0, len(flat), 2)]


def connect(settings: Settings, timeout_s: float = SOCKET_TIMEOUT_S) -> "redis.Redis":
    """Return a client of the settings' Redis; no wait for it is longer than *timeout_s*."""
    return redis.Redis.from_url(
        settings.redis_url,
        decode_responses=True,
        # Somebody else may put into a queue what is no text.
        encoding_errors="surrogateescape",
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        health_check_interval=25,
    )


def _place(key_id: str, once: str) -> str:
    return f"once:{key_id}:{sha256(once.encode()).hexdigest()}"


def _record(job_id: str, f: dict[str, str]) -> JobRecord:
    state = State(f["state"])
    ending = json.loads(f["ending"]) if f.get("ending") else None
    last_failure = json.loads(f["failure"]) if f.get("failure") else None
    return JobRecord(
        job_id=job_id,
        key_id=f["key_id"],
        state=state,
        progress=Progress(
            f["stage"], int(f["progress"]), int(f.get("done", 0)), int(f.get("total", 0))
        ),
        priority=Priority(f["priority"]),
        request=f["request"],
        attempts=int(f["attempts"]),
        starts=int(f["starts"]),
        created_at=int(f["created_at"]) / 1000,
        claimed_at=int(f.get("claimed_at", 0)) / 1000,
        due_at=int(f.get("due_at", 0)) / 1000,
        ended_at=int(f.get("ended_at", 0)) / 1000,
        result=read_result(ending) if state is State.COMPLETED and ending else None,
        failure=Failure(**last_failure) if last_failure else None,
        cancel_requested="cancel_requested" in f,
        worker=f.get("worker", ""),
        history=tuple(_past(past) for past in json.loads(f.get("history", "[]"))),
        reused_from=f.get("reused_from", ""),
        estimated_s=float(f.get("estimated_s", 0)),
    )


def _past(told: dict[str, Any]) -> Past:
    failure = Failure(**told["failure"])
    return Past(int(told["ended_at"]) / 1000, int(told["attempts"]), failure)


def read_result(ending: dict[str, Any]) -> Result:
    """Rebuild a result; one written before there were several files has no `outputs`."""
    outputs = tuple(Delivered(**file) for file in ending.get("outputs", ()))
    return Result(**{**ending, "warnings": tuple(ending["warnings"]), "outputs": outputs})
