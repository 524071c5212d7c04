"""The application factory: wires services, routes, checks and errors; nothing connects yet."""

from typing import Any

import redis
from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields

from exporter import failpoints
from exporter import settings as environment
from exporter.settings import Settings
from webapi import docs, files, health, keys_cli, posters, styles, webhooks
from webapi.admission import register_admission
from webapi.catalogue import Catalogue
from webapi.context import JobStore, Send, Services, Store
from webapi.errors import register_errors
from webapi.keys import check_metrics_key

ABOUT = """Map posters, made in the background: ask for one, follow its job, download the image.

Send `Authorization: Bearer <key>` with every request but those for styles, health and downloads."""


class IssueSchema(Schema):
    pointer = fields.String(metadata={"description": "JSON pointer into the body"})
    code = fields.String()
    detail = fields.String()


class ProblemSchema(Schema):
    """RFC 9457; `code` never changes its meaning, `errors` lists all that is wrong with a body."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    request_id = fields.String(required=True)
    pointer = fields.String()
    errors = fields.List(fields.Nested(IssueSchema))


class PosterApi(Api):  # type: ignore[misc]
    """Documents errors as they are answered; successes name their own content type."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_RESPONSE_CONTENT_TYPE = "application/problem+json"


def create_app(
    settings: Settings | None = None,
    *,
    catalogue: Catalogue | None = None,
    client: "redis.Redis | None" = None,
    jobs: JobStore | None = None,
    storage: Store | None = None,
    send: Send | None = None,
) -> Flask:
    """Return the web API. The arguments replace what would be made from the environment."""
    settings = settings or environment.settings()
    check_metrics_key(settings)
    failpoints.arm(settings)
    at_hand = Services(
        settings,
        catalogue or Catalogue.read(),
        client=client,
        jobs=jobs,
        storage=storage,
        send=send,
    )
    app = Flask("webapi", static_folder=None)
    app.config.update(_config(settings))
    app.extensions["poster-exporter"] = at_hand
    # "/x/" and "//x" are other addresses than "/x" and have nothing: no redirects.
    app.url_map.merge_slashes = False
    register_admission(app)
    _register_routes(app, at_hand)
    register_errors(app, settings)
    app.cli.add_command(keys_cli.group)
    return app


def _register_routes(app: Flask, at_hand: Services) -> None:
    api = PosterApi(app, spec_kwargs=_description(at_hand.settings))
    api.register_blueprint(posters.blueprint(at_hand))
    api.register_blueprint(webhooks.blueprint())
    api.register_blueprint(styles.blueprint(at_hand))
    api.register_blueprint(files.blueprint(at_hand))
    api.register_blueprint(health.blueprint(at_hand))
    # flask-smorest describes its pages of results everywhere; there are none here.
    api.spec.components.schemas.pop("PaginationMetadata")
    app.register_blueprint(docs.blueprint(api))


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "API_TITLE": "Poster exporter",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
        "MAX_CONTENT_LENGTH": settings.max_body_bytes,
        # There is no CORS, and nothing else asks for OPTIONS.
        "PROVIDE_AUTOMATIC_OPTIONS": False,
    }


def _description(settings: Settings) -> dict[str, Any]:
    bearer = {"type": "http", "scheme": "bearer"}
    return {
        "info": {"description": ABOUT},
        "servers": [{"url": settings.base_url}],
        "components": {"securitySchemes": {"key": bearer}},
        "security": [{"key": []}],
    }
