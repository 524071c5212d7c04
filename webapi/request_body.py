"""The way of a body from the socket to the schema: read in time and whole, parsed, checked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import flask
import marshmallow
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from webapi.context import services
from webapi.errors import BadRequest, BodyTooLarge, TooSlow
from webapi.json_body import parse
from webapi.strict import invalid


class StrictParser(FlaskParser):
    """Reads bodies by `json_body` and tells the schema's complaints as problem+json."""

    def load_json(self, req: flask.Request, schema: marshmallow.Schema) -> Any:  # noqa: ARG002
        return parse(_read(req))

    def handle_error(self, error: marshmallow.ValidationError, *_: Any, **__: Any) -> NoReturn:
        # webargs puts the complaints under the place they were found at, which is the body.
        assert isinstance(error.messages, dict)  # noqa: S101
        raise invalid(error.messages["json"]) from error


def _read(req: flask.Request) -> bytes:
    limit = services().settings.max_body_bytes
    try:
        with _in_time(req.environ.get("gunicorn.socket"), services().settings.body_timeout_s):
            body = req.get_data()
            # A server that ends bodies itself, as gunicorn does, tells of no early end.
            if len(body) < (req.content_length or 0):
                raise BadRequest("bad_request", "The body is shorter than its Content-Length.")
    except (HTTPException, BadRequest, TooSlow):
        raise
    except Exception as err:
        # Each server has its own classes for a broken connection and for chunks that are none.
        raise BadRequest("bad_request", "The body cannot be read to its end.") from err
    if len(body) > limit:
        raise BodyTooLarge("body_too_large", f"The body must be at most {limit} bytes.")
    return body


@contextmanager
def _in_time(line: socket.socket | None, limit_s: float) -> Iterator[None]:
    """Let reading from *line* end after *limit_s*, and raise TooSlow then.

    gunicorn's threads wait for a body for ever, one byte at a time if need be. Without its socket
    (another server) nothing is limited.
    """
    if line is None:
        yield
        return
    late = threading.Event()

    def give_up() -> None:
        late.set()
        with suppress(OSError):  # it is closed already
            line.shutdown(socket.SHUT_RD)

    timer = threading.Timer(limit_s, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TooSlow("request_timeout", f"The body must arrive within {limit_s:g} s.")
