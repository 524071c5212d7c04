"""Every outgoing fetch of this service: check, cache, follow, retry, share.

Stands between exporter/tiles.py and the network; no other module opens a connection to an address
somebody outside could have chosen. The rules are in exporter/addresses.py, one request in
exporter/http_client.py, lifetimes in exporter/freshness.py.
"""

import asyncio
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import aiohttp
import structlog
from yarl import URL

from exporter.addresses import AddressRules
from exporter.content import gunzip
from exporter.errors import EgressDenied, EgressFailed
from exporter.freshness import fresh_until, retry_after_s
from exporter.http_cache import Entry, HttpCache
from exporter.http_client import Answer, HttpClient, Resolve, resolve_by_system
from exporter.settings import Settings

log = structlog.get_logger(__name__)

TRIES = 3
MAX_REDIRECTS = 3
# Longest first wait between two tries (full jitter), doubled each time: a host that hiccups is
# asked again within its hiccup, and a page's 60 s are never spent on waiting.
BACKOFF_S = 0.5
RETRY_STATUSES = frozenset({408, 425, 429, *range(500, 600)})
REDIRECTS = frozenset({301, 302, 303, 307, 308})

Check = Callable[[bytes], None]


@dataclass(frozen=True)
class Fetched:
    """An answer: *body* is decoded, *fresh_until* is unix time (0 when it must not be kept)."""

    status: int
    content_type: str
    body: bytes
    from_cache: bool
    fresh_until: float


@dataclass(frozen=True)
class _Request:
    accept: str
    check: Check | None
    deadline: float  # of the event loop's clock


