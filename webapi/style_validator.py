"""MapLibre's own style validator: a node program beside this process, started when first needed.

docs/adr/0018 says why it is one that stays, and what happens without it. It is handed JSON and
answers JSON; that it is slow, hungry or dead is found out here.
"""

import json
import shutil
import subprocess
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger()

PROGRAM = Path(__file__).parents[1] / "static_renderer" / "tools" / "validate-styles.js"
# Node's start takes 0.1 s, on a busy machine a few seconds; the worst style of 2 MB takes 0.5 s.
START_S = 10.0
CHECK_S = 5.0
MEMORY_MB = 256
# Seconds of processor time after which the system ends a program: some 5,000 styles. It bounds a
# program that runs wild after its parent's death, too.
CPU_S = 120


def command() -> tuple[str, ...]:
    """Return the program's command. Raises OSError when this machine lacks a part of it."""
    limits, node = shutil.which("prlimit"), shutil.which("node")
    if limits is None or node is None:
        raise FileNotFoundError("there is no prlimit or no node on this machine")
    heap = f"--max-old-space-size={MEMORY_MB}"
    return (limits, f"--cpu={CPU_S}", "--core=0", "--", node, heap, str(PROGRAM))


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a style, and where (JSON pointer into it)."""

    pointer: str
    code: str
    message: str


class StyleValidator:
    """Checks one style at a time, whichever thread asks."""

    def __init__(
        self, command: Callable[[], tuple[str, ...]] = command, check_s: float = CHECK_S
    ) -> None:
        self._command = command
        self._check_s = check_s
        self._lock = threading.Lock()
        self._program: subprocess.Popen[bytes] | None = None

    def complaints(self, style: object) -> list[Complaint]:
        """Return what is wrong with *style*; nothing when there is no validator.

        A style it cannot check, because it needs too long or dies of it, gets `style_limit`.
        """
        line = json.dumps(style).encode() + b"\n"
        if not self._lock.acquire(timeout=self._check_s):
            log.warning("style not checked", cause="the validator was busy")
            return []
        try:
            return self._checked(line)
        except OSError as err:
            log.error("style not checked", cause=repr(err))
            return []
        finally:
            self._lock.release()

    def _checked(self, line: bytes) -> list[Complaint]:
        # Once more with a new program: the old one may have been at the end of its time.
        for is_last in (self._program is None, True):
            answer = self._ask(self._running(), line, self._check_s)
            if answer:
                return [Complaint(**each) for each in json.loads(answer)]
            self._end()
            if is_last:
                break
        log.warning("style refused", cause="the validator did not answer")
        return [Complaint("", "style_limit", "is too large or too nested to be checked")]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._program is None:
            self._program = subprocess.Popen(
                self._command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},  # ours holds secrets, and it needs none
            )
            weakref.finalize(self, _stop, self._program)
            if not self._ask(self._program, b"", START_S):
                self._end()
                raise OSError("the validator does not start")
        return self._program

    def _ask(self, program: "subprocess.Popen[bytes]", line: bytes, limit_s: float) -> bytes:
        """Return the next line of *program* after it was sent *line*; nothing when none comes."""
        assert program.stdin and program.stdout  # noqa: S101
        timer = threading.Timer(limit_s, program.kill)
        timer.daemon = True
        timer.start()
        try:
            program.stdin.write(line)
            program.stdin.flush()
            return program.stdout.readline()
        except BrokenPipeError:
            return b""
        finally:
            timer.cancel()

    def _end(self) -> None:
        if self._program:
            _stop(self._program)
            self._program = None


def _stop(program: "subprocess.Popen[bytes]") -> None:
    program.kill()
    program.wait()
    for pipe in (program.stdin, program.stdout):
        try:
            if pipe:
                pipe.close()
        except BrokenPipeError:  # what was written last has not been read
            continue
