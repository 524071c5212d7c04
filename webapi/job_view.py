"""A job as the API shows it, made from its record on each read; links are always fresh."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from marshmallow import Schema, fields

from exporter.formats import FORMATS
from exporter.jobs import Delivered, Failure, JobRecord, Progress, Result, State
from exporter.times import rfc3339

STAGES = (
    "queued, claimed, page_ready, tiles, drawing, drawn, encoded, verified, uploaded, or "
    "upload_pending: drawn, and waiting for the storage, which is tried again at retry_at; then "
    "the status it ended with"
)

REUSED_FROM = (
    "the job whose drawing this one waits for or was given; null for one that is drawn itself, "
    "also because that other job was cancelled or failed"
)


class AcceptedSchema(Schema):
    """An accepted job. `estimated_time` is in seconds: the queue before it, times a mean render."""

    job_id = fields.String(required=True)
    id = fields.String(required=True, metadata={"description": "the same as job_id"})
    status = fields.String(
        required=True,
        metadata={"enum": list(State), "description": "queued, but for a repeated request"},
    )
    reused_from = fields.String(
        required=True, allow_none=True, metadata={"description": REUSED_FROM}
    )
    estimated_time = fields.Integer(required=True, metadata={"description": "seconds"})
    status_url = fields.String(required=True)


class ErrorSchema(Schema):
    code = fields.String(required=True)
    message = fields.String(required=True)
    retryable = fields.Boolean(required=True)


class FileSchema(Schema):
    """One file of a poster. `width` and `height` are pixels of the poster, without its bleed."""

    name = fields.String(required=True)
    download_url = fields.String(required=True)
    file_size = fields.Integer(required=True, metadata={"description": "bytes"})
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    dpi = fields.Float(required=True)
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    content_type = fields.String(required=True)
    sha256 = fields.String(required=True)


class ResultSchema(Schema):
    """A finished poster. What describes a file describes the first of `outputs`, the main one."""

    download_url = fields.String(required=True)
    file_size = fields.Integer(required=True, metadata={"description": "bytes"})
    render_time_ms = fields.Integer(metadata={"description": "first claim to stored"})
    queue_time_ms = fields.Integer(metadata={"description": "submit to first claim"})
    width = fields.Integer(required=True)
    height = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    format = fields.String(required=True, metadata={"enum": list(FORMATS)})
    content_type = fields.String(required=True)
    dpi = fields.Float(required=True)
    outputs = fields.List(fields.Nested(FileSchema), required=True)
    warnings = fields.List(fields.Dict(), metadata={"description": "what is missing or not drawn"})
    manifest = fields.Dict(allow_none=True)


class TilesSchema(Schema):
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)


class JobSchema(Schema):
    """A job and how it stands. Times are RFC 3339 in UTC, or null."""

    job_id = fields.String(required=True)
    id = fields.String(required=True, metadata={"description": "the same as job_id"})
    status = fields.String(required=True, metadata={"enum": list(State)})
    cancel_requested = fields.Boolean(
        required=True, metadata={"description": "it was cancelled while running, and will stop"}
    )
    progress = fields.Integer(required=True, metadata={"minimum": 0, "maximum": 100})
    stage = fields.String(required=True, metadata={"description": STAGES})
    tiles = fields.Nested(
        TilesSchema, allow_none=True, metadata={"description": "while the stage is tiles"}
    )
    priority = fields.String(required=True)
    reused_from = fields.String(
        required=True, allow_none=True, metadata={"description": REUSED_FROM}
    )
    created_at = fields.String(required=True)
    started_at = fields.String(allow_none=True)
    finished_at = fields.String(allow_none=True)
    retry_at = fields.String(allow_none=True)
    attempts = fields.Integer(metadata={"description": "how often it was begun"})
    result = fields.Nested(ResultSchema, allow_none=True)
    error = fields.Nested(
        ErrorSchema,
        allow_none=True,
        metadata={"description": "why it failed, or while retrying why the last attempt did"},
    )
    last_error = fields.Nested(
        ErrorSchema, allow_none=True, metadata={"description": "of an earlier attempt; not final"}
    )
    status_url = fields.String(required=True)


def job_json(record: JobRecord, url_of: Callable[[str], str], status_url: str) -> dict[str, Any]:
    """Return *record* as JSON; *url_of* makes a download link of a storage key."""
    result = _result(record.result, url_of) if record.result else None
    failed = record.state in (State.FAILED, State.RETRYING)
    waits = record.state in (State.QUEUED, State.RUNNING)
    return {
        "job_id": record.job_id,
        "id": record.job_id,
        "status": record.state.value,
        "cancel_requested": record.cancel_requested,
        "progress": record.progress.percent,
        "stage": record.progress.stage,
        "tiles": _tiles(record.progress),
        "priority": record.priority.value,
        "reused_from": record.reused_from or None,
        "created_at": _time(record.created_at),
        "started_at": _time(record.claimed_at),
        "finished_at": _time(record.ended_at),
        "retry_at": _time(record.due_at) if record.waits_until_due else None,
        # A retry gives its start back, so that both together are the attempts begun.
        "attempts": record.attempts + record.starts,
        "result": result,
        "error": _error(record.failure) if failed else None,
        "last_error": _error(record.failure) if waits else None,
        "status_url": status_url,
    }


def _result(result: Result, url_of: Callable[[str], str]) -> dict[str, Any]:
    files = [_file(file, url_of) for file in result.files]
    main = {name: item for name, item in files[0].items() if name != "name"}
    return {
        **main,
        "render_time_ms": result.render_time_ms,
        "queue_time_ms": result.queue_time_ms,
        "outputs": files,
        "warnings": list(result.warnings),
        "manifest": result.manifest,
    }


def _file(file: Delivered, url_of: Callable[[str], str]) -> dict[str, Any]:
    shown = asdict(file)
    key = shown.pop("key")
    content_type = FORMATS[file.format].content_type
    return {"download_url": url_of(key), **shown, "content_type": content_type}


def _tiles(progress: Progress) -> dict[str, int] | None:
    return {"done": progress.done, "total": progress.total} if progress.stage == "tiles" else None


def _error(failure: Failure | None) -> dict[str, Any] | None:
    return asdict(failure) if failure else None


def _time(seconds: float) -> str | None:
    return rfc3339(seconds) if seconds else None
