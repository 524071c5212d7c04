"""A notice on the wire, as the Standard Webhooks specification says: its body and its headers."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook as Signer

from exporter.formats import FORMATS
from exporter.jobs import Delivered, Result
from exporter.outbox import Notice
from exporter.times import rfc3339

LinkTo = Callable[[str], str]


def body(notice: Notice, link_to: LinkTo, status_url: str) -> bytes:
    """Return the JSON of *notice*: how the job ended, and links. Far below the 20 kB allowed.

    What may be long (manifest, warnings) is left to the status URL. Download links are made anew
    for each attempt, since they expire before the last one.
    """
    data = {
        "job_id": notice.job_id,
        "status": notice.event.removeprefix("job."),
        "finished_at": rfc3339(notice.created_at),
        "result": _result(notice.result, link_to) if notice.result else None,
        "error": asdict(notice.failure) if notice.failure else None,
        "status_url": status_url,
    }
    said = {"type": notice.event.value, "timestamp": rfc3339(notice.created_at), "data": data}
    return json.dumps(said, separators=(",", ":")).encode()


def headers(notice: Notice, secret: str, body: bytes, now: float) -> dict[str, str]:
    """Return what identifies and signs *body*, sent at *now* (seconds since the epoch)."""
    signature = Signer(secret).sign(notice.id, datetime.fromtimestamp(int(now), UTC), body.decode())
    return {
        "Content-Type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": signature,
    }


def _result(result: Result, link_to: LinkTo) -> dict[str, Any]:
    outputs = [_file(file, link_to) for file in result.files]
    return {**outputs[0], "outputs": outputs}


def _file(file: Delivered, link_to: LinkTo) -> dict[str, Any]:
    told = asdict(file)
    key = told.pop("key")
    content_type = FORMATS[file.format].content_type
    return {"download_url": link_to(key), **told, "content_type": content_type}
