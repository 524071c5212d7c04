"""A whole service on this machine: started under a supervisor, waited for, stopped without a rest.

    with Stack(plan) as stack:
        stack.await_ready(say)
        ...

The supervisor is supervisord, our child. It keeps every program alive; if it dies itself the
stack is over: what it ran stops by itself, and what does not is ended here.
"""

import fcntl
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from deploy.local import family
from deploy.local.client import Client, Unanswered
from deploy.local.plan import Plan
from deploy.local.programs import redis_config, redis_folder
from deploy.local.refusal import CannotRun
from deploy.local.supervision import configuration, log_file, log_folder
from exporter.errors import QueueUnavailable
from exporter.jobs import connect
from webapi.keys import ensure_dev_key

# Until everything answers. 8 s are usual on two cores; tests beside it were seen to take them all.
READY_S = 60.0
# The supervisor's own limits add up to 36 s (programs.py), and 40 s is what we promise.
STOP_S = 37.0
_POLL_S = 0.2
_TAIL_LINES = 15

Say = Callable[[str], None]


class Stack:
    """The stack of *plan*, running inside its `with`."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._lock: int | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start everything; returns at once. Raises CannotRun."""
        self._lock = _lock(self.plan.var_dir)
        try:
            _write_files(self.plan)
            family.adopt_orphans()
            self._supervisor = _start_supervisor(self.plan)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything, within 40 s; afterwards no process of the stack is left."""
        if self._supervisor is not None:
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                self._supervisor.terminate()
                self._supervisor.wait(STOP_S)
            family.end_children()
        if self._lock is not None:
            os.close(self._lock)

    def await_ready(self, say: Say) -> None:
        """Wait until posters can be made; *say* what is still missing. Raises CannotRun."""
        deadline = time.monotonic() + READY_S
        said = ""
        while missing := self._missing():
            self._check_supervisor()
            if time.monotonic() > deadline:
                raise CannotRun(self._obituary(missing))
            if missing != said:
                say(f"waiting for {missing}")
                said = missing
            _pause()

    def wait(self) -> None:
        """Wait until the supervisor ends, which it does not of itself. Raises CannotRun then."""
        if self._supervisor is not None:
            self._supervisor.returncode = family.wait_for(self._supervisor.pid)
        self._check_supervisor()

    def _missing(self) -> str:
        """Return what keeps the stack from being ready, as the words of /health/ready."""
        try:
            with connect(self.plan.settings) as client:
                client.ping()
                ensure_dev_key(client, self.plan.api_key)
        except (redis.RedisError, QueueUnavailable):
            return "redis"
        try:
            checks = Client(self.plan.api_url).ready().json["checks"]
        except (Unanswered, ValueError, KeyError):
            return "api"
        return ", ".join(name for name, word in checks.items() if word != "ok")

    def _check_supervisor(self) -> None:
        if self._supervisor is None or self._supervisor.poll() is None:
            return
        logs = [log_file(self.plan, name) for name in ("supervisord.start", "supervisord")]
        raise CannotRun(
            f"The supervisor ended by itself (exit {self._supervisor.returncode}); its last "
            "words:\n" + "\n".join(_tail(log) for log in logs)
        )

    def _obituary(self, missing: str) -> str:
        """Say what did not start, with the last words of the program that is to blame."""
        first, _, _ = missing.partition(", ")
        usual = {"workers": "worker-high", "storage": "api"}.get(first, first)
        # Who keeps dying is to blame, whatever is missing because of it.
        deaths = Counter(
            re.findall(r"exited: (\S+) ", _read(log_file(self.plan, "supervisord")))
        ).most_common(1)
        culprit = deaths[0][0] if deaths else usual
        log = log_file(self.plan, culprit)
        return (
            f"The stack was not ready within {READY_S:g} s, {missing} missing; "
            f"the end of {log}:\n{_tail(log)}"
        )


def _lock(var_dir: Path) -> int:
    """Take *var_dir* for this process: two servers on one append-only file would destroy it."""
    var_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(var_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as err:
        os.close(handle)
        raise CannotRun(f"Another stack uses {var_dir}: stop it first.") from err
    return handle


def _write_files(plan: Plan) -> None:
    log_folder(plan).mkdir(exist_ok=True)
    # What an earlier run logged would be told as this one's; supervisord appends.
    for log in log_folder(plan).glob("*.log"):
        log.replace(log.with_suffix(".log.old"))
    redis_folder(plan).mkdir(exist_ok=True)
    (redis_folder(plan) / "redis.conf").write_text(redis_config(plan))
    _write_private(_supervisor_config(plan), configuration(plan))
    _write_private(plan.key_file, f"{plan.api_key}\n")
    _write_private(plan.flower_password_file, f"{plan.flower_password}\n")


def _supervisor_config(plan: Plan) -> Path:
    return plan.var_dir / "supervisord.conf"


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _start_supervisor(plan: Plan) -> subprocess.Popen[bytes]:
    supervisord = [str(Path(sys.executable).parent / "supervisord")]
    with log_file(plan, "supervisord.start").open("wb") as output:
        return subprocess.Popen(
            # If we are killed, it stops everything in order.
            ["setpriv", "--pdeathsig", "TERM", "--", *supervisord,  # noqa: S607 - Debian's, on PATH
             "--configuration", str(_supervisor_config(plan))],
            cwd=plan.root,
            env=dict(plan.env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C at the terminal is for us alone: it reaches the programs in order, by TERM.
            start_new_session=True,
        )  # fmt: skip


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def _tail(path: Path) -> str:
    return "\n".join(f"  {line}" for line in _read(path).splitlines()[-_TAIL_LINES:])


def _pause() -> None:
    threading.Event().wait(_POLL_S)


def interrupt_on_signals() -> None:
    """Let the first SIGINT, SIGTERM or SIGHUP raise KeyboardInterrupt, and any later do nothing.

    The second Ctrl-C of an impatient person must not cut the stopping short.
    """
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in signals:
        signal.signal(number, interrupt)
