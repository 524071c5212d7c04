"""What exports cost in a month, of measured seconds and assumed prices. US dollars."""

from dataclasses import dataclass

from deploy.simulation import assumed
from deploy.simulation.measured import USUAL, Measured

MONTHS = (1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Month:
    """A month of *exports* of the usual size, in the ways it can be paid for."""

    exports: int
    drawing: float
    to_zero: float
    always_on: float
    serverless: float


def months(measured: Measured, least: int, fixed: int) -> list[Month]:
    """Return the table; *least* and *fixed* workers of production are always there.

    `drawing` is the seconds of drawing alone; `to_zero` adds API, Redis and what never sleeps;
    `always_on` is production's overlay, whose idle workers draw the first exports for nothing.
    """
    return [_month(exports, measured, least + fixed) for exports in MONTHS]


def pod_hour() -> float:
    """Return what a worker pod costs an hour."""
    return assumed.POD_VCPU * assumed.VCPU_HOUR + assumed.POD_GIB * assumed.GIB_HOUR


def floor_month() -> float:
    """Return what a month costs in which nobody exports and no worker runs."""
    hour = assumed.FLOOR_VCPU * assumed.VCPU_HOUR + assumed.FLOOR_GIB * assumed.GIB_HOUR
    return hour * assumed.HOURS_A_MONTH


def serverless_export(measured: Measured) -> float:
    """Return what one export costs the old way, as a function call of its own."""
    seconds = measured.old.median
    by_memory = seconds * assumed.SERVERLESS_GIB * assumed.SERVERLESS_GIB_SECOND
    return by_memory + assumed.SERVERLESS_CALL


def break_even(measured: Measured, workers: int) -> int:
    """Return the exports a month at which the old way costs as much as *workers* always there.

    With none of them, as scaling to zero; rounded to thousands.
    """
    there = floor_month() + workers * assumed.HOURS_A_MONTH * pod_hour()
    drawing = 0.0 if workers else measured.warm[USUAL].median / 3600 * pod_hour()
    return round(there / (serverless_export(measured) - drawing) / 1000) * 1000


def _month(exports: int, measured: Measured, workers: int) -> Month:
    drawing_h = exports * measured.warm[USUAL].median / 3600
    there_h = max(drawing_h, workers * assumed.HOURS_A_MONTH)
    return Month(
        exports=exports,
        drawing=drawing_h * pod_hour(),
        to_zero=floor_month() + drawing_h * pod_hour(),
        always_on=floor_month() + there_h * pod_hour(),
        serverless=exports * serverless_export(measured),
    )
