"""Submit a job: its record first, durable, then the message that gets a worker to look at it."""

import structlog

from exporter.errors import QueueUnavailable
from exporter.events import Webhook
from exporter.jobs import Once
from exporter.poster import PosterJob
from webapi.context import Services

log = structlog.get_logger()


def dispatch(
    job: PosterJob,
    services: Services,
    *,
    once: Once | None = None,
    webhook: Webhook | None = None,
) -> str:
    """Make *job* queued and return its id, or the id of the job that *once* stands for already.

    Raises IdempotencyKeyReused, and QueueUnavailable only when nothing was accepted: without its
    message the job is accepted all the same, since the sweeper sends messages of queued jobs again.
    """
    job_id = services.jobs.submit(job, once=once, webhook=webhook)
    if job_id != job.job_id:
        log.info("job asked for again", job_id=job_id)
        return job_id
    services.metrics.count("export_submitted", job.priority.value)
    try:
        services.send(job.job_id, job.priority)
    except QueueUnavailable as err:
        log.warning("message not sent, the sweeper will", job_id=job.job_id, error=str(err))
    else:
        log.info("job submitted", job_id=job.job_id, queue=job.priority.value)
    return job_id
