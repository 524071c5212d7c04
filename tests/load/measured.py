"""What a load leaves behind, and what follows from it without any judgement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean

from deploy.simulation import assumed, costs
from deploy.simulation.measured import USUAL
from deploy.simulation.measured import Measured as Seconds
from tests.bench.subject import Size
from tests.load.export import Export
from tests.load.looks import Look
from tests.load.orders import Order


@dataclass(frozen=True)
class Idle:
    """A poster as it was drawn before the load, alone."""

    sha256: str
    render_s: float


@dataclass(frozen=True)
class Difference:
    """A poster whose pixels are not those drawn idle. *pixels* -1: not even the size is."""

    order: str
    job_id: str
    pixels: int

    def __str__(self) -> str:
        what = f"{self.pixels:,} pixels" if self.pixels >= 0 else "its size"
        return f"{self.order} in {what} (job {self.job_id})"


@dataclass(frozen=True)
class Load:
    """One load. *idle* by the order's name; *cpu_s* by program, of the load alone.

    *requests* is what Locust counted of each kind: how many, how many failed, seconds of p50, p95.
    """

    orders: Sequence[Order]
    exports: Sequence[Export]
    looks: Sequence[Look]
    idle: Mapping[str, Idle]
    cpu_s: Mapping[str, float]
    differences: Sequence[Difference] = ()
    missed_looks: int = 0
    requests: Mapping[str, "Requests"] = field(default_factory=dict)

    @property
    def completed(self) -> list[Export]:
        return [export for export in self.exports if export.is_completed]

    @property
    def success_percent(self) -> float:
        """Of all that were asked for, also those that were never accepted; 0 of none."""
        return 100 * len(self.completed) / len(self.exports) if self.exports else 0.0

    @property
    def failures(self) -> Counter[str]:
        return Counter(export.outcome for export in self.exports if not export.is_completed)

    @property
    def steady(self) -> tuple[float, float]:
        """From when every caller had an export in flight until the last one was asked for."""
        first: dict[int, float] = {}
        for export in self.exports:
            if export.accepted_at:
                earlier = first.get(export.caller, export.accepted_at)
                first[export.caller] = min(earlier, export.accepted_at)
        last = max((export.asked_at for export in self.exports), default=0.0)
        return max(first.values(), default=0.0), last

    @property
    def steady_looks(self) -> list[Look]:
        begin, end = self.steady
        return [look for look in self.looks if begin <= look.at <= end]

    @property
    def times_drawn(self) -> Counter[str]:
        """How often each order was drawn during the load, by its name."""
        return Counter(export.order for export in self.completed)

    def of_size(self, size: Size | None = None) -> list[Export]:
        """Return the completed exports of *size*, or all."""
        names = {order.name for order in self.orders if size in (None, order.size)}
        return [export for export in self.completed if export.order in names]

    @property
    def per_minute(self) -> float:
        """Exports completed a minute while every caller had one in flight."""
        begin, end = self.steady
        if end <= begin:
            return 0.0
        ended = [e for e in self.completed if begin <= e.ended_at <= end]
        return 60 * len(ended) / (end - begin)


@dataclass(frozen=True)
class Requests:
    """What Locust counted of one kind of request; seconds."""

    sent: int
    failed: int
    p50_s: float
    p95_s: float


@dataclass(frozen=True)
class Cost:
    """What an export costs in US dollars, at assumed prices, and what the serverless baseline does.

    The baseline was measured at the usual size. It is scaled down to the pixels of this load when
    they are fewer, and never up, so that no comparison is better than it is.
    """

    cpu_s: float
    megapixels: float
    export: float
    baseline: float

    @classmethod
    def of(cls, load: Load, seconds: Seconds) -> "Cost":
        """Price *load*, of which one export at least was completed."""
        size_of = {order.name: order.size for order in load.orders}
        megapixels = mean(size_of[export.order].megapixels for export in load.completed)
        cpu_s = sum(load.cpu_s.values()) / len(load.completed)
        width, _, height = USUAL.partition(" x ")
        usual = Size(int(width), int(height)).megapixels
        baseline = costs.serverless_export(seconds) * min(1.0, megapixels / usual)
        return cls(cpu_s, megapixels, cpu_s * cpu_second(), baseline)


def cpu_second() -> float:
    """Return the assumed price of a CPU-second: a worker pod's, with the memory it has for it."""
    return costs.pod_hour() / assumed.POD_VCPU / 3600
