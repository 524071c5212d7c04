"""What nobody is doing any more: due retries, lost messages, dead workers' jobs, old posters.

Every worker process sweeps; a Redis lock keeps the dear part to one of them at a time, and even
two at once would be harmless, because the claim decides who draws a job.
"""

import json
import time
from collections.abc import Callable
from typing import cast

import redis
import structlog

from exporter.errors import QueueUnavailable, StorageError
from exporter.jobs import PREFIX, Jobs
from exporter.queues import Priority
from exporter.settings import Settings
from exporter.storage import Storage

log = structlog.get_logger()

# How often due retries are looked for; the shortest retry wait is about two seconds.
TICK_S = 1.0
Send = Callable[[str, Priority], None]


class Sweeper:
    """The sweep of one worker process."""

    def __init__(
        self, jobs: Jobs, client: "redis.Redis", storage: Storage, settings: Settings, send: Send
    ) -> None:
        self._jobs = jobs
        self._redis = client
        self._storage = storage
        self._settings = settings
        self._send = send

    def tick(self) -> None:
        """Send the retries that are due; once per `sweep_s`, in one process, sweep the rest.

        Raises QueueUnavailable when Redis does not answer; the next tick makes up for it.
        """
        self._send_all(self._jobs.due(), "retry due")
        if self._is_my_turn():
            self.sweep()

    def sweep(self) -> None:
        """Do one full sweep, whoever else does."""
        if overdue := self._jobs.overdue():
            log.warning("overdue jobs ended", count=overdue)
        self._send_all(self._jobs.expired(), "lease expired")
        self._send_lost()
        self._forget_old()

    def _is_my_turn(self) -> bool:
        try:
            return bool(
                self._redis.set(
                    f"{PREFIX}sweeping", "1", nx=True, px=round(self._settings.sweep_s * 1000)
                )
            )
        except redis.RedisError as err:
            raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err

    def _send_all(self, found: list[tuple[str, Priority]], reason: str) -> None:
        for job_id, priority in found:
            log.info("job sent again", job_id=job_id, queue=priority.value, reason=reason)
            self._send(job_id, priority)

    def _send_lost(self) -> None:
        """Send queued jobs again whose message is neither in a queue nor just being taken up."""
        waiting = self._jobs.waiting_since(self._settings.lost_after_s)
        if not waiting:
            return
        on_their_way = self._messages()
        for job_id, priority in waiting:
            if job_id not in on_their_way:
                self._send_all([(job_id, priority)], "message lost")
                self._jobs.sent(job_id)

    def _messages(self) -> set[str]:
        """Return the job ids (= task ids) of the messages that may still bring a job to a worker.

        A message held for longer than `lost_after_s` by a worker that claims nothing is in dead
        hands; kombu itself would hand it out again only after the visibility timeout.
        """
        try:
            bodies = [
                json.loads(text)
                for priority in Priority
                for text in self._redis.lrange(priority.value, 0, -1)
            ]
            since = time.time() - self._settings.lost_after_s
            taken = cast(list[str], self._redis.zrangebyscore("unacked_index", since, "+inf"))
            held = self._redis.hmget("unacked", taken) if taken else []
        except redis.RedisError as err:
            raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err
        # kombu keeps what a worker has taken as [message, exchange, routing key].
        bodies += [json.loads(text)[0] for text in held if text]
        return {body["headers"]["id"] for body in bodies}

    def _forget_old(self) -> None:
        for job_id, keys in self._jobs.forgotten():
            try:
                for key in keys:
                    self._storage.delete(key)
            except StorageError as err:
                # The record stays, so that a later sweep tries again.
                log.warning("old poster not deleted", job_id=job_id, error=str(err))
                continue
            self._jobs.forget(job_id)
