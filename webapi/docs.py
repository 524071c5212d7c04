"""The OpenAPI description and a page made of it, readable without scripts or network."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template
from flask_smorest import Api

from exporter.errors import ExportError
from webapi.codes import TITLES
from webapi.context import public

_METHODS = ("get", "post", "delete")


def blueprint(api: Api) -> Blueprint:
    """Return the routes of the description of *api*."""
    routes = Blueprint("docs", __name__, template_folder="templates")

    def openapi() -> Response:
        return jsonify(api.spec.to_dict())

    def page() -> Response:
        spec = api.spec.to_dict()
        text = render_template(
            "docs.html",
            info=spec["info"],
            operations=_operations(spec),
            schemas=spec["components"]["schemas"],
            codes=TITLES,
            endings=_endings(),
        )
        response = Response(text, mimetype="text/html")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )
        return response

    routes.get("/openapi.json")(public(openapi))
    routes.get("/docs")(public(page))
    return routes


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, **operations[method]}
        for path, operations in spec["paths"].items()
        for method in _METHODS
        if method in operations
    ]


def _endings() -> dict[str, str]:
    """Return the codes a job can fail with, and what each says."""
    found = {}
    waiting: list[type[ExportError]] = [ExportError]
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if cls.code not in TITLES:
            found[cls.code] = cls.summary
    return dict(sorted(found.items()))
