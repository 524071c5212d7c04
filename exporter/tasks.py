"""The whole life of a job on one screen: claim, draw and store, then end it or let it retry."""

import errno
import random
import threading
import time
from collections.abc import Callable

import structlog
from celery.exceptions import Reject, SoftTimeLimitExceeded

from exporter import failpoints
from exporter.attempt import Attempt
from exporter.celery_app import app
from exporter.errors import (
    DeadlineExceeded,
    DiskFull,
    ExportError,
    InternalError,
    JobCancelled,
    JobNotFound,
    LeaseLost,
    QueueUnavailable,
    RecordTooNew,
    WorkerLeaves,
)
from exporter.jobs import Claim, Failure, Result
from exporter.queues import RENDER_TASK
from exporter.worker import Worker, current

log = structlog.get_logger()

# How long a message is held while no browser works, before it is handed back for other workers.
HOLD_S = 5.0
# An attempt ends itself at its own deadline; so much later it has also cleaned up.
CLEAN_UP_S = 15.0
# Telling Redis how a job ended is tried for what is left of its timeout, and at least so long.
TELL_S = 10.0
# Between these tries: short, because a restarted Redis is back in seconds.
_INSIST_PAUSE_S = 0.5


# Celery has no type stubs, so its decorator is untyped.
@app.task(name=RENDER_TASK)  # type: ignore[untyped-decorator]
def render_export(job_id: str) -> None:
    """Do what is to be done for *job_id* now; a message without work left is dropped."""
    worker = current()
    with structlog.contextvars.bound_contextvars(job_id=job_id):
        if not worker.can_draw(HOLD_S):
            # Not claimed: a broken browser must not use up the job's attempts (docs/adr/0009).
            log.warning("no job can be begun here: message handed back")
            raise Reject("no job can be begun here", requeue=True)
        failpoints.hit("before_claim")
        try:
            claim = worker.jobs.claim(job_id, worker.name)
        except RecordTooNew as err:
            log.warning("left for a newer worker", error=str(err))
            return
        if claim is None:
            log.info("nothing to do for this message")
            return
        log.info("claimed", token=claim.token, queue=claim.job.priority.value)
        attempt = Attempt(worker, claim)
        try:
            failpoints.hit("after_claim")
            result = worker.run(attempt.export(), timeout_s=claim.remaining_s + CLEAN_UP_S)
            if attempt.waiting:
                # It goes on running, in the parking's care; this message and page are free.
                parked = attempt.parked(result, lambda end: _count_completed(worker, job_id, end))
                worker.parking.take(parked)
                return
            failpoints.hit("before_finish")
            _insist(lambda: worker.jobs.complete(job_id, claim.token, result), attempt)
            failpoints.hit("after_finish")
        except LeaseLost as err:
            log.warning("lease lost", error=str(err))
            _drop_objects(worker, job_id, attempt.keys)
        except JobCancelled as err:
            _end_cancelled(worker, claim, attempt, err)
        except WorkerLeaves as err:
            _hand_back(worker, claim, attempt, err)
        except ExportError as err:
            _end_attempt(worker, claim, attempt, err)
        except (TimeoutError, SoftTimeLimitExceeded) as err:
            _end_attempt(worker, claim, attempt, DeadlineExceeded(f"{type(err).__name__}: {err}"))
        except OSError as err:
            log.exception("unforeseen error")
            full = err.errno in (errno.ENOSPC, errno.EDQUOT)
            kind = DiskFull if full else InternalError
            _end_attempt(worker, claim, attempt, kind(f"{type(err).__name__}: {err}"))
        except Exception as err:
            log.exception("unforeseen error")
            _end_attempt(worker, claim, attempt, InternalError(f"{type(err).__name__}: {err}"))
        else:
            _count_completed(worker, job_id, result)


