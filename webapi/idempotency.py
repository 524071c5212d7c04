"""The Idempotency-Key of a request: sent again with it, a poster is not asked for twice."""

import json
import re
from hashlib import sha256
from typing import Any

from flask import request

from exporter.jobs import Once
from webapi.errors import BadRequest
from webapi.json_body import parse

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_CHARS = 255
_KEY = re.compile(rf"[\x21-\x7e]([\x20-\x7e]{{0,{MAX_CHARS - 2}}}[\x21-\x7e])?")

PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": (
        "Any text of your own, new for each poster. The same key and body within 24 hours get the "
        "job of the first request, also while it is in flight."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_CHARS},
}


def once() -> Once | None:
    """Return what makes this request the same as another, None when it sent no key.

    Of the body, what it says is compared: order of keys and white space may differ. Raises
    BadRequest for a key that is none.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise BadRequest(
            "idempotency_key_invalid",
            f"{HEADER} must be 1-{MAX_CHARS} printable ASCII characters.",
        )
    said = json.dumps(parse(request.get_data()), sort_keys=True, separators=(",", ":"))
    return Once(key, sha256(said.encode()).hexdigest())
