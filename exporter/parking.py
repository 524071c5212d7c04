"""Drawn posters that the storage does not take now: kept here, brought to it when it is back.

A parked job is still running: this process renews its lease and ends it. When the process dies the
lease runs out and the job is drawn again by another (docs/adr/0028). While the storage is away, or
denies us, nothing is uploaded blindly: one tiny object is tried, on a schedule, and after it all.
"""

import random
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import structlog

from exporter.errors import (
    ExportError,
    JobCancelled,
    LeaseLost,
    QueueUnavailable,
    StorageDenied,
    StorageError,
    StorageUnavailable,
)
from exporter.jobs import Claim, Failure, Jobs, Result
from exporter.metrics import Metrics
from exporter.presence import worker_name
from exporter.queues import Priority
from exporter.settings import Settings
from exporter.storage import Storage
from exporter.usage import free_bytes

log = structlog.get_logger()

FOLDER = "parked"
# How soon an ending asked for is seen, and a due try made.
TICK_S = 0.5
# Between tries of a storage that is away: doubled from the first to the last, a quarter of jitter.
FIRST_WAIT_S, LAST_WAIT_S = 1.0, 15.0
# One that denies us does so until somebody has mended it.
DENIED_WAIT_S = 60.0


class Storing(StrEnum):
    """How the storage was when this process last used it."""

    WELL = "well"
    AWAY = "away"
    DENIED = "denied"


@dataclass(frozen=True)
class Waiting:
    """A file that waits for the storage; *path* is its place here."""

    key: str
    path: Path
    content_type: str


@dataclass(frozen=True)
class Parked:
    """A job whose files wait. Times are of `time.monotonic`."""

    claim: Claim
    result: Result
    files: tuple[Waiting, ...]
    begun_s: float
    deadline_s: float
    completed: Callable[[Result], None]

    @property
    def job_id(self) -> str:
        return self.claim.job.job_id


