"""Health for orchestrators and metrics for Prometheus."""

from flask import Blueprint, Response, json
from prometheus_client import CONTENT_TYPE_LATEST

from exporter.metrics import exposition
from webapi.context import Services, public, services
from webapi.readiness import Readiness


def blueprint(of: Services) -> Blueprint:
    """Return the routes of health and metrics."""
    routes = Blueprint("health", __name__)
    readiness = Readiness(of)

    def ready() -> Response:
        checks = readiness.checks()
        well = all(checks.values())
        words = {name: "ok" if ok else "failed" for name, ok in checks.items()}
        body = json.dumps({"status": "ready" if well else "not ready", "checks": words})
        return Response(body, 200 if well else 503, mimetype="application/json")

    routes.get("/health/live")(public(live))
    routes.get("/health/ready")(public(ready))
    routes.get("/metrics")(metrics)
    return routes


def live() -> Response:
    """Say that this process answers; it looks at nothing else."""
    return Response(json.dumps({"status": "live"}), mimetype="application/json")


def metrics() -> Response:
    """The metrics of the whole service; Prometheus sends its key as a Bearer credential."""
    return Response(exposition(services().redis), content_type=CONTENT_TYPE_LATEST)
