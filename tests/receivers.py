"""A webhook receiver on loopback: `with receiver() as host: ...`, and every way it can be bad."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from exporter.events import Webhook
from tests.servers import _in_thread

OK, ERROR, BUSY, REDIRECT, GONE = "ok", "500", "429", "302", "410"
HANG, HUGE, DRIP = "hang", "huge", "drip"


@dataclass(frozen=True)
class Got:
    """One POST as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """A running receiver. Set `mode` to break it; `got` is what was posted."""

    mode: str = OK
    location: str = ""
    retry_after: str = ""
    port: int = 0
    got: list[Got] = field(default_factory=list)
    under_way: int = 0
    busiest: int = 0
    sent_bytes: int = 0

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}/hook"

    def webhook(self, **given: Any) -> Webhook:
        return Webhook(self.url, **given)


@contextmanager
def receiver(mode: str = OK) -> Iterator[Receiver]:
    """Listen on 127.0.0.1 and take what comes."""
    host = Receiver(mode)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        host.under_way += 1
        host.busiest = max(host.busiest, host.under_way)
        try:
            body = await request.read()
            host.got.append(Got(request.path, dict(request.headers), body, time.monotonic()))
            return await _answer(host, request)
        finally:
            host.under_way -= 1

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host.port = runner.addresses[0][1]
        try:
            yield
        finally:
            await runner.cleanup()

    with _in_thread(running()):
        yield host


async def _answer(host: Receiver, request: web.BaseRequest) -> web.StreamResponse:
    match host.mode:
        case "ok":
            return web.Response(status=204)
        case "302":
            return web.Response(status=302, headers={"Location": host.location})
        case "hang":
            await asyncio.Event().wait()
        case "huge" | "drip":
            return await _without_end(host, request)
    headers = {"Retry-After": host.retry_after} if host.retry_after else {}
    return web.Response(status=int(host.mode), headers=headers)


async def _without_end(host: Receiver, request: web.BaseRequest) -> web.StreamResponse:
    """Answer 200 and a body that never ends, in floods or byte by byte."""
    response = web.StreamResponse()
    await response.prepare(request)
    piece = bytes(16_384 if host.mode == HUGE else 1)
    while True:
        await response.write(piece)
        host.sent_bytes += len(piece)
        if host.mode == DRIP:
            await asyncio.sleep(0.01)
