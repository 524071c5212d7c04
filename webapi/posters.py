"""Posters: ask for one, see how it stands, cancel it."""

import uuid
from typing import Any

import structlog
from flask import Response
from flask_smorest import Blueprint

from exporter.errors import QueueUnavailable
from exporter.jobs import JobRecord, Submitted
from exporter.queues import Priority
from webapi.context import Services, current_key, services
from webapi.dispatch import dispatch
from webapi.errors import Forbidden, Issue
from webapi.idempotency import PARAMETER, REPLAYED, once
from webapi.job_view import AcceptedSchema, JobSchema, job_json
from webapi.likeness import PARAMETER as NO_CACHE
from webapi.likeness import likeness
from webapi.own_job import own_job, status_url
from webapi.prefer import PARAMETER as PREFER
from webapi.prefer import PNG, WaitedSchema, check_accept, waited_for
from webapi.request_body import StrictParser
from webapi.schemas import Export, generate_schema
from webapi.tiers import PRIORITIES, ApiKey, limits_of, most_waiting

log = structlog.get_logger()

JSON = "application/json"
HEADERS = {
    "Location": {"description": "the status URL", "schema": {"type": "string"}},
    REPLAYED: {
        "description": "`true` when the Idempotency-Key stands for an earlier request's job",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_ALTERNATIVES = {
    401: "UNAUTHORIZED",
    404: "NOT_FOUND",
    409: "CONFLICT",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


def blueprint(of: Services) -> Blueprint:
    """Return the routes of posters, with schemas for the limits and styles of *of*."""
    routes = Blueprint("posters", __name__, url_prefix="/api/v1/posters")
    routes.ARGUMENTS_PARSER = StrictParser()
    # One instance for all requests: to make it, and all within, takes a third of a submit's time.
    schema = generate_schema(
        of.settings, of.catalogue, lambda: limits_of(current_key().tier, of.settings)
    )
    body = routes.arguments(schema())
    accepted = routes.response(202, AcceptedSchema, content_type=JSON, headers=HEADERS)
    shown = routes.response(200, JobSchema, content_type=JSON)
    # A job id may hold anything, "/" too: every one that is not a job's gets the same answer.
    one = "/jobs/<path:job_id>"
    problems = {"generate": (401, 429, 500, 503), "show": (401, 404), "cancel": (401, 404, 409)}

    def documented(view: Any) -> Any:
        for status in problems[view.__name__]:
            view = routes.alt_response(status, response=_ALTERNATIVES[status])(view)
        return view

    keyed = routes.doc(parameters=[PARAMETER, NO_CACHE, PREFER])
    waited = routes.alt_response(200, schema=WaitedSchema, content_type=JSON, success=True)
    asked = waited(documented(keyed(body(accepted(generate)))))
    asked.media_types = [JSON, PNG]
    routes.route("/generate", methods=["POST"])(asked)
    routes.route(one, methods=["GET"], endpoint="show")(documented(shown(show)))
    routes.route(one, methods=["DELETE"], endpoint="cancel")(documented(shown(cancel)))
    return routes


def generate(export: Export) -> tuple[dict[str, Any], int, dict[str, str]] | Response:
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

    `style` and `palette` may be one's own: a style as `GET /api/v1/styles/{id}` answers it, with a
    `mapStyle` (any MapLibre style) that is drawn as it is given, and a palette with all colours of
    ours. A palette colours the layers of our styles, and what stands around any other map. URLs of
    a style must name public hosts by https; they are fetched when the poster is drawn.

    Send an `Idempotency-Key` to be safe when no answer comes: the same request again gets the same
    job, as it then stands, and a second poster is not made.

    A poster that this key has asked for before is not drawn again while it is drawn or kept: the
    new job is given its files, and says whose in `reused_from`. It may be `completed` at once. What
    a style's URLs answer may have changed since; `Cache-Control: no-cache` draws in any case.

    While too many posters wait, one more is answered with 429 and `Retry-After`; a request sent
    again, and a poster that is given again, never is.

    `Prefer: wait=60` answers with the poster itself (200), or with its picture for
    `Accept: image/png`; when it takes longer the answer is 202 as ever, and the job goes on.

    A `webhook` is told how the job ended, signed by the Standard Webhooks specification: a POST
    with `webhook-id`, `webhook-timestamp`, `webhook-signature`, and `{type, timestamp, data}`.
    Anything but a 2xx within 15 s is tried again: after 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and
    24 h more. Redirects are not followed, and 410 ends it. A notice may come twice, under one id.
    """
    check_accept()
    key, at_hand = current_key(), services()
    _check_priority(export, key)
    job = export.job(str(uuid.uuid4()), key.key_id)
    alike = likeness(job, at_hand.drawn_by)
    made = dispatch(
        job,
        at_hand,
        once=once(),
        webhook=export.webhook,
        likeness=alike,
        most_waiting=most_waiting(key.tier, at_hand.settings),
    )
    if poster := waited_for(made.job_id, at_hand):
        return poster
    link = status_url(made.job_id)
    answer = {
        "job_id": made.job_id,
        "id": made.job_id,
        "status": made.state.value,
        "reused_from": made.reused_from or None,
        "estimated_time": 0 if made.state.ended else _estimated_s(made, job.priority, at_hand),
        "status_url": link,
    }
    replayed = {REPLAYED: "true"} if made.replayed else {}
    return answer, 202, {"Location": link, **replayed}


def show(job_id: str) -> dict[str, Any]:
    """See how a job stands

    The download URL is signed and expires; each read makes a new one.
    """
    return _shown(own_job(job_id))


def cancel(job_id: str) -> dict[str, Any]:
    """Cancel a job

    A job that waits ends at once. One that is being drawn is answered as `running` with
    `cancel_requested`; its worker stops within two seconds, and it then ends as `cancelled`, in no
    other way: nothing of it is kept.
    """
    own_job(job_id)
    jobs = services().jobs
    jobs.cancel(job_id)
    return _shown(jobs.get(job_id))


def _check_priority(export: Export, key: ApiKey) -> None:
    allowed = PRIORITIES[key.tier]
    if export.priority not in allowed:
        detail = f"a key of tier {key.tier} may use {', '.join(allowed)}; got {export.priority}"
        issue = Issue("/priority", "scope_missing", detail)
        raise Forbidden("scope_missing", f"/priority: {detail}", issues=(issue,))


def _estimated_s(made: Submitted, priority: Priority, at_hand: Services) -> int:
    """Return what the caller is told; of a job that is drawn, noted to be compared with its end."""
    seconds = at_hand.estimate.seconds(priority)
    if not made.replayed and not made.reused_from:
        try:
            at_hand.jobs.estimated(made.job_id, seconds)
        except QueueUnavailable as err:  # the job is accepted all the same
            log.warning("estimate not noted", job_id=made.job_id, error=str(err))
    return seconds


def _shown(record: JobRecord) -> dict[str, Any]:
    return job_json(record, services().storage.url, status_url(record.job_id))
