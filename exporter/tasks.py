"""The whole life of a job on one screen: claim, draw and store, then end it or let it retry."""

import random
import threading
import time
from collections.abc import Callable

import structlog
from celery.exceptions import Reject, SoftTimeLimitExceeded

from exporter.attempt import Attempt
from exporter.celery_app import app
from exporter.errors import (
    DeadlineExceeded,
    ExportError,
    InternalError,
    JobCancelled,
    LeaseLost,
    QueueUnavailable,
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
            log.warning("no browser works here: message handed back")
            raise Reject("no browser works here", requeue=True)
        claim = worker.jobs.claim(job_id, worker.name)
        if claim is None:
            log.info("nothing to do for this message")
            return
        log.info("claimed", token=claim.token, queue=claim.job.priority.value)
        attempt = Attempt(worker, claim)
        try:
            result = worker.run(attempt.export(), timeout_s=claim.remaining_s + CLEAN_UP_S)
            _insist(lambda: worker.jobs.complete(job_id, claim.token, result), attempt)
        except LeaseLost as err:
            log.warning("lease lost", error=str(err))
            _drop_objects(worker, job_id, attempt.keys)
        except JobCancelled as err:
            _end_cancelled(worker, claim, attempt, err)
        except ExportError as err:
            _end_attempt(worker, claim, attempt, err)
        except (TimeoutError, SoftTimeLimitExceeded) as err:
            _end_attempt(worker, claim, attempt, DeadlineExceeded(f"{type(err).__name__}: {err}"))
        except Exception as err:
            log.exception("unforeseen error")
            _end_attempt(worker, claim, attempt, InternalError(f"{type(err).__name__}: {err}"))
        else:
            _count_completed(worker, result)


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
    try:
        result = worker.jobs.get(job_id).result
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


def _count_completed(worker: Worker, result: Result) -> None:
    log.info(
        "completed", key=result.key, bytes=result.file_size, render_time_ms=result.render_time_ms
    )
    worker.metrics.observe("export_render_seconds", result.render_time_ms / 1000)
    worker.metrics.observe("export_queue_wait_seconds", result.queue_time_ms / 1000)
