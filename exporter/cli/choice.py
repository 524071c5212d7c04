"""Which jobs a command is about: by id, or by --failed, --code, --since and --queue."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import redis

from exporter import job_list
from exporter.job_list import Row, Wanted
from exporter.jobs import State
from exporter.queues import Priority

F = TypeVar("F", bound=Callable[..., None])
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Since(click.ParamType[float]):
    """`30m`, `12h`, `7d` before now, or a day in UTC; converts to seconds since the epoch."""

    name = "since"

    def convert(self, value: Any, *_: Any) -> float:
        if isinstance(value, float):
            return value
        if found := _SPAN.fullmatch(value):
            return time.time() - int(found[1]) * _UNIT_S[found[2]]
        try:
            return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
        except ValueError:
            self.fail(f"must be like 30m, 12h, 7d or 2027-01-31, got {value!r}")


def filters(command: F) -> F:
    """Give *command* the options that say which jobs."""
    for option in (
        click.option("--queue", type=click.Choice([p.value for p in Priority]), help="Of it only."),
        click.option(
            "--since", type=Since(), default=0.0, help="Made since 30m, 12h, 7d or a day."
        ),
        click.option("--code", default="", help="Failed with this error code."),
        click.option("--failed", is_flag=True, help="Failed jobs only."),
    ):
        command = option(command)
    return command


def wanted(
    states: tuple[State, ...], *, failed: bool, code: str, since: float, queue: str | None
) -> Wanted:
    """Return what the options say, of jobs in one of *states*."""
    if failed or code:
        states = tuple(state for state in states if state is State.FAILED)
    return Wanted(states, code, since, Priority(queue) if queue else None)


def chosen(
    client: "redis.Redis", job_ids: tuple[str, ...], states: tuple[State, ...], **given: Any
) -> list[str]:
    """Return the ids of the jobs a command is about: those named, or all that fit the filters.

    One of both is needed: nothing is done to all jobs by a word left out.
    """
    if job_ids and any(given.values()):
        raise click.UsageError("name jobs or filter them, not both")
    if job_ids:
        return list(dict.fromkeys(job_ids))
    if not any(given.values()):
        raise click.UsageError("name jobs, or filter them by --failed, --code, --since or --queue")
    return [row.job_id for row in listed(client, states, **given)]


def listed(client: "redis.Redis", states: tuple[State, ...], **given: Any) -> list[Row]:
    """Return the jobs that fit the filters, newest first."""
    return job_list.find(client, wanted(states, **given))
