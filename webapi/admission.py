"""What every request passes before its view, then a log line.

The order decides which error wins: length, address, media type, key, parameters. All of it is
decided on the head of the request; the body is read by the view, after the key is known.
"""

import re
import time
import uuid

import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.datastructures import MIMEAccept

from webapi.context import services
from webapi.errors import (
    BadRequest,
    BodyTooLarge,
    NotAcceptable,
    Unauthenticated,
    UnsupportedBody,
)
from webapi.keys import KEY, PREFIX_LENGTH, is_metrics_key

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Names under which people put a key into a URL, where proxies and histories would keep it.
_KEY_PARAMETERS = frozenset({"key", "api_key", "apikey", "access_token", "token", "authorization"})


def register_admission(app: Flask) -> None:
    """Put the checks before and the log line after every request of *app*."""
    for check in (
        _begin,
        _refuse_large_body,
        _refuse_address,
        _refuse_media_type,
        _refuse_accept,
        _authenticate,
        _refuse_parameters,
    ):
        app.before_request(check)
    app.after_request(_finish)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.started = time.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _refuse_large_body() -> None:
    limit = services().settings.max_body_bytes
    if (request.content_length or 0) > limit:
        raise BodyTooLarge("body_too_large", f"The body must be at most {limit} bytes.")
    # A chunked body has no length: werkzeug stops reading here, and one byte more than is allowed
    # shows the view that it was too long.
    request.max_content_length = limit + 1


def _refuse_address() -> None:
    """Raise what the router found; without it, Flask would do so after the checks below."""
    if request.routing_exception is not None:
        raise request.routing_exception


def _refuse_media_type() -> None:
    if request.method != "POST":
        return
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedBody(
            "content_encoding_unsupported", "Send the body without Content-Encoding."
        )
    has_body = request.content_length or "Transfer-Encoding" in request.headers
    if not has_body and not request.content_type:
        return  # "no body" is the better answer, and the view gives it
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise UnsupportedBody("media_type_unsupported", "Send Content-Type: application/json.")


def _refuse_accept() -> None:
    wanted: MIMEAccept = request.accept_mimetypes
    if not request.path.startswith("/api/"):
        return
    offered = getattr(_view(), "media_types", ["application/json"])
    if wanted and not any(wanted[kind] > 0 for kind in (*offered, "application/problem+json")):
        listed = " or ".join(offered)
        raise NotAcceptable("not_acceptable", f"The answer is {listed}; accept that.")


def _authenticate() -> None:
    if getattr(_view(), "is_public", False):
        return
    if any(_holds_key(name, value) for name, value in request.args.items(multi=True)):
        raise Unauthenticated(
            "auth_in_query",
            "Send the key as Authorization: Bearer <key>, never in a URL; revoke this one.",
        )
    key = _bearer(request.headers.get("Authorization", ""))
    takes_metrics_key = getattr(_view(), "takes_metrics_key", False)
    if takes_metrics_key and is_metrics_key(key, services().settings):
        return
    g.api_key = services().keys.check(key)


def _bearer(header: str) -> str:
    if not header:
        raise Unauthenticated("auth_missing", "Send Authorization: Bearer <key>.")
    # The server joins repeated headers with a comma, which no key contains.
    if "," in header:
        raise BadRequest("header_duplicate", "Send one Authorization header.")
    scheme, _, key = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("auth_scheme", "The authorization scheme must be Bearer.")
    if not KEY.fullmatch(key.strip()):
        raise Unauthenticated(
            "auth_malformed", "An API key is ca_live_ and 64 lower-case hex digits."
        )
    return key.strip()


def _holds_key(name: str, value: str) -> bool:
    return name.lower() in _KEY_PARAMETERS or KEY.search(value) is not None


def _refuse_parameters() -> None:
    allowed: frozenset[str] = getattr(_view(), "parameters", frozenset())
    for name in request.args:
        if name not in allowed:
            listed = ", ".join(sorted(allowed)) or "none"
            raise BadRequest(
                "parameter_unknown", f"There is no parameter {name[:60]!r}; allowed: {listed}."
            )


def _view() -> object:
    return current_app.view_functions[str(request.endpoint)]


def _finish(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault(
        "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"
    )
    response.headers.setdefault("Cache-Control", "no-store")
    log.info(
        "request answered",
        method=request.method,
        # A key that someone put into the address ends here.
        path=KEY.sub(lambda key: f"{key[0][:PREFIX_LENGTH]}...", request.path),
        status=response.status_code,
        duration_s=round(time.monotonic() - g.started, 4),
        key_id=g.api_key.key_id if "api_key" in g else "",
    )
    return response
