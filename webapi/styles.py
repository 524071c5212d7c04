"""The styles and palettes there are; open to everyone and cacheable."""

from typing import Any

from flask import Response, json, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

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


class StylesSchema(Schema):
    styles = fields.List(fields.Nested(StyleSchema), required=True)


def blueprint(_of: Services) -> Blueprint:
    """Return the routes of styles."""
    routes = Blueprint("styles", __name__, url_prefix="/api/v1/styles")
    described = {"description": "id, name, palettes, recommendedFonts, layerToggles, mapStyle"}
    whole = routes.response(200, Schema.from_dict({}, name="WholeStyle"), **described)
    routes.route("", methods=["GET"])(routes.response(200, StylesSchema)(public(index)))
    missing = routes.alt_response(404, response="NOT_FOUND")
    routes.route("/<style_id>", methods=["GET"])(missing(whole(public(style))))
    return routes


def index() -> Response:
    """List styles and palettes"""
    return _cacheable(services().catalogue.summary())


def style(style_id: str) -> Response:
    """Get a whole style"""
    known = services().catalogue.styles
    if style_id not in known:
        listed = ", ".join(known)
        hint = did_you_mean(style_id, known)
        raise NotFound("style_not_found", f"There is no such style{hint}; there are {listed}.")
    return _cacheable(known[style_id])


def _cacheable(content: dict[str, Any]) -> Response:
    response = Response(json.dumps(content), mimetype="application/json")
    response.set_etag(services().catalogue.version)
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"
    return response.make_conditional(request)
