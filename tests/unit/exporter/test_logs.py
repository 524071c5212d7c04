"""No secret reaches a log line."""

import json
import subprocess
import sys

import pytest

from exporter.logs import redact, redacted

KEY = "ca_live_" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY} was refused", "key ca_live_01234567[redacted] was refused"),
        ("redis://:hush@127.0.0.1:6379/0", "redis://[redacted]@127.0.0.1:6379/0"),
        ("https://me:hush@tiles.example/1", "https://[redacted]@tiles.example/1"),
        (
            "/files/a.png?expires=9&signature=abc%2Fd&x=1",
            "/files/a.png?expires=9&signature=[redacted]&x=1",
        ),
        (
            "https://b.example/a?X-Amz-Credential=AK%2F1&X-Amz-Signature=ff&X-Amz-Date=1",
            "https://b.example/a?X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]"
            "&X-Amz-Date=1",
        ),
        ("tiles?access_token=pk.abc 'next'", "tiles?access_token=[redacted] 'next'"),
        ("secret whsec_MfKQ9r8GKYqrTwjU+/=", "secret whsec_[redacted]"),
        ("{'Authorization': 'Bearer abc.def'}", "{'Authorization': 'Bearer [redacted]'}"),
        ('{"authorization": "Basic dTpw"}', '{"authorization": "Basic [redacted]"}'),
        ("sent Bearer abcdefghij to", "sent Bearer [redacted] to"),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=AK/1, Signature=ff00",
            "Authorization: [redacted] Credential=[redacted] Signature=[redacted]",
        ),
        ("?token=t0ken&key=k3y", "?token=[redacted]&key=[redacted]"),
        ("X-Api-Key: abc", "X-Api-Key: [redacted]"),
        ("nothing secret: job 4711, 400x600", "nothing secret: job 4711, 400x600"),
    ],
)
def test_secrets_are_blanked_out_and_the_rest_stays(text, shown):
    assert redacted(text) == shown


def test_every_text_of_an_event_is_looked_at():
    event = redact(None, "info", {"event": f"used {KEY}", "url": "ftp://a:b@c", "count": 3})

    assert event == {
        "event": "used ca_live_01234567[redacted]",
        "url": "ftp://[redacted]@c",
        "count": 3,
    }


def test_our_lines_and_those_of_libraries_are_json_without_secrets():
    """In a process of its own, because logging is set up once per process."""
    lines = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    ).stderr.splitlines()

    ours, theirs, broken = (json.loads(line) for line in lines)
    assert (ours["event"], ours["job_id"], ours["level"]) == ("drawn", "j1", "info")
    assert theirs["event"] == "at redis://[redacted]@host"
    assert theirs["logger"] == "library"
    assert "hush" not in "".join(lines)
    assert "ValueError" in broken["exception"]


def test_marked_secrets_are_in_no_line_however_they_get_there():
    program = SECRETS_PROGRAM.replace("MARK", MARK)

    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stderr

    assert len(told.splitlines()) == 7
    assert MARK not in told
    assert told.count("[redacted]") >= 9


MARK = "m4rk3dS3cr3t"
SECRETS_PROGRAM = """
import logging, structlog
from exporter import logs
logs.configure("INFO")
log = structlog.get_logger()
log.info("a", headers={"Authorization": "Bearer MARK", "Host": "a"})
log.info("b", urls=["https://u:MARK@h/?a=1", "https://h/?token=MARK&key=MARK"])
log.info("c", notice=("whsec_MARK",), url="https://h/?X-Amz-Signature=MARK")
log.warning("d", error=ValueError("redis://:MARK@h:1/0"))
logging.getLogger("lib").warning("%s", {"x-api-key": "MARK"})
logging.getLogger("lib").warning("GET /?access_token=MARK HTTP/1.1")
try:
    raise RuntimeError({"authorization": "Basic MARKMARK"})
except RuntimeError:
    log.exception("broke")
"""
PROGRAM = f"""
import logging, structlog
from exporter import logs
logs.configure("INFO")
with structlog.contextvars.bound_contextvars(job_id="j1"):
    structlog.get_logger().info("drawn", key={KEY!r})
logging.getLogger("library").warning("at %s", "redis://:hush@host")
logging.getLogger("library").debug("not shown")
try:
    raise ValueError("https://x:hush@y")
except ValueError:
    structlog.get_logger().exception("broke")
"""
