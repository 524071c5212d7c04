"""Measured seconds of a poster, read from docs/measured-service-times.json.

After a new bench run, `python -m deploy.simulation.measured` writes that file anew from the table
of docs/performance.md, and `make simulate` says what follows from it.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "measured-service-times.json"
PERFORMANCE = ROOT / "docs" / "performance.md"

OURS, OLD, COLD = "ours, warm", "existing app's way", "ours, cold worker"
SIZES = ("1024 x 1536", "2400 x 3600", "3600 x 5400", "4700 x 7050")
USUAL = "2400 x 3600"

_SPREAD = r"(?P<{0}>[\d.]+) \((?P<{0}_low>[\d.]+)-(?P<{0}_high>[\d.]+)\)"
_ROW = re.compile(
    rf"^(?P<who>\S.*?) {{2,}}(?P<size>\d+ x \d+) +llvmpipe +(?P<n>\d+) +"
    rf"{_SPREAD.format('wall')} +{_SPREAD.format('cpu')}",
    re.MULTILINE,
)
_COLD = re.compile(rf"first poster stored: {_SPREAD.format('wall')} s")


@dataclass(frozen=True)
class Spread:
    """Median, least and most of some measurements, in seconds."""

    median: float
    low: float
    high: float

    def draw(self, chance: Random) -> float:
        """Return one value: most often near the median, never outside of what was measured."""
        return chance.triangular(self.low, self.high, self.median)


@dataclass(frozen=True)
class Measured:
    """Seconds by size: of a warm worker, and of the old way; and of a worker's start.

    `cpu` is CPU-seconds of a warm poster. `start` is from the start of a worker's process to its
    first poster stored, `first` that poster alone.
    """

    measured_on: str
    warm: dict[str, Spread]
    cpu: dict[str, Spread]
    old: Spread
    start: Spread
    first: Spread

    @property
    def start_s(self) -> float:
        """From the start of a worker's process until it takes jobs."""
        return self.start.median - self.first.median

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        given = json.loads(file.read_text())

        def by_size(name: str) -> dict[str, Spread]:
            return {size: Spread(**spread) for size, spread in given[name].items()}

        return cls(
            measured_on=given["measured_on"],
            warm=by_size("warm"),
            cpu=by_size("cpu"),
            old=Spread(**given["old"]),
            start=Spread(**given["start"]),
            first=Spread(**given["first"]),
        )


def from_table(text: str) -> Measured:
    """Read the table of docs/performance.md. Raises KeyError for a row that it lacks."""
    rows = {(row["who"], row["size"]): row for row in _ROW.finditer(text)}
    cold = _COLD.search(text)
    head = re.search(r"^\d{4}-\d\d-\d\d, .*(?=:$)", text, re.MULTILINE)
    if cold is None or head is None:
        raise KeyError("the table names neither its machine nor the start of a cold worker")
    return Measured(
        measured_on=head[0],
        warm={size: _spread(rows[OURS, size], "wall") for size in SIZES},
        cpu={size: _spread(rows[OURS, size], "cpu") for size in SIZES},
        old=_spread(rows[OLD, USUAL], "wall"),
        start=_spread(cold, "wall"),
        first=_spread(rows[COLD, USUAL], "wall"),
    )


def _spread(found: re.Match[str], what: str) -> Spread:
    return Spread(*(float(found[name]) for name in (what, f"{what}_low", f"{what}_high")))


if __name__ == "__main__":
    FILE.write_text(json.dumps(asdict(from_table(PERFORMANCE.read_text())), indent=1) + "\n")
