"""How the gateway answers: its headers, its errors, and the status each failed fetch gets."""

from aiohttp import web

from exporter.errors import EgressDenied, EgressFailed, ExportError, TilesCorrupt

# Everything the page loads is ours; styles are inline because MapLibre sets them so. In a sandbox
# it can open no dialog, window or download: a dialog would stop the page, a window would hide it.
CSP = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; style-src 'self' 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-same-origin"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# What belongs to one job must not be seen by the next, nor be kept by the browser.
KEEP_NOTHING = {"Cache-Control": "no-store"}


def json_answer(data: object) -> web.Response:
    return web.json_response(data, headers=KEEP_NOTHING)


def error_answer(status: int, code: str) -> web.Response:
    return web.json_response({"code": code}, status=status, headers={**KEEP_NOTHING, **HEADERS})


def status_of(err: ExportError) -> int:
    """Return the status of a fetch that failed with *err*."""
    if isinstance(err, EgressDenied):
        return 403
    if isinstance(err, TilesCorrupt):
        return 415
    too_slow = isinstance(err, EgressFailed) and isinstance(err.__cause__, TimeoutError)
    return 504 if too_slow else 502
