"""Webhooks from the caller's side: what was told of a job, telling it again, what signs it."""

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields

from exporter.outbox import Delivery, Notice, NoticeState
from exporter.times import rfc3339
from webapi.context import current_key, services
from webapi.own_job import own_job

JSON = "application/json"
OUTCOMES = (
    "delivered; answered_<status>; timed_out; egress_failed: no connection or no answer; "
    "egress_denied: not a public address; internal_error"
)


class DeliverySchema(Schema):
    """One attempt at telling a receiver."""

    at = fields.String(required=True)
    outcome = fields.String(required=True, metadata={"description": OUTCOMES})
    http_status = fields.Integer(required=True, allow_none=True)
    duration_ms = fields.Integer(required=True)


class NoticeSchema(Schema):
    """What a receiver is to be told of one ending. `id` is its `webhook-id`, in every attempt."""

    id = fields.String(required=True)
    event = fields.String(required=True)
    url = fields.String(required=True)
    state = fields.String(
        required=True,
        metadata={
            "enum": list(NoticeState),
            "description": "exhausted: after ten attempts; disabled: the receiver said 410",
        },
    )
    attempts = fields.Integer(
        required=True, metadata={"description": "since it was last redelivered"}
    )
    created_at = fields.String(required=True)
    next_attempt_at = fields.String(required=True, allow_none=True)
    deliveries = fields.List(fields.Nested(DeliverySchema), required=True)


class WebhooksSchema(Schema):
    """What was told of a job, oldest first; nothing before it ends, or without a webhook."""

    job_id = fields.String(required=True)
    notices = fields.List(fields.Nested(NoticeSchema), required=True)


class SecretSchema(Schema):
    """What signs webhooks of this API key that brought no secret of their own."""

    secret = fields.String(required=True)


def blueprint() -> Blueprint:
    """Return the routes of webhooks."""
    routes = Blueprint("webhooks", __name__, url_prefix="/api/v1")
    job = "/posters/jobs/<path:job_id>/webhooks"
    told = routes.response(200, WebhooksSchema, content_type=JSON)
    begun = routes.response(202, WebhooksSchema, content_type=JSON)
    known = routes.response(200, SecretSchema, content_type=JSON)

    def documented(view: Any, *also: str) -> Any:
        for status, name in ((401, "UNAUTHORIZED"), (404, "NOT_FOUND"), (409, "CONFLICT")):
            if status == 401 or name in also:
                view = routes.alt_response(status, response=name)(view)
        return view

    routes.route(job, methods=["GET"], endpoint="log")(documented(told(log), "NOT_FOUND"))
    routes.route(job, methods=["POST"], endpoint="redeliver")(
        documented(begun(redeliver), "NOT_FOUND", "CONFLICT")
    )
    routes.route("/webhooks/secret", methods=["GET"], endpoint="secret")(documented(known(secret)))
    return routes


def log(job_id: str) -> dict[str, Any]:
    """See what a job's webhook was told

    The log holds the last attempts with what came of each, and when the next one is due.
    """
    return _told(own_job(job_id).job_id)


def redeliver(job_id: str) -> dict[str, Any]:
    """Tell a job's webhook again

    Sends the last notice at once, under its id, and begins its schedule anew, also after it was
    exhausted or its receiver said 410. While it is being sent nothing changes.
    """
    own_job(job_id)
    services().outbox.redeliver(job_id)
    return _told(job_id)


def secret() -> dict[str, str]:
    """See the webhook secret of your API key

    Verify `webhook-signature` with it, by the Standard Webhooks specification or one of its
    libraries. It is made when first asked for or used, and stays the same.
    """
    return {"secret": services().outbox.secret_of(current_key().key_id)}


def _told(job_id: str) -> dict[str, Any]:
    notices = services().outbox.of_job(job_id)
    return {"job_id": job_id, "notices": [_notice(notice) for notice in notices]}


def _notice(notice: Notice) -> dict[str, Any]:
    waits = notice.state is NoticeState.WAITING
    return {
        "id": notice.id,
        "event": notice.event.value,
        "url": notice.url,
        "state": notice.state.value,
        "attempts": notice.attempts,
        "created_at": rfc3339(notice.created_at),
        "next_attempt_at": rfc3339(notice.due_at) if waits else None,
        "deliveries": [_delivery(delivery) for delivery in notice.deliveries],
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "at": rfc3339(delivery.at),
        "outcome": delivery.outcome,
        "http_status": delivery.status or None,
        "duration_ms": delivery.duration_ms,
    }
