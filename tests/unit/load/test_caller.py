"""Every ending that a caller can meet, against a service of canned answers."""

import hashlib
import json
from typing import Any

import pytest

from tests.load.caller import Caller, Reply

FILE = b"a poster"
SHA256 = hashlib.sha256(FILE).hexdigest()
ACCEPTED = {"job_id": "j1"}
URL = "http://api/files/j1.png"


def test_an_export_is_completed_when_its_file_has_come_as_promised(service: "FakeService") -> None:
    service.answers = [answer(200, status="queued"), answer(200, status="running"), completed()]

    export = service.caller(3).export("usual", {"style": "minimal"}, "low")

    assert service.sent[0] == ("POST", "/api/v1/posters/generate")
    assert json.loads(service.asked) == {"style": "minimal", "priority": "low"}
    assert (export.outcome, export.caller, export.order, export.priority) == (
        "completed", 3, "usual", "low",
    )  # fmt: skip
    assert (export.render_s, export.wait_s, export.sha256, export.attempts) == (2.5, 9.0, SHA256, 1)
    assert export.ended_at == 1767323045.5
    assert service.sent[-1] == ("GET", URL)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (Reply(0, b""), "submit: no answer"),
        (Reply(502, b"<html>"), "submit: 502"),
        (Reply(429, b'{"code": "queue_full"}'), "submit: 429 queue_full"),
        # Nothing was asked to be reused or waited for, so a 200 is no acceptance.
        (Reply(200, b"{}"), "submit: 200"),
    ],
)
def test_a_submit_that_is_not_accepted_is_an_export_failed(
    service: "FakeService", refusal: Reply, told: str
) -> None:
    service.submit = refusal

    export = service.caller().export("usual", {}, "normal")

    assert (export.outcome, export.accepted_at, export.job_id) == (told, 0.0, "")
    # Not asked again at once.
    assert service.paused == 1


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        ("failed", {"code": "render_timeout"}, "failed: render_timeout"),
        ("cancelled", None, "cancelled: no code"),
    ],
)
def test_another_ending_is_told_with_its_code(
    service: "FakeService", status: str, error: dict[str, str] | None, told: str
) -> None:
    service.answers = [completed(status=status, error=error, result=None)]

    export = service.caller().export("usual", {}, "normal")

    assert export.outcome == told
    assert export.ended_at


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (Reply(404, b""), "download: 404"),
        (Reply(200, b"half a po"), "download: not the bytes of the result"),
    ],
)
def test_a_file_that_does_not_come_whole_is_an_export_failed(
    service: "FakeService", file: Reply, told: str
) -> None:
    service.answers, service.file = [completed()], file

    assert service.caller().export("usual", {}, "normal").outcome == told


def test_a_job_is_asked_for_again_after_trouble(service: "FakeService") -> None:
    service.answers = [Reply(0, b""), Reply(503, b"no JSON"), Reply(200, b"[]"), completed()]

    assert service.caller().export("usual", {}, "normal").is_completed


def test_a_job_the_service_does_not_know_is_lost(service: "FakeService") -> None:
    service.answers = [answer(200, status="queued"), answer(404, code="not_found")]

    assert service.caller().export("usual", {}, "normal").outcome.startswith("lost")


def test_a_job_that_never_ends_is_given_up(service: "FakeService") -> None:
    service.answers = [answer(200, status="queued")] * 10

    export = service.caller(give_up_s=4.0).export("usual", {}, "normal")

    assert export.outcome == "no end within 4 s"
    assert service.paused == 4


class FakeService:
    """Answers what it was told to; a pause lasts a second of its clock."""

    def __init__(self) -> None:
        self.submit = answer(202, **ACCEPTED)
        self.answers: list[Reply] = []
        self.file = Reply(200, FILE)
        self.sent: list[tuple[str, str]] = []
        self.asked = b""
        self.paused = 0

    def caller(self, number: int = 0, give_up_s: float = 60.0) -> Caller:
        return Caller(number, self.send, self.pause, lambda: 1000.0 + self.paused, give_up_s)

    def send(self, kind: str, method: str, url: str, body: bytes | None = None) -> Reply:
        self.sent.append((method, url))
        if kind == "submit":
            assert body is not None
            self.asked = body
            return self.submit
        return self.file if kind == "download" else self.answers.pop(0)

    def pause(self) -> None:
        self.paused += 1


def answer(http_status: int, **body: Any) -> Reply:
    return Reply(http_status, json.dumps(body).encode())


def completed(**given: Any) -> Reply:
    result = {
        "render_time_ms": 2500, "queue_time_ms": 9000, "sha256": SHA256, "download_url": URL,
    }  # fmt: skip
    job = {
        "status": "completed", "finished_at": "2026-01-02T03:04:05.500Z", "attempts": 1,
        "result": result, "error": None,
    }  # fmt: skip
    return answer(200, **{**job, **given})


@pytest.fixture
def service() -> FakeService:
    return FakeService()
