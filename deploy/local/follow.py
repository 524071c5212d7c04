"""Shows what a stack's programs write to their log files, each line with its program's name."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TextIO

# Often enough to look live, seldom enough to cost nothing.
_POLL_S = 0.3


class Follower:
    """Copies new lines of *files* (name -> log) to *out* in a thread, inside its `with`."""

    def __init__(self, files: dict[str, Path], out: TextIO) -> None:
        self._logs = [_Log(name.ljust(max(map(len, files))), path) for name, path in files.items()]
        self._out = out
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follow-logs", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Show what was written until now, then stop."""
        self._ended.set()
        self._thread.join(5)

    def _run(self) -> None:
        last = False
        # When nobody reads any more, the files still have it all.
        with suppress(OSError):
            while not last:
                last = self._ended.wait(_POLL_S)
                if lines := [line for log in self._logs for line in log.new_lines()]:
                    print(*lines, sep="\n", file=self._out, flush=True)
        for log in self._logs:
            log.close()


class _Log:
    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._file: IO[bytes] | None = None
        self._begun = b""

    def new_lines(self) -> list[str]:
        """Return the lines completed since the last call, also across a rotation."""
        text = self._begun + self._rest()
        if self._was_replaced():
            self.close()
            text += self._rest()
        *lines, self._begun = text.split(b"\n")
        return [f"{self._name} | {line.decode(errors='replace')}" for line in lines]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _rest(self) -> bytes:
        if self._file is None:
            if not self._path.exists():
                return b""
            self._file = self._path.open("rb")
        return self._file.read()

    def _was_replaced(self) -> bool:
        if self._file is None or not self._path.exists():
            return False
        opened, named = Path(f"/proc/self/fd/{self._file.fileno()}").stat(), self._path.stat()
        return opened.st_ino != named.st_ino
