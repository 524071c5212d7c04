"""Who is at work: each worker process says so every few seconds, and the word fades by itself."""

import json
import os
import socket
from dataclasses import asdict, dataclass
from typing import cast

import redis

from exporter.errors import QueueUnavailable
from exporter.jobs import PREFIX

# A worker not heard of for so long does not count; readiness promises 30 s.
FADES_AFTER_S = 30
# Reported three times in that span, so that one slow report does not make a worker vanish.
REPORT_EVERY_S = 10.0


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
    return [WorkerState(**json.loads(text)) for text in found if text]
