"""What a run of the bench may be told from outside, by the environment; the defaults are the run
whose figures docs/performance.md shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.refusal import CannotRun

PARTS = ("main", "cold", "sizes", "backends", "throughput", "submits", "memory")


@dataclass(frozen=True)
class Options:
    """*runs* of everything that is compared; *parts* of the bench; *docs*: write them anew."""

    runs: int = 5
    parts: tuple[str, ...] = PARTS
    docs: bool = False

    def has(self, part: str) -> bool:
        return part in self.parts

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Options":
        """Read BENCH_RUNS, BENCH_PARTS (comma-separated) and BENCH_DOCS. Raises CannotRun."""
        runs = env.get("BENCH_RUNS") or "5"
        if not runs.isdecimal() or not 1 <= int(runs) <= 100:
            raise CannotRun(f"BENCH_RUNS must be a number from 1 to 100, got {runs!r}.")
        named = tuple(part.strip() for part in (env.get("BENCH_PARTS") or "").split(",") if part)
        if unknown := [part for part in named if part not in PARTS]:
            raise CannotRun(f"BENCH_PARTS may hold {', '.join(PARTS)}; got {unknown[0]!r}.")
        return cls(int(runs), named or PARTS, env.get("BENCH_DOCS") == "1")
