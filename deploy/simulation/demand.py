"""When exports are asked for: the loads that the rule is tried with. Times in seconds."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

HOUR_S, DAY_S = 3600.0, 86_400.0


@dataclass(frozen=True)
class Demand:
    """A load: what it is called, how long it lasts, when exports come."""

    name: str
    lasts_s: float
    arrivals: tuple[float, ...]


def burst(chance: Random) -> Demand:
    """100 exports at once, out of the quiet."""
    return Demand("100 at once", HOUR_S, tuple(sorted(60 + chance.random() for _ in range(100))))


def spikes(chance: Random) -> Demand:
    """An export every 5 s, and twice ten times as many for ten minutes."""

    def rate(at: float) -> float:
        spiked = 1200 <= at < 1800 or 4800 <= at < 5400
        return 2.0 if spiked else 0.2

    return Demand("10x spikes", 2 * HOUR_S, tuple(_arrivals(chance, rate, 2.0, 2 * HOUR_S)))


def day(chance: Random, exports: int = 100_000) -> Demand:
    """*exports* in a day, at its height 1.8 times the mean, at night a fifth of it."""
    mean = exports / DAY_S

    def rate(at: float) -> float:
        return mean * (1 - 0.8 * math.cos(2 * math.pi * at / DAY_S))

    return Demand(f"{exports:,} a day", DAY_S, tuple(_arrivals(chance, rate, 1.8 * mean, DAY_S)))


def _arrivals(
    chance: Random, rate: Callable[[float], float], highest: float, lasts_s: float
) -> Iterator[float]:
    """Draw a Poisson process whose rate (exports a second) changes: by thinning its highest."""
    at = 0.0
    while (at := at + chance.expovariate(highest)) < lasts_s:
        if chance.random() * highest < rate(at):
            yield at


def sizes(chance: Random, mix: Mapping[str, float], count: int) -> list[str]:
    return chance.choices(list(mix), list(mix.values()), k=count)
