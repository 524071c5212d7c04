"""One attempt at one job: lend a page, draw, verify, store, and keep the lease all the while."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from exporter import failpoints, image
from exporter.errors import (
    DeadlineExceeded,
    JobCancelled,
    QueueUnavailable,
    RenderTimedOut,
    ResourcesMissing,
    StorageDenied,
    StorageUnavailable,
    WorkerLeaves,
)
from exporter.formats import FORMATS
from exporter.jobs import Claim, Delivered, Progress, Result
from exporter.outputs import File, Sheet
from exporter.page import Drawing
from exporter.parking import Parked, Storing, Waiting
from exporter.pieces import Pieces
from exporter.poster import Output, PosterJob
from exporter.storage import object_key
from exporter.worker import Worker

log = structlog.get_logger()

# Percent of the whole at which each stage begins. Tiles fill the span up to `drawing`,
# the pieces of a large poster the one up to `drawn`.
_PERCENT = {
    "claimed": 2,
    "page_ready": 10,
    "tiles": 12,
    "drawing": 70,
    "drawn": 84,
    "encoded": 85,
    "verified": 90,
    "upload_pending": 95,
    "uploaded": 99,
}
# Warnings of something that should be in the picture and is not.
_GAPS = frozenset({"missing_tiles", "failed_tiles", "missing_glyphs", "font_fallback"})
# How often a cancellation is looked for; with the end of the page it must take effect within 2 s.
CANCEL_SEEN_S = 0.5
# What the upload of a file may take before it is parked; a storage that is well is far quicker.
UPLOAD_S = 30.0
UPLOAD_BYTES_PER_S = 1_000_000


@dataclass(frozen=True)
class _Made:
    drawing: Drawing
    files: tuple[Delivered, ...]


class Attempt:
    """One claimed job on its way to storage.

    `keys` names its objects once they may exist; `waiting` are the files that the storage did not
    take, so that the job is not complete but to be parked.
    """

    def __init__(self, worker: Worker, claim: Claim) -> None:
        self._worker = worker
        self._claim = claim
        self._started = time.monotonic()
        self._progress = Progress("claimed", _PERCENT["claimed"])
        self._moved = asyncio.Event()
        self._abandoned = False
        self.keys: list[str] = []
        self.waiting: list[Waiting] = []

    @property
    def remaining_s(self) -> float:
        """What is left of the job's timeout."""
        return self._claim.remaining_s - (time.monotonic() - self._started)

    async def export(self) -> Result:
        """Make the poster and store it.

        Raises LeaseLost, JobCancelled, WorkerLeaves, DeadlineExceeded, or why it failed.
        """
        limit = asyncio.timeout(self.remaining_s)
        try:
            async with limit:
                made = await self._while_leased()
        except TimeoutError as err:
            if limit.expired():
                raise DeadlineExceeded(f"not done within {self._claim.remaining_s:g} s") from err
            raise RenderTimedOut(f"a step took too long: {err}") from err
        return self._result(made)

    async def _while_leased(self) -> _Made:
        """Make the poster; stop when the lease is lost, the job cancelled or the worker to go."""
        making = asyncio.ensure_future(self._make())
        watching = [
            asyncio.ensure_future(self._keep_lease()),
            asyncio.ensure_future(self._until_cancelled()),
            asyncio.ensure_future(self._until_time_is_up()),
        ]
        tasks = [making, *watching]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(task for task in tasks if task.done()).result()
        finally:
            self._abandoned = not making.done()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self) -> _Made:
        job = self._claim.job
        await failpoints.reach("before_page")
        async with self._worker.pool.lend() as page:
            self._reach("page_ready")
            drawing = await page.draw(
                self._worker.gateway, job, self._on_page, timeout_s=self.remaining_s
            )
        with drawing.pieces as pieces:
            await failpoints.reach("after_capture")
            if job.on_missing == "fail":
                _refuse_gaps(drawing.warnings)
            sheet = await asyncio.to_thread(_sheet_of, pieces, job)
            self._reach("verified")
            await failpoints.reach("after_verify")
            files = tuple([await self._deliver(sheet, output) for output in job.outputs])
        self._reach("upload_pending" if self.waiting else "uploaded")
        await failpoints.reach("after_upload")
        return _Made(drawing, files)

    async def _deliver(self, sheet: Sheet, output: Output) -> Delivered:
        """Make one file and store it, so that no more than one of them is on disk."""
        job = self._claim.job
        file = await asyncio.to_thread(sheet.make, output)
        key = object_key(job.job_id, self._claim.token, FORMATS[file.format].extension)
        self.keys.append(key)
        await self._note(key)
        await failpoints.reach("before_upload")
        size_bytes = file.size_bytes
        await asyncio.to_thread(self._store_or_keep, key, file)
        file.path.unlink(missing_ok=True)
        return Delivered(
            name=file.name,
            key=key,
            format=file.format,
            file_size=size_bytes,
            width=file.width,
            height=file.height,
            dpi=file.dpi,
            sha256=file.sha256,
        )

    def parked(self, result: Result, completed: Callable[[Result], None]) -> Parked:
        """Return what is parked of this attempt: *result* holds once its files are stored."""
        files, deadline_s = tuple(self.waiting), time.monotonic() + self.remaining_s
        return Parked(self._claim, result, files, self._started, deadline_s, completed)

    def _store_or_keep(self, key: str, file: File) -> None:
        """Put a file into storage, or park it when that is away. Raises StorageError."""
        parking = self._worker.parking
        try:
            if parking.state is not Storing.WELL:
                raise StorageUnavailable(f"put {key}: the storage is {parking.state.value}")
            self._store(key, file)
        except (StorageUnavailable, StorageDenied) as err:
            place = parking.keep(key, file.path, err)
            self.waiting.append(Waiting(key, place, FORMATS[file.format].content_type))
            if self._abandoned:
                parking.discard([key])

    def _store(self, key: str, file: File) -> None:
        """Put a file into storage; a thread, so it runs on after the attempt was given up."""
        budget_s = UPLOAD_S + file.size_bytes / UPLOAD_BYTES_PER_S
        storage, deadline_s = (
            self._worker.storage,
            time.monotonic() + min(self.remaining_s, budget_s),
        )
        content_type = FORMATS[file.format].content_type
        storage.put(key, file.path, content_type=content_type, deadline_s=deadline_s)
        if self._abandoned:
            storage.delete(key)

    async def _note(self, key: str) -> None:
        """Let the sweeper know what to delete if this process dies; without Redis it does not."""
        claim = self._claim
        try:
            await asyncio.to_thread(self._worker.jobs.storing, claim.job.job_id, claim.token, key)
        except QueueUnavailable as err:
            log.warning("object not noted", key=key, error=str(err))

    async def _keep_lease(self) -> NoReturn:
        """Renew the lease with every step of progress and every heartbeat. Raises LeaseLost.

        A Redis that is away for a moment is outlived: if it stays away past the lease, the end of
        the job will tell.
        """
        jobs, claim = self._worker.jobs, self._claim
        while True:
            self._moved.clear()
            try:
                await asyncio.to_thread(jobs.beat, claim.job.job_id, claim.token, self._progress)
                await failpoints.reach("after_heartbeat")
            except QueueUnavailable as err:
                log.warning("lease not renewed", error=str(err))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._worker.settings.heartbeat_s):
                    await self._moved.wait()

    async def _until_cancelled(self) -> NoReturn:
        """Raise JobCancelled once it was asked for; a Redis that is away asks for nothing."""
        jobs, job_id = self._worker.jobs, self._claim.job.job_id
        while True:
            await asyncio.sleep(CANCEL_SEEN_S)
            try:
                if await asyncio.to_thread(jobs.cancel_requested, job_id):
                    raise JobCancelled(f"asked for after {self._elapsed_s} s")
            except QueueUnavailable as err:
                log.warning("cancellation not looked for", error=str(err))

    async def _until_time_is_up(self) -> NoReturn:
        """Raise WorkerLeaves when this worker must go and the job is not done."""
        await self._worker.until_time_is_up()
        raise WorkerLeaves(f"told to leave, not done after {self._elapsed_s} s")

    def _on_page(self, stage: str, done: int, total: int) -> None:
        if stage == "settling":
            failpoints.hit("after_style_load", self._claim.job.job_id)
            span = _PERCENT["drawing"] - _PERCENT["tiles"]
            share = done / total if total else 0
            self._reach("tiles", _PERCENT["tiles"] + int(span * share), done, total)
        elif stage == "drawing":
            span = _PERCENT["drawn"] - _PERCENT["drawing"]
            percent = _PERCENT["drawing"] + span * done // max(total, 1)
            self._reach(stage, percent, done, total)
        else:
            if stage == "drawn":
                failpoints.hit("before_capture", self._claim.job.job_id)
            self._reach(stage)

    def _reach(self, stage: str, percent: int | None = None, done: int = 0, total: int = 0) -> None:
        self._progress = Progress(stage, percent or _PERCENT[stage], done, total)
        self._moved.set()
        if stage not in ("tiles", "drawing"):
            log.info("stage reached", stage=stage, after_s=self._elapsed_s)

    def _result(self, made: _Made) -> Result:
        main = made.files[0]
        return Result(
            key=main.key,
            file_size=main.file_size,
            width=main.width,
            height=main.height,
            sha256=main.sha256,
            render_time_ms=round(self._elapsed_s * 1000),
            queue_time_ms=round(self._claim.queue_time_s * 1000),
            warnings=made.drawing.warnings,
            manifest=made.drawing.manifest,
            format=main.format,
            dpi=main.dpi,
            outputs=made.files,
        )

    @property
    def _elapsed_s(self) -> float:
        return round(time.monotonic() - self._started, 3)


def _sheet_of(pieces: Pieces, job: PosterJob) -> Sheet:
    """Make one checked sheet of what the page sent. Raises ImageError."""
    size, bleed = job.resolution, 2 * job.bleed_px
    path = image.whole(pieces, opaque=job.outputs[0].background == "paper")
    image.verify(path, width=size.width_px + bleed, height=size.height_px + bleed)
    return Sheet(path, size, job.bleed_px)


def _refuse_gaps(warnings: tuple[dict[str, Any], ...]) -> None:
    """Raise ResourcesMissing, naming them, when *warnings* tell of tiles, glyphs or fonts."""
    gaps = [str(warning["message"]) for warning in warnings if warning["code"] in _GAPS]
    if gaps:
        told = " ".join(gaps)
        raise ResourcesMissing(told, public=f"{ResourcesMissing.summary} {told}")
