"""A caller of the API: asks for small posters to be drawn, and asks again when unanswered."""

import http.client
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from deploy.local.ports import HOST

GENERATE = "/api/v1/posters/generate"
# The API bounds each wait by the 5 s of its Redis socket.
TIMEOUT_S = 15.0
SIDE_PX = 512


@dataclass(frozen=True)
class Answer:
    """What came back: *status* 0 when nothing did."""

    status: int
    json: Any
    retry_after_s: float = 0.0
    seconds: float = 0.0


@dataclass
class Caller:
    """Calls the API on *port* with *key*; *unanswered* counts the calls that got no answer."""

    port: int
    key: str
    webhook_url: str = ""
    unanswered: int = field(default=0)

    def submit(self, body: dict[str, Any], once: str = "", port: int = 0) -> Answer:
        """Ask for a poster, once."""
        idempotent = {"Idempotency-Key": once} if once else {}
        return self._call("POST", GENERATE, body, idempotent, port or self.port)

    def insist(self, body: dict[str, Any], within_s: float = 120.0) -> str:
        """Ask until the poster is accepted, under one Idempotency-Key; return the job's id."""
        once, deadline = str(uuid.uuid4()), time.monotonic() + within_s
        while True:
            answer = self.submit(body, once)
            if answer.status == 202:
                return str(answer.json["job_id"])
            if answer.status in (400, 401, 403, 422) or time.monotonic() > deadline:
                raise AssertionError(f"not accepted: {answer.status} {answer.json}")
            threading.Event().wait(answer.retry_after_s or 0.3)

    def job(self, job_id: str) -> Answer:
        return self._call("GET", f"/api/v1/posters/jobs/{job_id}", None, {}, self.port)

    def ready(self) -> Answer:
        return self._call("GET", "/health/ready", None, {}, self.port)

    def _call(
        self, method: str, path: str, body: Any, headers: dict[str, str], port: int
    ) -> Answer:
        begun = time.monotonic()
        connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {
                    "Authorization": f"Bearer {self.key}",
                    "Content-Type": "application/json",
                    # Whatever was drawn before, draw again.
                    "Cache-Control": "no-cache",
                    **headers,
                },
            )
            response = connection.getresponse()
            told = json.loads(response.read() or b"null")
            pause_s = float(response.getheader("Retry-After") or 0)
            return Answer(response.status, told, pause_s, time.monotonic() - begun)
        except (OSError, http.client.HTTPException, ValueError):
            self.unanswered += 1
            return Answer(0, None, seconds=time.monotonic() - begun)
        finally:
            connection.close()


def poster(chance: random.Random, *, webhook_url: str = "", **changes: Any) -> dict[str, Any]:
    """Return a request for a small poster of Astana, a little aside of all others."""
    told = {"webhook": {"url": webhook_url}} if webhook_url else {}
    return {
        "location": {
            "lng": round(71.43 + chance.uniform(-0.02, 0.02), 5),
            "lat": round(51.145 + chance.uniform(-0.02, 0.02), 5),
        },
        "style": "minimal",
        "text": {"title": "Astana"},
        "camera": {"zoom": 12.8},
        "resolution": {"width": SIDE_PX, "height": SIDE_PX},
        "timeout": 300_000,
        **told,
        **changes,
    }
