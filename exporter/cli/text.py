"""Tables for people and JSON for scripts, of the same values."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

_UNITS_S = ((86_400, "d"), (3600, "h"), (60, "m"))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return *rows* below *head* in columns as wide as they must be."""
    widths = [max(len(line[n]) for line in [head, *rows]) for n in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *rows]
    ]
    return "\n".join(lines)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def age(seconds: float) -> str:
    """Return a time span in its two largest units: `2h05m`, `45s`."""
    whole = round(seconds)
    for nth, (unit_s, name) in enumerate(_UNITS_S):
        if whole >= unit_s:
            smaller_s, smaller = (*_UNITS_S, (1, "s"))[nth + 1]
            return f"{whole // unit_s}{name}{whole % unit_s // smaller_s:02}{smaller}"
    return f"{whole}s"


def moment(seconds: float) -> str:
    """Return a time in UTC, nothing for 0."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds else ""


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB" if size else "-"
