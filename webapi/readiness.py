"""Whether this installation can make posters now: Redis, a worker, the storage; briefly cached."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import redis
import structlog

from exporter.errors import ExportError, QueueUnavailable
from exporter.presence import workers
from webapi.context import Services

log = structlog.get_logger()

# Probes come in bursts, from balancers and orchestrators; an answer this old is still true.
CACHE_S = 2.0
# Writing to a bucket costs money and time; together with the cache above, a storage that is away is
# told within ten seconds.
STORAGE_CACHE_S = 7.0
# A probe gives up after a few seconds; a storage slower than this is not ready.
STORAGE_TIMEOUT_S = 3.0


class Readiness:
    """The checks, each with its own cache. One per process; safe to share between threads."""

    def __init__(self, of: Services, now: Callable[[], float] = time.monotonic) -> None:
        self._services = of
        self._now = now
        self._lock = threading.Lock()
        self._checked: tuple[float, dict[str, bool]] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="storage-check")
        self._storage: tuple[float, Future[None]] | None = None

    def checks(self) -> dict[str, bool]:
        """Return what is well: `redis`, `workers`, `storage`."""
        with self._lock:
            if self._checked is None or self._now() - self._checked[0] >= CACHE_S:
                self._checked = (self._now(), self._check())
            return self._checked[1]

    def _check(self) -> dict[str, bool]:
        # Redis away is waited for once.
        redis_answers = self._redis_answers()
        return {
            "redis": redis_answers,
            "workers": redis_answers and self._a_worker_reported(),
            "storage": self._storage_takes_files()
            and not (redis_answers and self._a_worker_is_denied()),
        }

    def _redis_answers(self) -> bool:
        try:
            return bool(self._services.redis.ping())
        except redis.RedisError as err:
            log.warning("not ready: redis", error=str(err))
            return False

    def _a_worker_reported(self) -> bool:
        try:
            return bool(workers(self._services.redis))
        except QueueUnavailable:
            return False

    def _a_worker_is_denied(self) -> bool:
        """A worker may have other credentials than this process, or an older set of them."""
        try:
            denied = [
                each.worker for each in workers(self._services.redis) if each.storage == "denied"
            ]
        except QueueUnavailable:
            return False
        if denied:
            log.warning("not ready: storage", error="it denies workers", workers=denied)
        return bool(denied)

    def _storage_takes_files(self) -> bool:
        """A check that hangs is waited for once and not started a second time beside itself."""
        if self._storage is None or self._is_stale(*self._storage):
            self._storage = (self._now(), self._executor.submit(self._services.storage.check))
        try:
            self._storage[1].result(STORAGE_TIMEOUT_S)
        except NotYet:
            log.warning("not ready: storage", error=f"no answer in {STORAGE_TIMEOUT_S:g} s")
            return False
        except ExportError as err:
            log.warning("not ready: storage", error=str(err))
            return False
        return True

    def _is_stale(self, at: float, check: Future[None]) -> bool:
        return check.done() and self._now() - at >= STORAGE_CACHE_S
