"""What a queue holds: messages of ours, and whatever somebody else put there."""

import json
from base64 import b64decode
from typing import Any

from kombu.utils.json import loads

from exporter.queues import RENDER_TASK

# What Celery obeys before our task is run: never sent, so never wanted.
_NEVER_SENT = ("eta", "expires", "compression")
# Limits of a task are written into the messages of a process that knows the task: our workers.
_LONGEST_LIMIT_S = 86_400
# Ids have 36 characters.
_LONGEST_NAME = 200


class NotOurs(ValueError):
    """A message that no API of ours has sent. Its text says why and nothing of what it holds."""


def read(text: str | bytes) -> str:
    """Return the job id in a message as Celery puts it into its queue. Raises NotOurs.

    What passes can be read by kombu and Celery as well, neither of which expects anything else.
    """
    try:
        message = _parsed(text)
        _check_properties(message["properties"])
        _check_headers(message["headers"])
        _demand(message["content-type"] == "application/json", "another content type")
        _demand(message["content-encoding"] == "utf-8", "another encoding")
        args, kwargs, embedded = _parsed(b64decode(message["body"], validate=True))
        _demand(kwargs == {} and not any(embedded.values()), "more than a job id")
        (found,) = _names(args)
        return found
    except NotOurs:
        raise
    except (
        ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
    ) as err:  # fmt: skip
        raise NotOurs(type(err).__name__) from err


def job_id(text: str | bytes) -> str:
    """Return the job id in a message, "" when it is not ours."""
    try:
        return read(text)
    except NotOurs:
        return ""


def taken(text: str | bytes) -> str:
    """Return the message in what kombu keeps of one that a worker has taken, "" if there is none.

    That is a list of the message, its exchange and its routing key, as JSON.
    """
    try:
        return json.dumps(json.loads(text)[0])
    except (ValueError, LookupError, TypeError, RecursionError):  # somebody else's
        return ""


def _parsed(text: str | bytes) -> Any:
    """Return what kombu reads in *text*, which is less than json would: no UTF-16, for example."""
    # kombu has no type stubs.
    return loads(text)  # type: ignore[no-untyped-call]


def _check_properties(properties: dict[str, Any]) -> None:
    info = properties["delivery_info"]
    _names([properties["delivery_tag"], info["exchange"], info["routing_key"]])
    _demand(properties["body_encoding"] == "base64", "another encoding of its body")


def _check_headers(headers: dict[str, Any]) -> None:
    _demand(headers["task"] == RENDER_TASK, "another task")
    _names([headers["id"]])
    for name in _NEVER_SENT:
        _demand(headers.get(name) is None, f"with {name}")
    for limit_s in headers.get("timelimit") or ():
        _demand(limit_s is None or 0 < limit_s <= _LONGEST_LIMIT_S, "an odd time limit")


def _names(words: list[Any]) -> list[str]:
    for word in words:
        _demand(isinstance(word, str) and word.isascii() and len(word) <= _LONGEST_NAME, "no name")
    return words


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotOurs(otherwise)