class Parking:
    """The parked jobs of one worker process. Every method may be called from any thread."""

    def __init__(
        self,
        jobs: Jobs,
        storage: Storage,
        metrics: Metrics,
        settings: Settings,
        send: Callable[[str, Priority], None],
    ) -> None:
        self._jobs = jobs
        self._storage = storage
        self._metrics = metrics
        self._settings = settings
        self._send = send
        host, _, pid = worker_name().rpartition(":")
        self._folder = settings.var_dir / FOLDER / host / pid
        self._lock = threading.Lock()
        self._parked: dict[str, Parked] = {}
        self._state = Storing.WELL
        self._failures = 0
        self._next_try_s = 0.0
        self._told_s: dict[str, float] = {}

    @property
    def state(self) -> Storing:
        return self._state

    @property
    def count(self) -> int:
        return len(self._parked)

    @property
    def size_bytes(self) -> int:
        """What the files of parked jobs and of attempts under way take here."""
        return sum(path.stat().st_size for path in self._folder.glob("*") if path.exists())

    @property
    def has_room(self) -> bool:
        """Whether one more job may be begun, with a place for its files if it comes to that."""
        most, most_bytes = self._settings.parked_max_jobs, self._settings.parked_max_bytes
        return most == 0 or (self.count < most and self.size_bytes < most_bytes)

    def keep(self, key: str, file: Path, reason: StorageError) -> Path:
        """Move *file* here, since the storage did not take it, and return its place.

        Raises StorageUnavailable when there is no place.
        """
        self._struck(reason)
        size = file.stat().st_size
        if self._settings.parked_max_jobs == 0 or not self.has_room:
            raise StorageUnavailable(f"{reason}; not parked: no room for more")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if free_bytes(self._folder) - size < self._settings.min_free_bytes:
                raise StorageUnavailable(f"{reason}; not parked: the disk is full")
            place = self._place(key)
            shutil.move(file, place)
        except OSError as err:
            raise StorageUnavailable(f"{reason}; not parked: {err}") from err
        log.warning("file parked", key=key, bytes=size, reason=str(reason))
        return place

    def take(self, parked: Parked) -> None:
        """Care for a job from here on: its lease, its upload, its end."""
        with self._lock:
            self._parked[parked.job_id] = parked
        log.warning("job parked", job_id=parked.job_id, files=len(parked.files))
        self._tell(parked)

    def discard(self, keys: list[str]) -> None:
        """Remove the files of an attempt that came to nothing."""
        for key in keys:
            self._place(key).unlink(missing_ok=True)

    def renew(self) -> None:
        """Renew leases, and end the parked jobs that were cancelled or whose time is up."""
        for parked in self._all():
            try:
                self._look_after(parked)
            except LeaseLost as err:
                self._drop(parked, "lease lost", str(err))
            except JobCancelled as err:
                self._drop(parked, "job cancelled", str(err))
            except QueueUnavailable as err:
                log.warning("parked job not looked after", job_id=parked.job_id, error=str(err))

    def upload(self) -> None:
        """Try the storage when that is due; once it answers, bring it all that is parked."""
        if self._state is not Storing.WELL and not self._answers_again():
            return
        for parked in self._all():
            try:
                self._bring(parked)
            except (StorageUnavailable, StorageDenied) as err:
                self._struck(err)
                return
            except (JobCancelled, LeaseLost) as err:
                self._drop(parked, "not wanted any more", str(err))
            except QueueUnavailable as err:
                log.warning("ending of a parked job not told yet", error=str(err))
            except ExportError as err:
                self._fail(parked, err)
            except OSError as err:
                # Ended meanwhile, or its disk is broken: the lease tells, or runs out.
                self._drop(parked, "its file cannot be read", str(err))

    def hand_back(self) -> None:
        """Leave all parked jobs to other workers, which draw them again: this one goes."""
        for parked in self._all():
            self._drop(parked, "handed back", "the worker leaves")
            try:
                queue = self._jobs.hand_back(parked.job_id, parked.claim.token)
                self._send(parked.job_id, queue)
            except ExportError as err:
                log.warning("parked job not handed back", job_id=parked.job_id, error=str(err))
        shutil.rmtree(self._folder, ignore_errors=True)

    def _all(self) -> list[Parked]:
        with self._lock:
            return sorted(self._parked.values(), key=lambda parked: parked.deadline_s)

    def _place(self, key: str) -> Path:
        return self._folder / key.rpartition("/")[2]

    def _look_after(self, parked: Parked) -> None:
        if self._jobs.cancel_requested(parked.job_id):
            self._jobs.end_cancelled(parked.job_id, parked.claim.token)
            self._drop(parked, "job cancelled", "while it was parked")
        elif time.monotonic() >= parked.deadline_s:
            self._fail(parked, StorageUnavailable("not stored before the deadline"))
        elif time.monotonic() >= self._told_s.get(parked.job_id, 0) + self._settings.heartbeat_s:
            self._tell(parked)

    def _tell(self, parked: Parked) -> None:
        """Renew the lease and write when the storage is tried next."""
        due_s = max(0.0, self._next_try_s - time.monotonic())
        self._jobs.park(parked.job_id, parked.claim.token, due_s)
        self._told_s[parked.job_id] = time.monotonic()

    def _answers_again(self) -> bool:
        if time.monotonic() < self._next_try_s:
            return False
        try:
            self._storage.check()
        except StorageError as err:
            self._struck(err)
            return False
        log.warning("storage answers again", parked=self.count, after_tries=self._failures)
        self._state, self._failures = Storing.WELL, 0
        return True

    def _struck(self, reason: StorageError) -> None:
        """Wait before the storage is used again, and say so when that is news."""
        if self._state is not Storing.WELL and time.monotonic() < self._next_try_s:
            return
        state = Storing.DENIED if isinstance(reason, StorageDenied) else Storing.AWAY
        if state is not self._state:
            self._failures = 0
            self._metrics.count("export_storage_outages", state.value)
        wait_s = min(FIRST_WAIT_S * 2**self._failures, LAST_WAIT_S)
        wait_s = (DENIED_WAIT_S if state is Storing.DENIED else wait_s) * random.uniform(0.75, 1.25)  # noqa: S311
        self._failures += 1
        self._state, self._next_try_s = state, time.monotonic() + wait_s
        log.error(
            "storage denies us: mend credentials, policy or clock" if state is Storing.DENIED
            else "storage is away",
            error=str(reason), next_try_s=round(wait_s, 1), parked=self.count,
        )  # fmt: skip
        # What waits says when it is tried again.
        self._told_s.clear()

    def _bring(self, parked: Parked) -> None:
        for file in parked.files:
            self._storage.put(
                file.key, file.path, content_type=file.content_type, deadline_s=parked.deadline_s
            )
        took_ms = round(1000 * (time.monotonic() - parked.begun_s))
        result = replace(parked.result, render_time_ms=took_ms)
        self._jobs.complete(parked.job_id, parked.claim.token, result)
        self._drop(parked, "stored", "the storage is back")
        parked.completed(result)

    def _fail(self, parked: Parked, error: ExportError) -> None:
        self._metrics.count("export_errors", error.code)
        self._jobs.fail(parked.job_id, parked.claim.token, Failure.of(error))
        self._drop(parked, "job failed", str(error))

    def _drop(self, parked: Parked, what: str, reason: str) -> None:
        """Forget a job. Objects it may have stored in vain are noted, and the sweeper's."""
        with self._lock:
            self._parked.pop(parked.job_id, None)
        self._told_s.pop(parked.job_id, None)
        for file in parked.files:
            file.path.unlink(missing_ok=True)
        log.info("parked job left", job_id=parked.job_id, how=what, reason=reason)


def sweep(var_dir: Path) -> None:
    """Remove what processes of this host that are gone had parked; their jobs are drawn again.

    Call it before this process parks anything: in a container it may have the number of one that
    is gone.
    """
    host, _, own = worker_name().rpartition(":")
    for folder in (var_dir / FOLDER / host).glob("[0-9]*"):
        if folder.name == own or not Path(f"/proc/{folder.name}").exists():
            shutil.rmtree(folder, ignore_errors=True)
