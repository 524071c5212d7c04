"""The job an address names, when it is the caller's."""

import re

from exporter.errors import JobNotFound
from exporter.jobs import JobRecord
from webapi.context import current_key, services
from webapi.errors import NotFound

_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def own_job(job_id: str) -> JobRecord:
    """Return the caller's job; for unknown, foreign and impossible ids, raise the same error."""
    if _JOB_ID.fullmatch(job_id.removesuffix("/")) and job_id.endswith("/"):
        raise NotFound("not_found", "There is nothing at this address.")
    if not _JOB_ID.fullmatch(job_id):
        raise JobNotFound("no job has such an id")
    record = services().jobs.get(job_id)
    if record.key_id != current_key().key_id:
        raise JobNotFound(f"job {job_id} belongs to another key")
    return record


def status_url(job_id: str) -> str:
    return f"{services().settings.base_url}/api/v1/posters/jobs/{job_id}"
