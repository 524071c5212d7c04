"""Starts Locust with its callers, and waits until every export has ended."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploy.local.refusal import CannotRun
from deploy.local.setup import ROOT
from tests.load.caller import GIVE_UP_S, SUBMIT
from tests.load.export import Export, read
from tests.load.looks import Looks
from tests.load.measured import Requests
from tests.load.options import Options
from tests.load.orders import PRIORITIES, Order

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
TELL_EVERY_S = 5.0
# Not all callers begin in one moment, but within so long, and at least so many a second.
SPAWN_S = 6.0
_LEAST_SPAWNED_A_SECOND = 20.0
# All callers together ask so often a second how their jobs stand: the load is to be the drawing.
_QUESTIONS_A_SECOND = 24.0
_LEAST_PAUSE_S, _MOST_PAUSE_S = 0.25, 10.0
# Beyond the patience of a caller: Locust's own start and end.
_AFTER_S = 60.0
_STOP_S = 10.0


class Locust:
    """A run of Locust against the API at *url*; *folder* gets what it leaves."""

    def __init__(self, python: Path, url: str, api_key: str, folder: Path) -> None:
        self._python, self._url, self._key, self._folder = python, url, api_key, folder
        self._exports = folder / "exports.jsonl"
        self._stats = folder / "locust-stats"
        self._log = folder / "locust.log"

    def run(self, orders: Sequence[Order], options: Options, tell: Callable[[], None]) -> None:
        """Let callers call until all is over; *tell* is called every few seconds.

        Raises CannotRun when Locust fails, hangs, or has not kept account of all it sent.
        """
        asked_s = max(1, round(60 * options.minutes))
        ends_by = time.monotonic() + asked_s + GIVE_UP_S + _AFTER_S
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                # If we are killed, nothing of it stays.
                ["setpriv", "--pdeathsig", "TERM", "--", *self._command(options, asked_s)],
                cwd=ROOT,
                env=self._env(orders, options),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._watch(process, ends_by, tell)
        finally:
            _end(process)
        if process.returncode:
            raise CannotRun(f"Locust ended with {process.returncode}: {self._last_words()}")
        counted = self.requests
        sent, kept = counted[SUBMIT].sent if SUBMIT in counted else 0, len(self.exports)
        # A caller that broke in the middle left its export out, and no criterion would miss it.
        if sent != kept:
            told = self._last_words()
            raise CannotRun(f"callers submitted {sent} exports and told of {kept}: {told}")

    @property
    def exports(self) -> Sequence[Export]:
        return read(self._exports)

    @property
    def requests(self) -> dict[str, Requests]:
        """Return what Locust counted of each kind of request. Raises CannotRun without it."""
        file = self._stats.with_suffix(".json")
        if not file.is_file():
            raise CannotRun(f"Locust left no {file}: {self._last_words()}")
        return {row["name"]: _counted(row) for row in json.loads(file.read_text())}

    def _command(self, options: Options, asked_s: int) -> list[str]:
        given: Mapping[str, object] = {
            "locustfile": LOCUSTFILE,
            "host": self._url,
            "users": options.users,
            "spawn-rate": max(_LEAST_SPAWNED_A_SECOND, options.users / SPAWN_S),
            "run-time": f"{asked_s}s",
            # What was asked for is followed to its end.
            "stop-timeout": int(GIVE_UP_S + _AFTER_S),
            "json-file": self._stats,
            # A failed request is for us to judge; Locust's own trouble still gives another code.
            "exit-code-on-error": 0,
        }
        words = [word for name, value in given.items() for word in (f"--{name}", str(value))]
        return [str(self._python), "-m", "locust", "--headless", "--only-summary", *words]

    def _env(self, orders: Sequence[Order], options: Options) -> dict[str, str]:
        told = self._folder / "orders.json"
        told.write_text(
            json.dumps({"orders": [asdict(order) for order in orders], "priorities": PRIORITIES})
        )
        pause_s = options.users / _QUESTIONS_A_SECOND
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LOAD_ORDERS": str(told),
            "LOAD_EXPORTS": str(self._exports),
            "LOAD_ASK_EVERY_S": str(min(_MOST_PAUSE_S, max(_LEAST_PAUSE_S, pause_s))),
            # Not on the command line, which every user of the machine can read.
            "LOAD_API_KEY": self._key,
        }

    def _watch(
        self, process: "subprocess.Popen[bytes]", ends_by: float, tell: Callable[[], None]
    ) -> None:
        while process.poll() is None:
            if time.monotonic() > ends_by:
                raise CannotRun(f"Locust did not end in time: {self._last_words()}")
            with suppress(subprocess.TimeoutExpired):
                process.wait(TELL_EVERY_S)
            tell()

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace").strip()[-800:]


def progress(looks: Looks, exports: Sequence[Export]) -> str:
    """Say in one line how a load stands."""
    completed = sum(export.is_completed for export in exports)
    told = f"{completed} completed, {len(exports) - completed} failed"
    if not looks.seen:
        return told
    look = looks.seen[-1]
    return f"{look.in_flight} in flight ({look.waiting} wait, {look.running} are drawn), {told}"


def _counted(row: Mapping[str, Any]) -> Requests:
    """Return a row of Locust's statistics, whose `response_times` are counts by milliseconds."""
    times = sorted((float(ms) / 1000, n) for ms, n in row["response_times"].items())
    return Requests(
        row["num_requests"], row["num_failures"], _percentile(times, 50), _percentile(times, 95)
    )


def _percentile(times: Sequence[tuple[float, int]], percent: float) -> float:
    """Return a percentile of values that come with how often each was seen; 0 of none."""
    wanted = sum(n for _, n in times) * percent / 100
    seen = 0
    for value, n in times:
        seen += n
        if seen >= wanted:
            return value
    return 0.0


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