class Egress:
    """Fetches under the rules of *settings*; one per process, used on one event loop."""

    def __init__(self, settings: Settings, *, resolve: Resolve = resolve_by_system) -> None:
        self._budget_s = TRIES * settings.fetch_timeout_s
        self._max_bytes = settings.fetch_max_bytes
        self._rules = AddressRules(settings.egress_allow)
        self._client = HttpClient(settings, self._rules, resolve)
        self._cache = HttpCache(settings.var_dir / "cache" / "http", settings.cache_max_bytes)
        self._running: dict[str, asyncio.Task[Fetched]] = {}
        self.hits = 0
        self.misses = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop what is running and close the connections."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._client.close()

    def check_url(self, url: str) -> None:
        """Raise EgressDenied when *url* breaks a rule that can be judged without the network."""
        self._rules.url(url)

    async def fetch(
        self,
        url: str,
        *,
        accept: str = "*/*",
        budget_s: float | None = None,
        check: Check | None = None,
    ) -> Fetched:
        """Return the answer of *url*, from the cache while fresh; any status but 5xx and 429.

        *budget_s* bounds all tries together (default: three times `fetch_timeout_s`). *check* is
        given the decoded body of a 200 and raises to keep it from being stored and returned.
        Callers of a URL that is being fetched share that fetch.

        Raises EgressDenied, ResponseTooLarge, or EgressFailed, whose cause is a TimeoutError when
        the host was too slow and a `zlib.error` when the body's gzip is broken.
        """
        task = self._running.get(url)
        if task is None:
            work = self._within(url, accept, check, budget_s or self._budget_s)
            task = self._running[url] = asyncio.create_task(work)
            task.add_done_callback(lambda done: self._finished(url, done))
        # Shielded: a caller that gives up must not take the answer from the others.
        return await asyncio.shield(task)

    def _finished(self, url: str, task: asyncio.Task[Fetched]) -> None:
        del self._running[url]
        if not task.cancelled():
            task.exception()  # marks it as seen, should every caller have given up

    async def _within(self, url: str, accept: str, check: Check | None, budget_s: float) -> Fetched:
        deadline = asyncio.get_running_loop().time() + budget_s
        try:
            async with asyncio.timeout_at(deadline):
                return await self._follow(url, _Request(accept, check, deadline))
        except TimeoutError as err:
            raise EgressFailed(f"{bare(url)} was not fetched within {budget_s:g} s") from err
        except EgressDenied as err:
            log.warning("egress_denied", cause=str(err))
            raise

    async def _follow(self, url: str, request: _Request) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            target = self._rules.url(url)
            fetched = await self._cached(target, request)
            if isinstance(fetched, Fetched):
                return fetched
            url = str(target.join(URL(fetched.headers.get("Location", ""))))
        raise EgressDenied(
            f"more than {MAX_REDIRECTS} redirects, the last to {bare(url)}",
            public=f"A resource of this poster redirects more than {MAX_REDIRECTS} times.",
        )

    async def _cached(self, url: URL, request: _Request) -> Fetched | Answer:
        """Answer from the cache, or ask and store; a redirect is given back as it came."""
        kept = await asyncio.to_thread(self._cache.get, str(url))
        if kept and kept.fresh_until > time.time():
            self.hits += 1
            return self._fetched(kept, from_cache=True)
        answer = await self._tried(url, request, kept)
        if answer.status in REDIRECTS:
            return answer
        expires = fresh_until(answer.status, answer.headers, time.time())
        if kept and answer.status == 304:
            self.hits += 1
            expires = fresh_until(kept.status, answer.headers, time.time())
            entry = replace(kept, fresh_until=expires or 0.0)
        else:
            self.misses += 1
            entry = _entry(url, answer, expires or 0.0)
        fetched = self._fetched(entry, from_cache=answer.status == 304)
        if request.check and fetched.status == 200:
            request.check(fetched.body)
        if expires is not None:
            await asyncio.to_thread(self._cache.put, entry)
        return fetched

    def _fetched(self, entry: Entry, *, from_cache: bool) -> Fetched:
        body = self._decoded(entry)
        return Fetched(entry.status, entry.content_type, body, from_cache, entry.fresh_until)

    def _decoded(self, entry: Entry) -> bytes:
        if entry.encoding in ("", "identity") or not entry.body:
            return entry.body
        if entry.encoding not in ("gzip", "x-gzip"):
            raise EgressFailed(f"{entry.url} came as {entry.encoding!r}, which was not asked for")
        try:
            return gunzip(entry.body, self._max_bytes)
        except zlib.error as err:
            raise EgressFailed(f"{entry.url} came with broken gzip: {err}") from err

    async def _tried(self, url: URL, request: _Request, kept: Entry | None) -> Answer:
        """Ask up to three times while the fault is one that passes."""
        headers = {"Accept": request.accept, **_conditions(kept)}
        for tries_left in reversed(range(TRIES)):
            asked_wait_s = 0.0
            try:
                answer = await self._client.get(url, headers)
            except EgressFailed as err:
                if not tries_left or isinstance(err.__cause__, aiohttp.ClientSSLError):
                    raise
            else:
                if answer.status not in RETRY_STATUSES:
                    return answer
                asked_wait_s = retry_after_s(answer.headers, time.time())
                if not tries_left or not _fits(asked_wait_s, request.deadline):
                    raise EgressFailed(f"{url.host} answered {answer.status}")
            longest_s = BACKOFF_S * 2.0 ** (TRIES - 1 - tries_left)
            # Random only spreads load. The pause is the retry schedule, not a guess at readiness.
            await asyncio.sleep(asked_wait_s + random.uniform(0, longest_s))  # noqa: S311
        raise AssertionError("the last try returns or raises")


def bare(url: str) -> str:
    """Return *url* for a log: without its query, where keys are."""
    return url.partition("?")[0][:200]


def _conditions(kept: Entry | None) -> dict[str, str]:
    if kept is None:
        return {}
    asked = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
    return {name: value for name, value in asked.items() if value}


def _entry(url: URL, answer: Answer, expires: float) -> Entry:
    headers = answer.headers
    return Entry(
        url=str(url),
        status=answer.status,
        content_type=headers.get("Content-Type", ""),
        encoding=headers.get("Content-Encoding", "").strip().lower(),
        etag=headers.get("ETag", ""),
        last_modified=headers.get("Last-Modified", ""),
        fresh_until=expires,
        body=answer.body,
    )


def _fits(wait_s: float, deadline: float) -> bool:
    return asyncio.get_running_loop().time() + wait_s < deadline
