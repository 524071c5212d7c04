"""Who is at work: each worker process says so every few seconds, and the word fades by itself."""

import json
import os
import socket
from dataclasses import asdict, dataclass, fields
from typing import Any, cast

import redis

from exporter.errors import QueueUnavailable
from exporter.jobs import PREFIX

# A worker not heard of for so long does not count; readiness promises 30 s.
FADES_AFTER_S = 30
# Reported three times in that span, so that one slow report does not make a worker vanish.
REPORT_EVERY_S = 10.0


@dataclass(frozen=True)
class BrowserState:
    """One browser of a worker. Memory is what it had after its last job, 0 before its first."""

    state: str
    age_s: int
    renders: int
    memory_bytes: int


@dataclass(frozen=True)
class WorkerState:
    """One worker process and its browsers, as it last reported."""

    worker: str
    browsers: int
    busy: int
    renders: int
    started: int
    crashed: int
    retired: int
    memory_bytes: int
    renderer: str
    cpu_seconds: float = 0.0
    cores: float = 0.0
    memory_limit_bytes: int = 0
    min_browsers: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    parked: int = 0
    parked_bytes: int = 0
    parked_max_jobs: int = 0
    parked_max_bytes: int = 0
    storage: str = "well"
    each: tuple[BrowserState, ...] = ()


def worker_name() -> str:
    """Return `host:pid` of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def report(client: "redis.Redis", state: WorkerState) -> None:
    """Say that this worker is there and how its pool stands. Raises QueueUnavailable."""
    try:
        client.set(f"{PREFIX}worker:{state.worker}", json.dumps(asdict(state)), ex=FADES_AFTER_S)
    except redis.RedisError as err:
        raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err


def withdraw(client: "redis.Redis", worker: str) -> None:
    """Take back the word of a worker that leaves in order. Raises QueueUnavailable."""
    try:
        client.delete(f"{PREFIX}worker:{worker}")
    except redis.RedisError as err:
        raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err


def workers(client: "redis.Redis") -> list[WorkerState]:
    """Return the workers heard of within the last 30 s. Raises QueueUnavailable."""
    try:
        keys = list(client.scan_iter(f"{PREFIX}worker:*", count=1000))
        found = cast(list[str | None], client.mget(keys)) if keys else []
    except redis.RedisError as err:
        raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err
    return [_state(json.loads(text)) for text in found if text]


def _state(told: dict[str, Any]) -> WorkerState:
    """Read what a worker reported; during an update it may be one that knows more or less."""
    each = tuple(BrowserState(**_known(BrowserState, one)) for one in told.get("each", ()))
    return WorkerState(**{**_known(WorkerState, told), "each": each})


def _known(cls: type[BrowserState | WorkerState], told: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(cls)}
    return {name: item for name, item in told.items() if name in names}
