"""Medians with their spread, and ratios of what was measured side by side."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median with the least and the most of *n* values."""

    median: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{figure(self.median)} ({figure(self.low)}-{figure(self.high)})"


def spread(values: Sequence[float]) -> Spread:
    """Sum *values*, at least one, up."""
    return Spread(statistics.median(values), min(values), max(values), len(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Divide pair by pair: both of a pair were measured in one round, under the same load."""
    return spread([a / b for a, b in zip(above, below, strict=True)])


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of *values* that at least *percent* of them do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def figure(value: float) -> str:
    """Write *value* with about three digits that say something."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
