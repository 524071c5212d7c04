"""Named places where a test makes this process die, hang or fail: `FAILPOINTS`, with APP_ENV=test.

    FAILPOINTS="after_claim=kill,1/job;after_upload=hang:30"

Each entry is a name, an action (`kill`: SIGKILL to itself; `hang:SECONDS`; `raise`) and, after
commas, when it fires: `1/job` once for each job over all processes (Redis remembers), `1/process`
once in each process, `job=ID` for that job alone; without one of these, each time it is reached.
"""

import asyncio
import os
import re
import signal
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, cast

import redis
import structlog

from exporter.errors import InvalidSettings, QueueUnavailable
from exporter.jobs import connect
from exporter.scripts import PREFIX, ask
from exporter.settings import Settings

log = structlog.get_logger()

NAMES = (
    "api_before_record", "api_after_record", "api_after_enqueue",
    "before_claim", "after_claim", "after_heartbeat", "before_page", "after_style_load",
    "before_capture", "after_capture", "after_verify", "before_upload", "mid_upload",
    "after_upload", "before_finish", "after_finish",
    "webhook_before_post", "webhook_after_post",
    "sweeper_before_requeue", "sweeper_after_requeue",
)  # fmt: skip
# The names that were fired, for a test that wants all of them to have been.
FIRED = f"{PREFIX}failpoints"
# Longer than any test, so that a Redis used for tests gets clean again.
_REMEMBERED_S = 86_400

_ENTRY = re.compile(
    r"(?P<name>\w+)=(?:(?P<action>kill|raise)|hang:(?P<hang_s>\d+(?:\.\d+)?))"
    r"(?P<scopes>(?:,(?:1/job|1/process|job=[0-9A-Za-z-]+))*)"
)


class Injected(Exception):
    """What the action `raise` raises: an error nobody foresaw."""


class Action(StrEnum):
    KILL = "kill"
    HANG = "hang"
    RAISE = "raise"


@dataclass(frozen=True)
class Failpoint:
    """One entry of FAILPOINTS. *job* is empty for any job; *hang_s* is for `hang` alone."""

    name: str
    action: Action
    hang_s: float = 0.0
    once_per_job: bool = False
    once_per_process: bool = False
    job: str = ""


def parse(text: str) -> tuple[Failpoint, ...]:
    """Read the text of FAILPOINTS. Raises InvalidSettings."""
    return tuple(_entry(part.strip()) for part in text.split(";") if part.strip())


def _entry(text: str) -> Failpoint:
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise InvalidSettings(
            "FAILPOINTS must hold NAME=kill, NAME=raise or NAME=hang:SECONDS, each followed by any "
            f"of `,1/job` `,1/process` `,job=ID`, separated by semicolons; got {text!r}"
        )
    if found["name"] not in NAMES:
        raise InvalidSettings(f"FAILPOINTS names {found['name']!r}; there are {', '.join(NAMES)}")
    scopes = found["scopes"].split(",")
    return Failpoint(
        found["name"],
        Action(found["action"] or Action.HANG),
        hang_s=float(found["hang_s"] or 0),
        once_per_job="1/job" in scopes,
        once_per_process="1/process" in scopes,
        job=next((scope[4:] for scope in scopes if scope.startswith("job=")), ""),
    )


class Armed:
    """The failpoints of this process; *client* remembers what fired."""

    def __init__(self, points: tuple[Failpoint, ...], client: "redis.Redis") -> None:
        self._points = points
        self._client = client
        self._fired_here: set[Failpoint] = set()
        self._lock = threading.Lock()

    def due(self, name: str, job_id: str) -> Failpoint | None:
        """Return the failpoint to fire now at *name*, and remember it as fired."""
        for point in self._points:
            if point.name == name and point.job in ("", job_id) and self._is_first(point, job_id):
                return point
        return None

    def _is_first(self, point: Failpoint, job_id: str) -> bool:
        with self._lock:
            if point.once_per_process and point in self._fired_here:
                return False
            try:
                if point.once_per_job and not self._first_for(point, job_id):
                    return False
                ask(self._client.sadd, FIRED, point.name)
            except QueueUnavailable as err:
                # Fired without being remembered, it could fire for ever.
                log.warning("failpoint passed by", failpoint=point.name, error=str(err))
                return False
            self._fired_here.add(point)
        return True

    def _first_for(self, point: Failpoint, job_id: str) -> bool:
        place = f"{PREFIX}failpoint:{point.name}:{point.action}:{job_id}"
        return bool(ask(self._client.set, place, "1", nx=True, ex=_REMEMBERED_S))


# Of the process, like the environment it comes from: handing it to each place that may be asked to
# fail would be more code than all of these places.
_armed: Armed | None = None


def arm(settings: Settings) -> None:
    """Set this process's failpoints, none by default. Raises InvalidSettings."""
    global _armed  # noqa: PLW0603 - see above
    points = parse(settings.failpoints)
    _armed = Armed(points, connect(settings)) if points else None
    if points:
        log.warning("failpoints are armed", failpoints=settings.failpoints)


def hit(name: str, job_id: str = "") -> None:
    """Die, hang or raise Injected here, when the failpoint *name* is armed for *job_id*.

    By default the job is the one that this thread logs about. A hang stops the thread it is in:
    on the event loop, the whole process.
    """
    if _armed is None:
        return
    if point := _due(_armed, name, job_id):
        if point.action is not Action.HANG:
            _end(point)
        threading.Event().wait(point.hang_s)


async def reach(name: str, job_id: str = "") -> None:
    """Do as `hit`, on the event loop; a hang stops the task it is in and nothing else."""
    if _armed is None:
        return
    # In a thread of its own: it asks Redis.
    if point := await asyncio.to_thread(_due, _armed, name, job_id):
        if point.action is not Action.HANG:
            _end(point)
        await asyncio.sleep(point.hang_s)


def _due(armed: Armed, name: str, job_id: str) -> Failpoint | None:
    job_id = job_id or cast(str, structlog.contextvars.get_contextvars().get("job_id", ""))
    point = armed.due(name, job_id)
    if point:
        log.warning("failpoint", failpoint=name, action=point.action.value, job_id=job_id)
    return point


def _end(point: Failpoint) -> NoReturn:
    if point.action is Action.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    raise Injected(point.name)
