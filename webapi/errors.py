"""How errors are answered: one table from error class to HTTP status, one problem+json writer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, json
from werkzeug.exceptions import HTTPException

from exporter.errors import (
    ExportError,
    IdempotencyKeyReused,
    JobNotFound,
    JobTerminal,
    NoticeNotFound,
    QueueFull,
    QueueUnavailable,
    StorageUnavailable,
)
from exporter.settings import Settings
from webapi.codes import TITLES

log = structlog.get_logger()

# Redis and the bucket are back within seconds after a restart; sooner would only add load.
RETRY_AFTER_S = 5


@dataclass(frozen=True)
class Issue:
    """One thing wrong with the body: where (JSON pointer, `""` is the whole), what, and why."""

    pointer: str
    code: str
    detail: str


class Refused(Exception):
    """The request is answered with a problem; a subclass decides the status."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        issues: tuple[Issue, ...] = (),
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.issues = issues


class BadRequest(Refused):
    """The request cannot be read."""


class Unauthenticated(Refused):
    """The caller did not prove who they are."""


class Forbidden(Refused):
    """The caller is known and may not do this."""


class NotFound(Refused):
    """There is nothing at this address."""


class NotAcceptable(Refused):
    """The caller accepts none of the formats there are."""


class TooSlow(Refused):
    """The body did not arrive in time."""


class BodyTooLarge(Refused):
    """The body exceeds the limit and was not read."""


class UnsupportedBody(Refused):
    """The body is of a kind that is not taken."""


class Invalid(Refused):
    """The body is JSON, and not a poster; `issues` says where."""

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        first = issues[0]
        detail = f"{first.pointer or 'The body'}: {first.detail}"
        if len(issues) > 1:
            detail += f" ({len(issues)} errors in all)"
        super().__init__(first.code, detail, issues=issues)


class NoRoom(Refused):
    """The queue is full; in *retry_after_s* some of what waits will be drawn."""

    def __init__(self, full: QueueFull, retry_after_s: int) -> None:
        super().__init__(full.code, full.public)
        self.retry_after_s = retry_after_s


class DrawingFailed(Refused):
    """The job that the caller waited for ended without a poster; *detail* says its own code."""


STATUS: dict[type[Exception], int] = {
    BadRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    JobNotFound: 404,
    NotAcceptable: 406,
    JobTerminal: 409,
    NoticeNotFound: 409,
    TooSlow: 408,
    BodyTooLarge: 413,
    UnsupportedBody: 415,
    Invalid: 422,
    IdempotencyKeyReused: 422,
    NoRoom: 429,
    DrawingFailed: 500,
    QueueUnavailable: 503,
    StorageUnavailable: 503,
    ExportError: 500,
}

_HTTP_CODES = {
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    413: "body_too_large",
    415: "media_type_unsupported",
    416: "range_invalid",
}


def register_errors(app: Flask, settings: Settings) -> None:
    """Answer every error of *app* as problem+json."""
    docs = f"{settings.base_url}/docs"

    def refused(error: Refused) -> Response:
        headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, NoRoom) else None
        status = _status(error)
        return _problem(
            docs, status, error.code, error.detail, issues=error.issues, headers=headers
        )

    def ours(error: ExportError) -> Response:
        status = _status(error)
        if status >= 500:
            log.error("request failed", code=error.code, error=str(error))
        code = error.code if error.code in TITLES else "internal_error"
        return _problem(docs, status, code, error.public)

    def http(error: HTTPException) -> Response:
        status = error.code or 500
        code = _HTTP_CODES.get(status, "bad_request" if status < 500 else "internal_error")
        # Of werkzeug's own headers only Allow and Content-Range mean something to a caller.
        kept = {k: v for k, v in error.get_headers() if k in ("Allow", "Content-Range")}
        return _problem(docs, status, code, f"{TITLES[code]}.", headers=kept)

    def unforeseen(error: Exception) -> Response:
        log.exception("request failed", error=str(error))
        return _problem(docs, 500, "internal_error", ExportError.summary)

    app.register_error_handler(Refused, refused)
    app.register_error_handler(ExportError, ours)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, unforeseen)


def _status(error: Exception) -> int:
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def _problem(
    docs: str,
    status: int,
    code: str,
    detail: str,
    *,
    issues: tuple[Issue, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write the one error body there is (RFC 9457)."""
    body = {
        "type": f"{docs}#{code}",
        "title": TITLES[code],
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": g.get("request_id", ""),
    }
    if len(issues) == 1:
        body["pointer"] = issues[0].pointer
    if issues:
        body["errors"] = [asdict(issue) for issue in issues]
    response = Response(json.dumps(body), HTTPStatus(status), mimetype="application/problem+json")
    response.headers.update(headers or {})
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="poster-exporter"'
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
