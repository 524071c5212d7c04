"""`Prefer: wait=60` (RFC 7240): the poster itself instead of a job, for callers of the old export.

A caller who waits holds a thread of the API, so only so many may; the others are answered as
without the preference, which is theirs to bear: a preference may be left unheeded.
"""

import re
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from flask import Response, json, request, send_file
from marshmallow import Schema, fields

from exporter.errors import StorageUnavailable
from exporter.formats import FORMATS
from exporter.jobs import Delivered, JobRecord, Result, State
from exporter.settings import Settings
from webapi.context import Services, SignedFiles
from webapi.errors import DrawingFailed, NotAcceptable

log = structlog.get_logger()

HEADER = "Prefer"
MAX_WAIT_S = 60.0
# How late a caller may hear of an ending, and how often Redis is asked for each of them.
LOOK_S = 0.25
# Of the threads of one API process (deploy/local/programs.py): the rest answers everyone else.
MAX_WAITING = 24
PNG = FORMATS["png"].content_type
# One read of a poster from the bucket, and how it is passed on.
FETCH_TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 16

PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": (
        f"`wait=60` (seconds, at most {MAX_WAIT_S:g}): answer when the poster is there, with 200, "
        "or with the picture itself for `Accept: image/png`. When it takes longer, or too many "
        "wait, the answer is 202 as without it."
    ),
    "schema": {"type": "string"},
}

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)
_places = threading.BoundedSemaphore(MAX_WAITING)


class MetadataSchema(Schema):
    render_time_ms = fields.Integer(required=True)
    file_size_bytes = fields.Integer(required=True)
    dimensions = fields.String(required=True, metadata={"description": "such as 2400x3600"})


class WaitedSchema(Schema):
    """A poster that was waited for, as the old export answered."""

    id = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["completed"]})
    download_url = fields.String(required=True)
    metadata = fields.Nested(MetadataSchema, required=True)


def check_accept() -> None:
    """Refuse a caller who takes pictures only and does not wait for one. Raises NotAcceptable."""
    if _wait_s() == 0 and _takes_pictures() and not request.accept_mimetypes.accept_json:
        raise NotAcceptable(
            "not_acceptable", f"A picture comes to those who wait: send {HEADER}: wait=60 too."
        )


def waited_for(job_id: str, at_hand: Services) -> Response | None:
    """Return the finished poster of job *job_id* as the request prefers it, None for "later".

    Raises DrawingFailed when the job ended otherwise, StorageUnavailable when its picture cannot
    be read.
    """
    seconds = _wait_s()
    if seconds == 0:
        return None
    if not _places.acquire(blocking=False):
        log.warning("too many callers wait", job_id=job_id, most=MAX_WAITING)
        return None
    try:
        record = _ended(job_id, at_hand, time.monotonic() + seconds)
    finally:
        _places.release()
    if record is None:
        return None
    response = _answer(record, at_hand)
    response.headers["Preference-Applied"] = f"wait={seconds:g}"
    return response


def _wait_s() -> float:
    """Return how long this request wants to wait, 0 when it does not say."""
    found = _WAIT.search(", ".join(request.headers.getlist(HEADER)))
    return min(float(found[1]), MAX_WAIT_S) if found else 0.0


def _ended(job_id: str, at_hand: Services, deadline: float) -> JobRecord | None:
    while True:
        record = at_hand.jobs.get(job_id)
        if record.state.ended:
            return record
        if time.monotonic() + LOOK_S > deadline:
            return None
        time.sleep(LOOK_S)


def _answer(record: JobRecord, at_hand: Services) -> Response:
    result = record.result
    if record.state is not State.COMPLETED or result is None:
        failure = record.failure
        said = f"{failure.code}: {failure.message}" if failure else "the job was cancelled"
        raise DrawingFailed("drawing_failed", f"Job {record.job_id}: {said}")
    main = result.files[0]
    if _takes_pictures() and FORMATS[main.format].content_type == PNG:
        return _picture(record.job_id, result, main, at_hand)
    told = {
        "id": record.job_id,
        "status": record.state.value,
        "download_url": at_hand.storage.url(main.key),
        "metadata": {
            "render_time_ms": result.render_time_ms,
            "file_size_bytes": main.file_size,
            "dimensions": f"{main.width}x{main.height}",
        },
    }
    return Response(json.dumps(told), HTTPStatus.OK, mimetype="application/json")


def _takes_pictures() -> bool:
    """Tell whether pictures are asked for by name; `*/*` takes JSON, as it did."""
    return any(kind in (PNG, "image/*") and q > 0 for kind, q in request.accept_mimetypes)


def _picture(job_id: str, result: Result, main: Delivered, at_hand: Services) -> Response:
    store = at_hand.storage
    if isinstance(store, SignedFiles):
        response = send_file(store.path(main.key), mimetype=PNG)
    else:
        response = Response(from_bucket(store.url(main.key), at_hand.settings), mimetype=PNG)
        response.content_length = main.file_size
    response.headers["X-Poster-ID"] = job_id
    response.headers["X-Render-Time-Ms"] = str(result.render_time_ms)
    return response


def from_bucket(url: str, settings: Settings) -> Iterator[bytes]:
    """Open *url*, our own storage's link, now, and return its bytes piece by piece.

    Raises StorageUnavailable when it does not open.
    """
    trust = ssl.create_default_context(cafile=settings.s3_ca_file or None)
    try:
        # S310: the link is made by our own storage, from the operator's settings.
        answer = urllib.request.urlopen(url, timeout=FETCH_TIMEOUT_S, context=trust)  # noqa: S310
    except OSError as err:
        raise StorageUnavailable(f"read of a poster: {err}") from err

    def pieces() -> Iterator[bytes]:
        with answer:
            while piece := answer.read(CHUNK_BYTES):
                yield piece

    return pieces()
