"""Health for orchestrators and metrics for Prometheus."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from prometheus_client import CONTENT_TYPE_LATEST

from exporter.exposition import exposition
from webapi.context import Services, opened_by_metrics_key, public, services
from webapi.readiness import Readiness

JSON = "application/json"


class LiveSchema(Schema):
    status = fields.String(required=True, metadata={"enum": ["live"]})


class ChecksSchema(Schema):
    redis = fields.String(required=True, metadata={"enum": ["ok", "failed"]})
    workers = fields.String(required=True, metadata={"enum": ["ok", "failed"]})
    storage = fields.String(required=True, metadata={"enum": ["ok", "failed"]})


class ReadySchema(Schema):
    status = fields.String(required=True, metadata={"enum": ["ready", "not ready"]})
    checks = fields.Nested(ChecksSchema, required=True)


def blueprint(of: Services) -> Blueprint:
    """Return the routes of health and metrics."""
    routes = Blueprint("health", __name__)
    readiness = Readiness(of)

    def ready() -> tuple[dict[str, Any], int]:
        """See whether posters can be made now

        200 when Redis answers, a worker has reported within 30 s and the storage takes files.
        """
        checks = readiness.checks()
        well = all(checks.values())
        words = {name: "ok" if ok else "failed" for name, ok in checks.items()}
        return {"status": "ready" if well else "not ready", "checks": words}, 200 if well else 503

    needs_no_key = routes.doc(security=[])
    lives = routes.response(200, LiveSchema, content_type=JSON)
    is_ready = routes.response(200, ReadySchema, content_type=JSON)
    is_not = routes.alt_response(503, schema=ReadySchema, content_type=JSON)
    told = routes.alt_response(
        200, schema={"type": "string"}, content_type="text/plain", success=True
    )
    routes.route("/health/live", methods=["GET"])(needs_no_key(lives(public(live))))
    routes.route("/health/ready", methods=["GET"])(needs_no_key(is_not(is_ready(public(ready)))))
    routes.route("/metrics", methods=["GET"])(told(opened_by_metrics_key(metrics)))
    return routes


def live() -> dict[str, str]:
    """See that this process answers

    It looks at nothing else.
    """
    return {"status": "live"}


def metrics() -> Response:
    """Read the metrics of the whole service

    In the text format of Prometheus, merged over the API and all workers. With the metrics key of
    the installation it answers without Redis, too: `export_redis_up 0` and nothing else.
    """
    return Response(exposition(services().redis), content_type=CONTENT_TYPE_LATEST)
