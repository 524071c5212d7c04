"""A TCP proxy on loopback that makes a network bad: set `evil` of what `toxi(port)` yields."""

import asyncio
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from tests.servers import _in_thread

BLOCK = 65_536


@dataclass(frozen=True)
class Evil:
    """What happens to traffic; shares are of connections, times in seconds.

    *reset*: cut by RST at some point of its answer. *blackhole*: silent for ever. *latency_s* give
    or take *jitter_s* before each block of the answer. *down*: nobody is there. A connection that
    lives long counts as another one after each *life* blocks of its answer (0: never).
    """

    reset: float = 0.0
    blackhole: float = 0.0
    latency_s: float = 0.0
    jitter_s: float = 0.0
    down: bool = False
    life: int = 0


WELL = Evil()


@dataclass
class Net:
    """A running proxy: *evil* may be changed at any time, and is looked at for each block."""

    target: int
    chance: random.Random
    evil: Evil = WELL
    port: int = 0
    connections: int = 0
    resets: int = 0
    blackholes: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _lots: dict[tuple[str, float], list[bool]] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def struck(self, fault: str, share: float) -> bool:
        """Draw whether the next connection meets *fault*.

        Of each 1/*share* connections exactly one does, at a place left to chance: by dice a small
        run would often meet none.
        """
        if not share:
            return False
        lots = self._lots.setdefault((fault, share), [])
        if not lots:
            lots += [True] + [False] * (round(1 / share) - 1)
            self.chance.shuffle(lots)
        return lots.pop()


@contextmanager
def toxi(target: int, chance: random.Random) -> Iterator[Net]:
    """Listen on a free port and pass everything on to *target*, as badly as told."""
    net = Net(target, chance)

    @asynccontextmanager
    async def running():
        server = await asyncio.start_server(lambda r, w: _serve(net, r, w), "127.0.0.1", 0)
        net.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for writer in list(net._writers):
                writer.transport.abort()

    with _in_thread(running()):
        yield net


async def _serve(net: Net, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    net.connections += 1
    net._writers.add(writer)
    evil = net.evil
    try:
        if evil.down:
            return _cut(writer)
        if net.struck("blackhole", evil.blackhole):
            await _swallow(net)
        doomed = net.struck("reset", evil.reset)
        up, down = await asyncio.open_connection("127.0.0.1", net.target)
        net._writers.add(down)
        try:
            await asyncio.gather(
                _pass_on(net, reader, down, slow=False, doomed=False),
                _pass_on(net, up, writer, slow=True, doomed=doomed),
            )
        finally:
            net._writers.discard(down)
            down.close()
    except OSError:
        _cut(writer)
    finally:
        net._writers.discard(writer)
        with suppress(OSError):
            writer.close()
    return None


async def _pass_on(
    net: Net,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    slow: bool,
    doomed: bool,
) -> None:
    lived = 0
    while block := await reader.read(BLOCK):
        if net.evil.down:
            raise ConnectionResetError("the network is down")
        lived += 1
        if slow and net.evil.life and lived % net.evil.life == 0:
            if net.struck("blackhole", net.evil.blackhole):
                await _swallow(net)
            doomed = net.struck("reset", net.evil.reset)
        if slow and (net.evil.latency_s or net.evil.jitter_s):
            spread = net.chance.uniform(-net.evil.jitter_s, net.evil.jitter_s)
            await asyncio.sleep(max(0.0, net.evil.latency_s + spread))
        if doomed and net.chance.random() < 0.5:
            net.resets += 1
            writer.write(block[: len(block) // 2])
            raise ConnectionResetError("cut on purpose")
        writer.write(block)
        await writer.drain()
    if writer.can_write_eof():
        with suppress(OSError):
            writer.write_eof()


async def _swallow(net: Net) -> None:
    """Answer no more, whatever the caller does, also when it closes; until the proxy ends."""
    net.blackholes += 1
    await asyncio.Event().wait()


def _cut(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN: what was under way is lost, as behind a dying router."""
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
