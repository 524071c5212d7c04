"""Where log lines go: to stderr, whoever reads it, and never waiting for a reader that has stopped.

A reader of our pipe that is stopped, or a full journal, would otherwise stop each process at its
next line. What cannot be written is kept, the newest so many bytes of it, and told as lost beyond.
"""

import json
import logging
import os
import socket
import stat
from collections import deque
from collections.abc import Callable
from contextlib import suppress

# What is kept while nobody reads; some thousand lines.
KEPT_BYTES = 1_000_000


class NeverWaiting(logging.Handler):
    """A handler that writes whole lines to the descriptor *fd*, as far as it takes them."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._write, self._close = _writer(fd)
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write or keep *record*; logging holds this handler's lock meanwhile."""
        try:
            line = self.format(record).encode(errors="backslashreplace") + b"\n"
        except Exception:  # logging's own way with a record that cannot be formatted
            self.handleError(record)
            return
        self._keep(line)
        self._write_kept()

    def close(self) -> None:
        """Let go of what was opened here; *fd* stays open."""
        self._close()
        super().close()

    def _keep(self, line: bytes) -> None:
        self._kept.append(line)
        self._size += len(line)
        # The first one may be half written already.
        while self._size > KEPT_BYTES and len(self._kept) > 1:
            lost = self._kept[1]
            del self._kept[1]
            self._size -= len(lost)
            self._lost += 1

    def _write_kept(self) -> None:
        while self._kept:
            line = self._kept[0]
            try:
                written = self._write(line)
            except BlockingIOError:
                return
            except OSError:
                # Nobody will ever read it: there is no place left to say so.
                written = len(line)
            self._size -= written
            if written < len(line):
                self._kept[0] = line[written:]
                return
            self._kept.popleft()
            if self._lost and not self._kept:
                told = {"event": "log lines lost", "level": "warning", "count": self._lost}
                self._lost = 0
                self._keep(json.dumps(told).encode() + b"\n")


def _writer(fd: int) -> tuple[Callable[[bytes], int], Callable[[], None]]:
    """Return what writes to *fd* as much as it takes now, saying how much, and what closes it.

    Not by O_NONBLOCK on *fd* itself: other processes share it, and do not expect that of it.
    """
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        line = socket.socket(fileno=os.dup(fd))
        return lambda data: line.send(data, socket.MSG_DONTWAIT), line.close
    if stat.S_ISFIFO(mode):
        # Opened anew it has flags of its own. Refused for a pipe of another user.
        with suppress(OSError):
            own = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            return lambda data: os.write(own, data), lambda: os.close(own)
    return lambda data: os.write(fd, data), lambda: None
