"""Submit a job: its record first, durable, then the message that gets a worker to look at it."""

import structlog

from exporter import failpoints
from exporter.errors import QueueFull, QueueUnavailable
from exporter.events import Webhook
from exporter.jobs import Likeness, Once, Submitted
from exporter.poster import PosterJob
from exporter.queues import Priority
from webapi.context import Services
from webapi.errors import NoRoom

log = structlog.get_logger()


def dispatch(
    job: PosterJob,
    services: Services,
    *,
    once: Once | None = None,
    webhook: Webhook | None = None,
    likeness: Likeness | None = None,
    most_waiting: int | None = None,
) -> Submitted:
    """Make *job* queued, or one that is given another's drawing; tell what came of it.

    Raises IdempotencyKeyReused and NoRoom, and QueueUnavailable only when nothing was accepted:
    without its message the job is accepted all the same, since the sweeper sends messages of queued
    jobs again.
    """
    failpoints.hit("api_before_record", job.job_id)
    try:
        made = services.jobs.submit(
            job, once=once, webhook=webhook, likeness=likeness, most_waiting=most_waiting
        )
    except QueueFull as full:
        raise NoRoom(full, services.estimate.room_s(full.surplus)) from full
    if made.replayed:
        log.info("job asked for again", job_id=made.job_id)
        return made
    failpoints.hit("api_after_record", made.job_id)
    if made.message:
        _send(services, *made.message)
    log.info(
        "job submitted", job_id=job.job_id, queue=job.priority.value, reused_from=made.reused_from
    )
    failpoints.hit("api_after_enqueue", made.job_id)
    return made


def _send(services: Services, job_id: str, queue: Priority) -> None:
    try:
        services.send(job_id, queue)
    except QueueUnavailable as err:
        log.warning("message not sent, the sweeper will", job_id=job_id, error=str(err))
