"""Posters: ask for one, see how it stands, cancel it while it waits."""

import re
import uuid
from typing import Any

from flask_smorest import Blueprint

from exporter.errors import JobNotFound
from exporter.jobs import JobRecord
from webapi.context import Services, current_key, services
from webapi.dispatch import dispatch
from webapi.errors import Forbidden, Issue, NotFound
from webapi.estimate import estimated_time_s
from webapi.job_view import AcceptedSchema, JobSchema, job_json
from webapi.request_body import StrictParser
from webapi.schemas import Export, generate_schema
from webapi.tiers import PRIORITIES, ApiKey

_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
JSON = "application/json"
LOCATION = {"Location": {"description": "the status URL", "schema": {"type": "string"}}}
_ALTERNATIVES = {401: "UNAUTHORIZED", 404: "NOT_FOUND", 409: "CONFLICT", 503: "SERVICE_UNAVAILABLE"}


def blueprint(of: Services) -> Blueprint:
    """Return the routes of posters, with schemas for the limits and styles of *of*."""
    routes = Blueprint("posters", __name__, url_prefix="/api/v1/posters")
    routes.ARGUMENTS_PARSER = StrictParser()
    body = routes.arguments(generate_schema(of.settings, of.catalogue))
    accepted = routes.response(202, AcceptedSchema, content_type=JSON, headers=LOCATION)
    shown = routes.response(200, JobSchema, content_type=JSON)
    # A job id may hold anything, "/" too: every one that is not a job's gets the same answer.
    one = "/jobs/<path:job_id>"
    problems = {"generate": (401, 503), "show": (401, 404), "cancel": (401, 404, 409)}

    def documented(view: Any) -> Any:
        for status in problems[view.__name__]:
            view = routes.alt_response(status, response=_ALTERNATIVES[status])(view)
        return view

    routes.route("/generate", methods=["POST"])(documented(body(accepted(generate))))
    routes.route(one, methods=["GET"], endpoint="show")(documented(shown(show)))
    routes.route(one, methods=["DELETE"], endpoint="cancel")(documented(shown(cancel)))
    return routes


def generate(export: Export) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Ask for a poster

    Send the short form (`location` and what differs from the defaults) or a whole `config`, not
    both. `zoom` decides the camera; a config's `bounds` frame the map only when it has no zoom.
    `options.labels` shows country, state and city names, and pales the roads a little.
    `options.high_res` makes 3600 x 5400 pixels. Without `resolution` the size follows the
    config's `format`, 3600 pixels at the longer side (16:9 and 16:10 are wide when "portrait").
    A `resolution` is said in pixels, on paper, by the name of a sheet, or by a preset.

    The poster is drawn once, at `resolution`; `output` says which file is made of it, `outputs`
    several, the first of them the main one. None can be larger than the drawing. Transparent paper
    (`background`) is for png and webp: the map then fades into nothing behind the words. A PDF is
    as large as the paper, and may have a bleed, into which paper and map go on, and crop marks.

    What the chosen style cannot draw yet (for instance contours, population, 3D buildings) is
    taken, left out of the map, and named in the result's `warnings`. Fields of the web app's
    config that are not drawn at all yet are refused, unless they hold their default.
    """
    key, at_hand = current_key(), services()
    _check_priority(export, key)
    job = export.job(str(uuid.uuid4()), key.key_id)
    dispatch(job, at_hand)
    status_url = _status_url(job.job_id)
    answer = {
        "job_id": job.job_id,
        "id": job.job_id,
        "status": "queued",
        "estimated_time": estimated_time_s(at_hand.redis, job.priority),
        "status_url": status_url,
    }
    return answer, 202, {"Location": status_url}


def show(job_id: str) -> dict[str, Any]:
    """See how a job stands

    The download URL is signed and expires; each read makes a new one.
    """
    return _shown(_own_job(job_id))


def cancel(job_id: str) -> dict[str, Any]:
    """Cancel a job that waits"""
    _own_job(job_id)
    at_hand = services()
    at_hand.jobs.cancel(job_id)
    at_hand.metrics.count("export_jobs", "cancelled")
    return _shown(at_hand.jobs.get(job_id))


def _check_priority(export: Export, key: ApiKey) -> None:
    allowed = PRIORITIES[key.tier]
    if export.priority not in allowed:
        detail = f"a key of tier {key.tier} may use {', '.join(allowed)}; got {export.priority}"
        issue = Issue("/priority", "scope_missing", detail)
        raise Forbidden("scope_missing", f"/priority: {detail}", issues=(issue,))


def _own_job(job_id: str) -> JobRecord:
    """Return the caller's job; for unknown, foreign and impossible ids, raise the same error."""
    if _JOB_ID.fullmatch(job_id.removesuffix("/")) and job_id.endswith("/"):
        raise NotFound("not_found", "There is nothing at this address.")
    if not _JOB_ID.fullmatch(job_id):
        raise JobNotFound("no job has such an id")
    record = services().jobs.get(job_id)
    if record.key_id != current_key().key_id:
        raise JobNotFound(f"job {job_id} belongs to another key")
    return record


def _shown(record: JobRecord) -> dict[str, Any]:
    return job_json(record, services().storage.url, _status_url(record.job_id))


def _status_url(job_id: str) -> str:
    return f"{services().settings.base_url}/api/v1/posters/jobs/{job_id}"
