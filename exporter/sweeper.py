"""What nobody is doing any more: due retries, lost messages, dead workers' jobs, old posters.

Every worker process sweeps; a Redis lock keeps the dear part to one of them at a time, and even
two at once would be harmless, because the claim decides who draws a job.
"""

import time
from collections.abc import Callable
from typing import cast

import redis
import structlog

from exporter import failpoints, messages
from exporter.errors import JobNotFound, QueueUnavailable, StorageError
from exporter.jobs import PREFIX, Jobs
from exporter.queues import Priority
from exporter.scripts import ask
from exporter.settings import Settings
from exporter.storage import Storage

log = structlog.get_logger()

# How often due retries are looked for; the shortest retry wait is about two seconds.
TICK_S = 1.0
# So much is no slow answer and no drift any more.
JUMP_S = 5.0
Send = Callable[[str, Priority], None]


class Sweeper:
    """The sweep of one worker process."""

    def __init__(
        self,
        jobs: Jobs,
        client: "redis.Redis",
        storage: Storage,
        settings: Settings,
        send: Send,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._redis = client
        self._storage = storage
        self._settings = settings
        self._send = send
        self._monotonic = monotonic
        # How far Redis' clock is ahead of ours, and until when nothing is taken for expired.
        self._ahead_s: float | None = None
        self._hold_until_s = 0.0

    def tick(self) -> None:
        """Send the retries that are due; once per `sweep_s`, in one process, sweep the rest.

        Raises QueueUnavailable when Redis does not answer; the next tick makes up for it.
        """
        self._watch_clock()
        self._send_all(self._jobs.due(), "retry due")
        if self._is_my_turn():
            self.sweep()

    def send_first(self, job_id: str, priority: Priority) -> None:
        """Send a job that was begun here before all that wait. Raises QueueUnavailable."""
        self._send_all([(job_id, priority)], "handed back", first=True)

    def sweep(self) -> None:
        """Do one full sweep, whoever else does."""
        if self._monotonic() >= self._hold_until_s:
            if overdue := self._jobs.overdue():
                log.warning("overdue jobs ended", count=overdue)
            self._send_all(self._jobs.expired(), "lease expired", first=True)
        if strays := self._jobs.strays():
            log.warning("followers of ended jobs found", count=strays)
        self._send_lost()
        self._drop_spent()
        self._delete_losers()
        self._forget_old()

    def _watch_clock(self) -> None:
        """After a jump of Redis' clock let every living worker renew its lease before judging.

        Deadlines that it made pass do not count. The lock of the sweep is counted by that clock,
        too, and would be held for as long as it was set back.
        """
        asked_s = self._monotonic()
        seconds, micros = ask(self._redis.time)
        if self._monotonic() - asked_s > JUMP_S / 2:
            return  # So slow an answer, or a process stopped meanwhile, tells no jump.
        ahead_s = seconds + micros / 1e6 - asked_s
        by_s = 0.0 if self._ahead_s is None else ahead_s - self._ahead_s
        if abs(by_s) >= JUMP_S:
            log.error("Redis' clock jumped", by_s=round(by_s))
            self._hold_until_s = self._monotonic() + self._settings.lease_s
            self._jobs.clock_jumped(by_s)
            ask(self._redis.delete, f"{PREFIX}sweeping")
        # Last: a jump that Redis could not be told of is seen by the next tick as well.
        self._ahead_s = ahead_s

    def _is_my_turn(self) -> bool:
        try:
            return bool(
                self._redis.set(
                    f"{PREFIX}sweeping", "1", nx=True, px=round(self._settings.sweep_s * 1000)
                )
            )
        except redis.RedisError as err:
            raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err

    def _send_all(
        self, found: list[tuple[str, Priority]], reason: str, *, first: bool = False
    ) -> None:
        """Send these jobs, *first*: before all that wait in their queue, as they waited already."""
        for job_id, priority in found:
            log.info("job sent again", job_id=job_id, queue=priority.value, reason=reason)
            failpoints.hit("sweeper_before_requeue", job_id)
            self._send(job_id, priority)
            failpoints.hit("sweeper_after_requeue", job_id)
            if first:
                # From the end where messages come in to the one where they are taken: this one, or
                # one that came at the same moment.
                ask(self._redis.lmove, priority.value, priority.value, "LEFT", "RIGHT")

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
        """Return the job ids of the messages that may still bring a job to a worker.

        A message held for longer than `lost_after_s` by a worker that claims nothing is in dead
        hands; kombu itself would hand it out again only after the visibility timeout.
        """
        try:
            found = [
                text for priority in Priority for text in self._redis.lrange(priority.value, 0, -1)
            ]
            since = time.time() - self._settings.lost_after_s
            taken = cast(list[str], self._redis.zrangebyscore("unacked_index", since, "+inf"))
            held = self._redis.hmget("unacked", taken) if taken else []
        except redis.RedisError as err:
            raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err
        found += [messages.taken(text) for text in held if text]
        return {job_id for text in found if (job_id := messages.job_id(text))}

    def _drop_spent(self) -> None:
        """Drop the messages of ended jobs that dead workers hold.

        kombu would keep them until the visibility timeout, and a worker then find nothing to do.
        """
        until = time.time() - self._settings.lost_after_s
        tags = cast(list[str], ask(self._redis.zrangebyscore, "unacked_index", "-inf", until))
        held = ask(self._redis.hmget, "unacked", tags) if tags else []
        for tag, text in zip(tags, cast(list[str | None], held), strict=True):
            job_id = messages.job_id(messages.taken(text)) if text else ""
            # Others that share this Redis keep theirs in the same place.
            if job_id and self._has_ended(job_id):
                ask(self._redis.zrem, "unacked_index", tag)
                ask(self._redis.hdel, "unacked", tag)

    def _has_ended(self, job_id: str) -> bool:
        try:
            return self._jobs.get(job_id).state.ended
        except JobNotFound:
            return True

    def _delete_losers(self) -> None:
        """Delete what attempts stored that died or were beaten before they could do so."""
        for note, key in self._jobs.losers():
            try:
                self._storage.delete(key)
            except StorageError as err:
                # All the others would wait for it in vain as well, and the sweep for them.
                log.warning("loser's object not deleted", key=key, error=str(err))
                return
            log.info("loser's object deleted", key=key)
            self._jobs.settled(note)

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
