"""Submit a job: its record first, durable, then the message that gets a worker to look at it."""

import structlog

from exporter.errors import QueueUnavailable
from exporter.poster import PosterJob
from webapi.context import Services

log = structlog.get_logger()


def dispatch(job: PosterJob, services: Services) -> None:
    """Make *job* queued. Raises QueueUnavailable only when nothing was accepted.

    Without its message the job is accepted all the same: the sweeper sends messages of queued
    jobs again.
    """
    services.jobs.submit(job)
    services.metrics.count("export_submitted", job.priority.value)
    try:
        services.send(job.job_id, job.priority)
    except QueueUnavailable as err:
        log.warning("message not sent, the sweeper will", job_id=job.job_id, error=str(err))
    else:
        log.info("job submitted", job_id=job.job_id, queue=job.priority.value)
