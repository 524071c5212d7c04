"""Tell callers how their jobs ended: claim due notices, post them, and say what came of each.

Every worker process has a sender, on its event loop beside the browsers. The notices and their
schedule are in Redis (`outbox.py`), so senders may die and be many: a notice is told at least once,
always under the same id.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import structlog
from yarl import URL

from exporter import failpoints, notices
from exporter.addresses import AddressRules
from exporter.errors import ExportError, QueueUnavailable
from exporter.freshness import retry_after_s
from exporter.http_client import Answer
from exporter.outbox import Claimed, Delivery, NoticeState, Outbox
from exporter.settings import Settings

T = TypeVar("T")
log = structlog.get_logger()

# The specification's schedule: what lies before each attempt, 75 h 35 min in all.
MINUTE_S, HOUR_S = 60, 3600
SCHEDULE_S = (
    0, 5, 5 * MINUTE_S, 30 * MINUTE_S,
    2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 14 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S,
)  # fmt: skip
# Each wait is so much longer or shorter, by chance: what failed together does not return together.
JITTER = 0.1
# A receiver may ask to be left alone for as long as the schedule would leave it, not for ever.
LONGEST_WAIT_S = max(SCHEDULE_S)
POST_TIMEOUT_S = 15.0
# Of the answer only the status counts; so much is read to be polite.
MAX_ANSWER_BYTES = 65_536
# Ten hosts that hang fill a process for a timeout; each other process has places of its own.
AT_ONCE = 50
THREADS = 4
TICK_S = 1.0
# What is under way at the end of a worker may take so long; then it is sent again by another.
PARTING_S = 3.0
GONE = 410


class Posts(Protocol):
    """What the sender needs of an HTTP client."""

    async def post(
        self, url: URL, body: bytes, headers: Mapping[str, str], *, timeout_s: float, max_bytes: int
    ) -> Answer: ...
    async def close(self) -> None: ...


class Sender:
    """The sender of one process. Every method must be called on its event loop."""

    def __init__(
        self,
        outbox: Outbox,
        client: Posts,
        link_to: notices.LinkTo,
        settings: Settings,
        *,
        count: Callable[[str], None] = lambda _outcome: None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._link_to = link_to
        self._count = count
        self._rules = AddressRules(settings.egress_allow)
        self._base_url = settings.base_url
        self._uniform = uniform
        # Of their own: a slow Redis under many notices must not keep threads from leases.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
        self._posting: set[asyncio.Task[None]] = set()
        self._place_free = asyncio.Event()

    async def run(self) -> None:
        """Send what is due until cancelled; a Redis that is away is waited for."""
        while True:
            try:
                await self.turn()
            except QueueUnavailable as err:
                log.warning("webhooks not looked for", error=str(err))
            except Exception:
                # Whatever it was, the next turn makes up for it: claims run out.
                log.exception("webhooks broke")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._place_free.wait()
            self._place_free.clear()

    async def turn(self) -> None:
        """Begin to send what is due now, as far as there are places."""
        places = AT_ONCE - len(self._posting)
        if not places:
            return
        for claimed in await self._in_thread(self._outbox.claim, places):
            task = asyncio.ensure_future(self._tell(claimed))
            self._posting.add(task)
            task.add_done_callback(self._done)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._posting:
            await asyncio.wait(self._posting)

    async def close(self) -> None:
        """Let what is under way end, for a moment, and break off the rest."""
        if posting := set(self._posting):
            await asyncio.wait(posting, timeout=PARTING_S)
        for task in posting:
            task.cancel()
        await asyncio.gather(*posting, return_exceptions=True)
        await self._client.close()
        self._threads.shutdown(wait=False)

    async def _in_thread(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._posting.discard(task)
        self._place_free.set()

    async def _tell(self, claimed: Claimed) -> None:
        """Post a notice once and write down what came of it."""
        notice = claimed.notice
        try:
            delivery, asked_wait_s = await self._delivery(claimed)
            state, delay_s = self._next(notice.attempts + 1, delivery, asked_wait_s)
            await self._in_thread(self._outbox.settle, claimed, state, delivery, delay_s)
            await self._in_thread(self._count, delivery.outcome)
        except QueueUnavailable as err:
            # The claim runs out and the notice is sent again.
            log.warning("webhook not settled", notice=notice.id, error=str(err))
            return
        log.info(
            "webhook posted",
            job_id=notice.job_id,
            notice=notice.id,
            outcome=delivery.outcome,
            state=state.value,
            attempt=notice.attempts + 1,
            duration_s=delivery.duration_ms / 1000,
        )

    async def _delivery(self, claimed: Claimed) -> tuple[Delivery, float]:
        """Post a notice; return what came of it, and the wait its receiver asked for in seconds.

        What nobody foresaw is a failure like others. Raises QueueUnavailable.
        """
        started = time.monotonic()
        status, asked_wait_s = 0, 0.0
        try:
            answer = await self._post(claimed)
            status, asked_wait_s = answer.status, retry_after_s(answer.headers, time.time())
            outcome = "delivered" if 200 <= status < 300 else f"answered_{status}"
        except QueueUnavailable:
            raise
        except ExportError as err:
            outcome = "timed_out" if isinstance(err.__cause__, TimeoutError) else err.code
        except Exception:
            log.exception("webhook broke", notice=claimed.notice.id)
            outcome = "internal_error"
        took_ms = round((time.monotonic() - started) * 1000)
        return Delivery(claimed.now, outcome, status, took_ms), asked_wait_s

    async def _post(self, claimed: Claimed) -> Answer:
        """Return the answer to one post. Raises EgressDenied, EgressFailed."""
        notice = claimed.notice
        secret = notice.secret or await self._in_thread(self._outbox.secret_of, notice.key_id)
        status_url = f"{self._base_url}/api/v1/posters/jobs/{notice.job_id}"
        body = await self._in_thread(notices.body, notice, self._link_to, status_url)
        await failpoints.reach("webhook_before_post", notice.job_id)
        answer = await self._client.post(
            self._rules.url(notice.url),
            body,
            notices.headers(notice, secret, body, claimed.now),
            timeout_s=POST_TIMEOUT_S,
            max_bytes=MAX_ANSWER_BYTES,
        )
        await failpoints.reach("webhook_after_post", notice.job_id)
        return answer

    def _next(
        self, attempts: int, delivery: Delivery, asked_wait_s: float
    ) -> tuple[NoticeState, float]:
        """Return how a notice stands after so many attempts, and how long it waits."""
        if 200 <= delivery.status < 300:
            return NoticeState.DELIVERED, 0.0
        if delivery.status == GONE:
            return NoticeState.DISABLED, 0.0
        if attempts >= len(SCHEDULE_S):
            return NoticeState.EXHAUSTED, 0.0
        wait_s = SCHEDULE_S[attempts] * self._uniform(1 - JITTER, 1 + JITTER)
        # Later than it asked for, by chance as well; sooner than the schedule says, never.
        asked_s = min(asked_wait_s, LONGEST_WAIT_S) * self._uniform(1, 1 + JITTER)
        return NoticeState.WAITING, max(wait_s, asked_s)
