"""The service's API as a caller sees it: what demo and functional tests speak to it with."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

# Loopback must not go through a proxy of the caller's network.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_TIMEOUT_S = 15.0


class Unanswered(Exception):
    """Nobody answered at this address, or not in time."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, of any status."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


@dataclass(frozen=True)
class Client:
    """Calls the API at *url* with *key*; the methods raise Unanswered."""

    url: str
    key: str = ""

    def ready(self) -> Answer:
        return fetch(f"{self.url}/health/ready")

    def generate(self, body: dict[str, Any], *, fresh: bool = True) -> Answer:
        """Ask for a poster; *fresh*: draw it, also when the same is being drawn or kept."""
        always = {"Cache-Control": "no-cache"} if fresh else {}
        return self._call("POST", "/api/v1/posters/generate", body, always)

    def job(self, job_id: str) -> Answer:
        return self._call("GET", f"/api/v1/posters/jobs/{job_id}")

    def cancel(self, job_id: str) -> Answer:
        return self._call("DELETE", f"/api/v1/posters/jobs/{job_id}")

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> Answer:
        bearer = f"Bearer {self.key}"
        headers = {"Authorization": bearer, "Content-Type": "application/json", **more}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - http, a stack that we started ourselves
            self.url + path, data, headers, method=method
        )
        return _send(request)


def fetch(url: str) -> Answer:
    """GET *url* without any header of ours. Raises Unanswered."""
    return _send(urllib.request.Request(url))  # noqa: S310 - an address our own API gave


def _send(request: urllib.request.Request) -> Answer:
    try:
        with _opener.open(request, timeout=_TIMEOUT_S) as response:
            return Answer(response.status, response.read())
    except urllib.error.HTTPError as err:
        with err:
            return Answer(err.code, err.read())
    except OSError as err:
        raise Unanswered(f"{request.full_url}: {err}") from err
