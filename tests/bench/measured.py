"""What the experiments leave behind: rounds of runs, and the table's rows made of them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.numbers import Spread, ratios, spread
from tests.bench.subject import Size

OLD, WARM, NATIVE = "existing app's way", "ours, warm", "pymgl (native)"
# The first poster of a new worker, and the one that is its pair: the third, in the same worker.
COLD, SETTLED_IN = "ours, cold worker", "ours, its third poster"
LLVMPIPE, SWIFTSHADER = "llvmpipe", "swiftshader"


@dataclass(frozen=True)
class Run:
    """One poster: *wall_s* claim to stored, *cpu_s* of the whole process tree."""

    contender: str
    size: Size
    backend: str
    wall_s: float
    cpu_s: float
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> "Kind":
        return self.contender, self.size, self.backend


Kind = tuple[str, Size, str]
# What was drawn side by side, under the same load.
Round = Mapping[Kind, Run]
Value = Callable[[Run], float]


def wall_s(run: Run) -> float:
    return run.wall_s


def cpu_s(run: Run) -> float:
    return run.cpu_s


def wall_s_per_pixel(run: Run) -> float:
    return run.wall_s / run.size.megapixels


@dataclass(frozen=True)
class Row:
    """All runs of one kind, as the table shows them; *peak_bytes* 0 was not measured."""

    contender: str
    size: Size
    backend: str
    wall_s: Spread
    cpu_s: Spread
    peak_bytes: int


class Measured:
    """Everything measured in one bench. *notes*: what could not be measured, and why."""

    def __init__(self) -> None:
        self.rounds: dict[str, list[Round]] = {}
        self.peaks: dict[Kind, int] = {}
        self.notes: dict[str, str] = {}

    def of(self, kind: Kind) -> list[Run]:
        """Return all runs of *kind*, in the order in which they were drawn."""
        return [each[kind] for part in self.rounds.values() for each in part if kind in each]

    def ratio(self, part: str, above: Kind, below: Kind, value: Value) -> Spread | None:
        """Return *above* to *below*, round by round; None when they never were side by side."""
        both = [r for r in self.rounds.get(part, []) if above in r and below in r]
        if not both:
            return None
        return ratios([value(r[above]) for r in both], [value(r[below]) for r in both])

    def rows(self) -> list[Row]:
        """Return one row for each kind, the small ones first."""
        kinds = {kind for part in self.rounds.values() for each in part for kind in each}
        order = (OLD, COLD, SETTLED_IN, WARM, NATIVE)
        ranked = sorted(kinds, key=lambda kind: (kind[2], kind[1], order.index(kind[0])))
        return [self._row(kind) for kind in ranked]

    def to_json(self) -> dict[str, Any]:
        runs = {
            part: [[asdict(run) for run in each.values()] for each in rounds]
            for part, rounds in self.rounds.items()
        }
        return {"rows": [asdict(row) for row in self.rows()], "rounds": runs, "notes": self.notes}

    def _row(self, kind: Kind) -> Row:
        runs = self.of(kind)
        walls, cpus = spread([r.wall_s for r in runs]), spread([r.cpu_s for r in runs])
        return Row(*kind, walls, cpus, self.peaks.get(kind, 0))
