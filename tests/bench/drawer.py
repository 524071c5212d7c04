"""A contender in a process of its own: an order a line on stdin, an answer a line on stdout.

Its own process, so that its CPU-seconds and memory can be told from everybody else's.
"""

import json
import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.local.refusal import CannotRun

# Far above what the slowest contender takes for the largest poster.
ANSWER_S = 240.0
_STOP_S = 15.0


class Drawer:
    """*command*, running inside its `with`; what it says on stderr goes to *log*."""

    def __init__(
        self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path, log: Path
    ) -> None:
        self._name, self._log = name, log
        self._buffer = b""
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *command],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let it end by itself at the end of its orders; kill it when it does not."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(_STOP_S if error is None else 1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def draw(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Hand over *order* and wait for its answer. Raises CannotRun when none comes."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._silent() from None
        answer: dict[str, Any] = json.loads(self._line())
        return answer

    def _line(self) -> bytes:
        assert self._process.stdout
        handle = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([handle], [], [], ANSWER_S)
            piece = os.read(handle, 65_536) if ready else b""
            if not piece:
                raise self._silent()
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _silent(self) -> CannotRun:
        words = self._log.read_text(errors="replace").strip().splitlines()[-3:]
        return CannotRun(f"{self._name} gave no answer: {' | '.join(words) or 'no word'}")
