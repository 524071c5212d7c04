"""Messages in a queue, as kombu puts them there: ours, and what somebody else might send."""

import base64
import json
import uuid
from typing import Any

from exporter.queues import RENDER_TASK

JSON, PICKLE = "application/json", "application/x-python-serialize"


def message(job_id: str) -> str:
    """Return the message that brings *job_id* to a worker."""
    return envelope(body(job_id), id_=job_id)


def body(*given: Any, **named: Any) -> bytes:
    return json.dumps([given, named, {}]).encode()


def envelope(
    body: bytes, content_type: str = JSON, task: str = RENDER_TASK, id_: str | None = None
) -> str:
    """Return a message with any body."""
    word = id_ or str(uuid.uuid4())
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"task": task, "id": word, "lang": "py", "root_id": word},
            "properties": {
                "body_encoding": "base64",
                "correlation_id": word,
                "delivery_info": {"exchange": "", "routing_key": "normal"},
                "delivery_mode": 2,
                "delivery_tag": str(uuid.uuid4()),
                "priority": 0,
            },
        }
    )


def odd(**parts: Any) -> str:
    """Return a message that would be ours but for these parts of it, each replaced or joined."""
    whole = json.loads(message("x"))
    for name, part in parts.items():
        both = isinstance(part, dict) and isinstance(whole.get(name), dict)
        whole[name] = {**whole[name], **part} if both else part
    return json.dumps(whole)


# None of them is to reach Celery. The first eight were each seen to end its main process, and the
# last three of these again and again, since they went back into their queue.
FOREIGN: dict[str, str | bytes] = {
    "no-text": b"\xff\xfe\x00",
    "no-json": "hello",
    "deep-json": "[" * 100_000,
    "a-number": "7",
    "headers-of-a-list": odd(headers=[1]),
    "no-base64": odd(body="%"),
    "a-list-for-a-task": odd(headers={"task": [1]}),
    "odd-limits": odd(headers={"timelimit": 5}),
    "nothing": "",
    "an-empty-object": "{}",
    "no-tag": odd(properties={"delivery_tag": None}),
    "a-tag-that-is-no-name": odd(properties={"delivery_tag": "\ud800"}),
    "nowhere-to": odd(properties={"delivery_info": None}),
    "an-odd-place": odd(properties={"delivery_info": {"exchange": 1, "routing_key": 1}}),
    "odd-body-encoding": odd(properties={"body_encoding": "rot13"}),
    "odd-time": odd(headers={"eta": 5}),
    "a-limit-that-is-none": odd(headers={"timelimit": [float("nan"), None]}),
    "an-early-limit": odd(headers={"timelimit": [-1, None]}),
    "odd-end": odd(headers={"expires": 5}),
    "compressed": odd(headers={"compression": "application/x-gzip"}),
    "no-id": odd(headers={"id": None}),
    "another-encoding": odd(**{"content-encoding": "latin-1"}),
    "another-task": envelope(body("x"), task="somebody.elses"),
    "pickle": envelope(b"\x80\x04N.", PICKLE),
    "torn-body": envelope(b"[["),
    "no-arguments": envelope(body()),
    "too-many-arguments": envelope(body("x", "y")),
    "a-named-argument": envelope(body("x", y=1)),
    "a-number-for-a-job": envelope(body(7)),
    "a-task-after-it": envelope(b'[["x"], {}, {"chain": [{"task": "somebody.elses"}]}]'),
    "utf-16": message("x").encode("utf-16"),
    "a-mark-before-it": b"\xef\xbb\xbf" + message("x").encode(),
    "a-type-of-nobodys": odd(headers={"x": {"__type__": "x", "__value__": 1}}),
    "no-decimal": odd(headers={"x": {"__type__": "decimal", "__value__": "x"}}),
    "20-MB": envelope(body("x" * 20_000_000)),
}
