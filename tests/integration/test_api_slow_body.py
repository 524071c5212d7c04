"""A body that comes too slowly: its thread is not lent for ever."""

import socket
from dataclasses import replace

import pytest

from tests import api as apis
from tests.corpus.cases import GENERATE, VALID


@pytest.mark.parametrize(
    "length", [{"CONTENT_LENGTH": "100"}, {"HTTP_TRANSFER_ENCODING": "chunked"}]
)
def test_a_body_that_stops_coming_is_given_up(settings, line, length):
    api = apis.api(replace(settings, body_timeout_s=0.05))
    caller, environ = line
    caller.sendall(VALID[:10])

    answer = ask(api, {**environ, **length})

    assert (answer.status_code, answer.json["code"]) == (408, "request_timeout")
    assert "within 0.05 s" in answer.json["detail"]
    assert api.sent == []


def test_a_body_in_pieces_is_taken(api, line):
    caller, environ = line
    caller.sendall(VALID[:10])
    caller.sendall(VALID[10:])
    caller.shutdown(socket.SHUT_WR)

    answer = ask(api, {**environ, "CONTENT_LENGTH": str(len(VALID))})

    assert answer.status_code == 202


def ask(api, environ):
    return api.ask(
        "POST", GENERATE, headers={"Content-Type": "application/json"}, environ_overrides=environ
    )


@pytest.fixture
def line():
    """A caller's socket, and what gunicorn hands the API of its own end of the connection."""
    caller, server = socket.socketpair()
    with caller, server, server.makefile("rb") as stream:
        yield (
            caller,
            {
                "gunicorn.socket": server,
                "wsgi.input": stream,
                "wsgi.input_terminated": True,
            },
        )


@pytest.fixture
def api(settings):
    return apis.api(settings)