def _end_attempt(worker: Worker, claim: Claim, attempt: Attempt, error: ExportError) -> None:
    """Put the job into the retry schedule if that may help and fits its timeout, else fail it."""
    job_id, failure = claim.job.job_id, Failure.of(error)
    worker.metrics.count("export_errors", failure.code)
    delay_s = random.uniform(0, 2) * worker.settings.retry_base_s * 4**claim.attempts  # noqa: S311
    again = error.retryable and claim.attempts + 1 < worker.settings.max_attempts
    try:
        if again and delay_s < attempt.remaining_s:
            log.warning("attempt failed", code=failure.code, error=str(error), retry_s=delay_s)
            _insist(lambda: worker.jobs.retry(job_id, claim.token, failure, delay_s), attempt)
        else:
            log.warning("job failed", code=failure.code, error=str(error))
            _insist(lambda: worker.jobs.fail(job_id, claim.token, failure), attempt)
    except JobCancelled:
        log.info("job cancelled", reason="asked for while the attempt failed")
    except (LeaseLost, QueueUnavailable) as err:
        log.warning("ending not recorded", code=err.code, error=str(err))
    _drop_objects(worker, job_id, attempt.keys)


def _hand_back(worker: Worker, claim: Claim, attempt: Attempt, error: WorkerLeaves) -> None:
    """Leave the job to another worker, as if it had not been begun here (docs/adr/0027).

    A new message goes to the head of its queue; the one that came here, given back, would go to the
    end. When Redis cannot be told, the lease runs out and the sweeper takes the job back, which
    costs it a start.
    """
    job_id = claim.job.job_id
    _drop_objects(worker, job_id, attempt.keys)
    try:
        worker.send_first(job_id, worker.jobs.hand_back(job_id, claim.token))
    except (JobCancelled, LeaseLost, QueueUnavailable) as err:
        log.warning("job not handed back", code=err.code, error=str(err))
        return
    log.info("job handed back", reason=str(error))


def _end_cancelled(worker: Worker, claim: Claim, attempt: Attempt, error: JobCancelled) -> None:
    """End the job as cancelled, unless Redis has, and leave nothing of the attempt behind."""
    job_id = claim.job.job_id
    try:
        _insist(lambda: worker.jobs.end_cancelled(job_id, claim.token), attempt)
        log.info("job cancelled", reason=str(error))
    except (LeaseLost, QueueUnavailable) as err:
        log.warning("ending not recorded", code=err.code, error=str(err))
    _drop_objects(worker, job_id, attempt.keys)


def _insist(tell: Callable[[], None], attempt: Attempt) -> None:
    """Tell Redis how the attempt ended, also across a restart of Redis."""
    deadline = time.monotonic() + max(attempt.remaining_s, TELL_S)
    while True:
        try:
            return tell()
        except QueueUnavailable as err:
            if time.monotonic() > deadline:
                raise
            log.warning("ending not recorded yet", error=str(err))
            threading.Event().wait(_INSIST_PAUSE_S)


def _drop_objects(worker: Worker, job_id: str, keys: list[str]) -> None:
    """Delete what this attempt may have stored, unless it became the job's result after all.

    Redis may have ended the job although its answer never came back.
    """
    if not keys:
        return
    worker.parking.discard(keys)
    try:
        result = worker.jobs.get(job_id).result
    except JobNotFound:
        # Redis came back without its data: nobody will ever ask for them.
        result = None
    except ExportError as err:
        log.error("orphaned objects", keys=keys, error=str(err))
        return
    if result is not None and result.key in keys:
        return
    for key in keys:
        try:
            worker.storage.delete(key)
        except ExportError as err:
            log.error("orphaned object", key=key, error=str(err))


def _count_completed(worker: Worker, job_id: str, result: Result) -> None:
    log.info(
        "completed", key=result.key, bytes=result.file_size, render_time_ms=result.render_time_ms
    )
    stages_ms = (result.manifest or {}).get("timingsMs", {})
    worker.metrics.completed(
        result.render_time_ms / 1000,
        result.queue_time_ms / 1000,
        {stage: ms / 1000 for stage, ms in stages_ms.items()},
    )
    try:
        ratio = worker.jobs.get(job_id).estimate_ratio
    except ExportError as err:  # the job has ended well: what is told of it beside that may go
        log.warning("estimate not compared", error=str(err))
        return
    if ratio is not None:
        worker.metrics.observe("export_estimate_ratio", ratio)
