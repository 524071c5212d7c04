"""One checked, pinned, capped HTTP request; the wire under exporter/egress.py.

aiohttp is handed only addresses that passed the rules, so the connection goes where the check
looked (no second resolution, no proxy from the environment, no redirect followed, certificates
always checked).
"""

import asyncio
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

import exporter
from exporter.addresses import AddressRules
from exporter.errors import EgressDenied, EgressFailed, InvalidSettings, ResponseTooLarge
from exporter.settings import Settings

# 16 at once keeps a poster of some 100 tiles quick; more would be rude to a public tile host.
PER_HOST = 16
CHUNK_BYTES = 65_536
# asyncio closes a given-up TLS connection in order and waits for a host that may never answer.
# aiohttp aborts such connections, if told so, where Python does not (before 3.12.8).
ABORT_CLOSED = sys.version_info < (3, 12, 8)

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True)
class Answer:
    """An answer as it came over the wire; *headers* ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Return the addresses of *host* by the system's resolver. Raises OSError when it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class CheckedResolver(AbstractResolver):
    """Give aiohttp the addresses of a name, or EgressDenied when any of them is not allowed."""

    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's signature
    ) -> list[ResolveResult]:
        """Return the checked addresses. Raises EgressDenied, OSError when the name has none."""
        addresses = await self._resolve(host, port)
        self._rules.check_addresses(host, port, addresses)
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is held open."""


class HttpClient:
    """Requests under the rules; a session is opened at the first one, on its event loop."""

    def __init__(self, settings: Settings, rules: AddressRules, resolve: Resolve) -> None:
        self._timeout_s = settings.fetch_timeout_s
        self._max_bytes = settings.fetch_max_bytes
        self._resolver = CheckedResolver(rules, resolve)
        self._tls = _tls(settings.egress_ca_file)
        self._user_agent = _user_agent(settings.contact)
        self._session: aiohttp.ClientSession | None = None
        self._slots: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def get(self, url: URL, headers: Mapping[str, str]) -> Answer:
        """Send one GET for the already checked *url* and return the whole answer.

        Raises EgressDenied for a denied address, ResponseTooLarge past the cap, EgressFailed for
        everything that went wrong on the way (its cause tells what).
        """
        # Waiting for a slot is not the host's slowness: the clock starts behind the semaphore.
        slot = self._slots.setdefault(url.authority, asyncio.Semaphore(PER_HOST))
        async with slot:
            return await _in_time(url, self._timeout_s, self._get(url, headers))

    async def post(
        self, url: URL, body: bytes, headers: Mapping[str, str], *, timeout_s: float, max_bytes: int
    ) -> Answer:
        """Send one POST to the already checked *url* within *timeout_s*.

        Of the answer's body at most *max_bytes* are read, and the rest is broken off. Raises
        EgressDenied and EgressFailed as `get` does.
        """
        return await _in_time(url, timeout_s, self._post(url, body, headers, max_bytes))

    async def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _get(self, url: URL, headers: Mapping[str, str]) -> Answer:
        self._session = self._session or self._open()
        async with self._session.get(url, headers=headers, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await self._body(response))

    async def _post(
        self, url: URL, body: bytes, headers: Mapping[str, str], max_bytes: int
    ) -> Answer:
        self._session = self._session or self._open()
        async with self._session.post(
            url, data=body, headers=headers, allow_redirects=False
        ) as response:
            answer = bytearray()
            async for piece in response.content.iter_chunked(CHUNK_BYTES):
                answer += piece
                if len(answer) >= max_bytes:
                    response.close()
                    break
            return Answer(response.status, response.headers, bytes(answer[:max_bytes]))

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        pieces, size = [], response.content_length or 0
        if size <= self._max_bytes:
            size = 0
            async for piece in response.content.iter_chunked(CHUNK_BYTES):
                size += len(piece)
                if size > self._max_bytes:
                    break
                pieces.append(piece)
        if size > self._max_bytes:
            response.close()
            raise ResponseTooLarge(f"{response.url.host} sent more than {self._max_bytes} bytes")
        return b"".join(pieces)

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            use_dns_cache=False,  # each new connection is checked against what the name is now
            ssl=self._tls,
            limit=4 * PER_HOST,
            enable_cleanup_closed=ABORT_CLOSED,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),  # ours, in get()
            auto_decompress=False,  # aiohttp's decoding has no cap
            trust_env=False,
        )


async def _in_time(url: URL, timeout_s: float, work: Awaitable[Answer]) -> Answer:
    """Await *work*, a request to *url*, and name what goes wrong on the way."""
    try:
        async with asyncio.timeout(timeout_s):
            return await work
    except TimeoutError as err:
        raise EgressFailed(f"{url.host} took more than {timeout_s:g} s") from err
    except aiohttp.InvalidURL as err:
        raise EgressDenied(f"{url.host} is not a host that can be fetched: {err}") from err
    except (aiohttp.ClientError, OSError) as err:
        raise EgressFailed(f"{url.host} could not be fetched: {err!r}") from err


def _result(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


def _tls(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as err:
            raise InvalidSettings(
                f"EXPORT_EGRESS_CA_FILE must be a readable PEM file, got {ca_file!r}: {err}"
            ) from err
    return context


def _user_agent(contact: str) -> str:
    name = f"poster-exporter/{exporter.__version__}"
    return f"{name} (+{contact})" if contact else name
