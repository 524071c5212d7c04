"""Downloads of the directory store: the signed, expiring links it hands out end here."""

from http import HTTPStatus

from flask import Response, request, send_file
from flask_smorest import Blueprint

from exporter.formats import FORMATS, content_type_of
from webapi.context import Services, SignedFiles, parameters, public, services
from webapi.errors import Forbidden, NotFound

TYPES = [each.content_type for each in FORMATS.values()]
ANY = "*/*"
QUERY = [
    {"in": "query", "name": name, "required": True, "schema": {"type": "string"}}
    for name in ("expires", "signature")
]
# A key never gets other bytes; the link's own expiry bounds who may still fetch it.
MAX_AGE_S = 31_536_000


def blueprint(_of: Services) -> Blueprint:
    """Return the route of downloads; with a bucket it has nothing to serve."""
    routes = Blueprint("files", __name__, url_prefix="/api/v1/posters/files")
    view = parameters("expires", "signature")(public(download))
    view.media_types = TYPES  # type: ignore[attr-defined]
    for status in ("FORBIDDEN", "NOT_FOUND"):
        view = routes.alt_response(HTTPStatus[status].value, response=status)(view)
    bytes_ = {"type": "string", "contentEncoding": "binary"}
    view = routes.alt_response(200, schema=bytes_, content_type=ANY, success=True)(view)
    routes.route("/<path:key>", methods=["GET"])(routes.doc(security=[], parameters=QUERY)(view))
    return routes


def download(key: str) -> Response:
    """Download a poster

    Links are made by reading the job, need no key, and expire. With a bucket as storage they lead
    there and not here.
    """
    store = services().storage
    if not isinstance(store, SignedFiles):
        raise NotFound("not_found", "There is nothing at this address.")
    expires, signature = request.args.get("expires", ""), request.args.get("signature", "")
    if not store.verify(key, expires, signature):
        raise Forbidden(
            "link_invalid", "The link is wrong or has expired; read the job for a new one."
        )
    path = store.path(key)
    if not path.is_file():
        raise NotFound("not_found", "The poster is no longer kept.")
    response = send_file(
        path,
        mimetype=content_type_of(key),
        download_name=path.name,
        conditional=True,
        etag=True,
        max_age=MAX_AGE_S,
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    response.cache_control.public = False
    response.cache_control.private = True
    response.cache_control.immutable = True
    return response
