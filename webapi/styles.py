"""The styles and palettes there are; open to everyone and cacheable."""

from typing import Any

from flask import Response, json, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from werkzeug.wrappers import Response as BaseResponse

from webapi.context import Services, public, services
from webapi.errors import NotFound
from webapi.fields import did_you_mean

# Styles change with a release; five minutes late is early enough.
MAX_AGE_S = 300


class ColorsSchema(Schema):
    background = fields.String(required=True)
    text = fields.String(required=True)
    primary = fields.String(required=True)


class PaletteSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    colors = fields.Nested(ColorsSchema, required=True)


class StyleSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    palettes = fields.List(fields.Nested(PaletteSchema), required=True)


class WholeStyleSchema(Schema):
    """A style as the page and the web app read it; its palettes have all their colours."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    defaultPalette = fields.String(required=True)
    palettes = fields.List(fields.Dict(), required=True)
    recommendedFonts = fields.List(fields.String(), required=True)
    layerToggles = fields.List(fields.Dict(), required=True)
    mapStyle = fields.Dict(required=True, metadata={"description": "a MapLibre style"})


class StylesSchema(Schema):
    styles = fields.List(fields.Nested(StyleSchema), required=True)


def blueprint(_of: Services) -> Blueprint:
    """Return the routes of styles."""
    routes = Blueprint("styles", __name__, url_prefix="/api/v1/styles")
    needs_no_key = routes.doc(security=[])
    listed = routes.response(200, StylesSchema, content_type="application/json")
    whole = routes.response(200, WholeStyleSchema, content_type="application/json")
    missing = routes.alt_response(404, response="NOT_FOUND")
    routes.route("", methods=["GET"])(needs_no_key(listed(public(index))))
    routes.route("/<style_id>", methods=["GET"])(needs_no_key(missing(whole(public(style)))))
    return routes


def index() -> BaseResponse:
    """List styles and palettes"""
    return _cacheable(services().catalogue.summary())


def style(style_id: str) -> BaseResponse:
    """Get a whole style"""
    known = services().catalogue.styles
    if style_id not in known:
        listed = ", ".join(known)
        hint = did_you_mean(style_id, known)
        raise NotFound("style_not_found", f"There is no such style{hint}; there are {listed}.")
    return _cacheable(known[style_id])


def _cacheable(content: dict[str, Any]) -> BaseResponse:
    response = Response(json.dumps(content), mimetype="application/json")
    response.set_etag(services().catalogue.version)
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response.make_conditional(request)
