"""What one caller does for one export: ask, ask how it stands until it has ended, fetch it.

An export is completed only when the file has come, with the hash that the result promises.
Runs in Locust's environment, so the standard library only.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tests.load.export import COMPLETED, Export

GENERATE = "/api/v1/posters/generate"
# How requests are counted.
SUBMIT, STATUS, DOWNLOAD = "submit", "status", "download"
ENDED = ("completed", "failed", "cancelled")
# So long a caller waits for an end: far longer than any queue that a run can make.
GIVE_UP_S = 1800.0


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; `status` 0: there was none."""

    status: int
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, empty when it is no JSON object."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


class Send(Protocol):
    """Sends a request and counts it under *kind*."""

    def __call__(self, kind: str, method: str, url: str, body: bytes | None = None) -> Reply: ...


@dataclass(frozen=True)
class Caller:
    """*pause* waits between two questions how a job stands."""

    number: int
    send: Send
    pause: Callable[[], None]
    clock: Callable[[], float] = time.time
    give_up_s: float = GIVE_UP_S

    def export(self, order: str, body: Mapping[str, Any], priority: str) -> Export:
        """Ask for the poster *body*, named *order*, and return what came of it."""
        export = Export(self.number, order, priority, asked_at=self.clock())
        asked = json.dumps({**body, "priority": priority}).encode()
        answer = self.send(SUBMIT, "POST", GENERATE, asked)
        if answer.status != 202:
            export.outcome = f"submit: {_told(answer)}"
            # A caller who is refused does not ask again at once.
            self.pause()
            return export
        export.accepted_at = self.clock()
        export.job_id = str(answer.json["job_id"])
        job = self._ended(export)
        if job is not None:
            self._fetch(export, job)
        return export

    def _ended(self, export: Export) -> dict[str, Any] | None:
        """Return the job once it has ended; None, and why in the export, if that is not seen."""
        while self.clock() < export.accepted_at + self.give_up_s:
            self.pause()
            answer = self.send(STATUS, "GET", f"/api/v1/posters/jobs/{export.job_id}")
            if answer.status == 404:
                export.outcome = "lost: the service does not know the job"
                return None
            # Any other trouble may pass: the job goes on, and is asked for again.
            if answer.status == 200 and answer.json.get("status") in ENDED:
                return answer.json
        export.outcome = f"no end within {self.give_up_s:g} s"
        return None

    def _fetch(self, export: Export, job: Mapping[str, Any]) -> None:
        export.ended_at = datetime.fromisoformat(job["finished_at"]).timestamp()
        export.attempts = job["attempts"]
        if job["status"] != "completed":
            code = (job["error"] or {}).get("code", "no code")
            export.outcome = f"{job['status']}: {code}"
            return
        result = job["result"]
        export.render_s = result["render_time_ms"] / 1000
        export.wait_s = result["queue_time_ms"] / 1000
        file = self.send(DOWNLOAD, "GET", result["download_url"])
        if file.status != 200:
            export.outcome = f"download: {_told(file)}"
            return
        export.sha256 = hashlib.sha256(file.body).hexdigest()
        promised = export.sha256 == result["sha256"]
        export.outcome = COMPLETED if promised else "download: not the bytes of the result"


def _told(answer: Reply) -> str:
    if not answer.status:
        return "no answer"
    return f"{answer.status} {answer.json.get('code', '')}".strip()
