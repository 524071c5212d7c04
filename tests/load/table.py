"""A load as text: seconds by size, what else was measured, and the five criteria."""

from collections.abc import Mapping, Sequence
from statistics import mean

from deploy.local.report import Goal
from deploy.simulation import assumed, costs
from deploy.simulation.measured import USUAL
from deploy.simulation.measured import Measured as Seconds
from tests.bench.numbers import figure, percentile
from tests.bench.subject import Size
from tests.bench.table import aligned
from tests.load.measured import Cost, Load, Requests, cpu_second

_HEAD = ("size", "n", "idle s", "render s", "p50", "p95", "most", "wait s", "p50", "p95", "most")


def table(load: Load, seconds: Seconds, more: Mapping[str, str], goals: Sequence[Goal]) -> str:
    """Return the whole table; *more* is said of the machine."""
    sizes = sorted({order.size for order in load.orders})
    rows = [_HEAD, *(_row(load, size) for size in sizes), _row(load, None)]
    told = {**_facts(load), **_costs(load, seconds), **more}
    verdicts = [
        (g.name, str(g.wanted), str(g.measured), "met" if g.met else "MISSED") for g in goals
    ]
    return "\n\n".join(
        [
            aligned(rows, left=1),
            aligned(list(told.items()), left=2),
            aligned([("criterion", "wanted", "measured", ""), *verdicts], left=4),
        ]
    )


def _row(load: Load, size: Size | None) -> tuple[str, ...]:
    exports = load.of_size(size)
    name = str(size) if size else "all"
    if not exports:
        return (name, "0", *["-"] * 9)
    idle = [load.idle[o.name].render_s for o in load.orders if size in (None, o.size)]
    renders, waits = [e.render_s for e in exports], [e.wait_s for e in exports]
    return (name, str(len(exports)), figure(mean(idle)), *_spread(renders), *_spread(waits))


def _spread(values: Sequence[float]) -> list[str]:
    told = (mean(values), percentile(values, 50), percentile(values, 95), max(values))
    return [figure(value) for value in told]


def _facts(load: Load) -> dict[str, str]:
    running = [look.running for look in load.steady_looks]
    facts = {
        "drawn at once": f"{max(running)} at most" if running else "not looked",
        "exports a minute": figure(load.per_minute),
        "attempts": f"{sum(e.attempts for e in load.exports)} for {len(load.exports)} exports",
    }
    if load.failures:
        facts["failures"] = ", ".join(f"{n} x {why}" for why, n in load.failures.most_common())
    if load.missed_looks:
        facts["looks missed"] = str(load.missed_looks)
    facts |= {f"requests: {kind}": _requests(counted) for kind, counted in load.requests.items()}
    return facts


def _requests(counted: Requests) -> str:
    return (
        f"{counted.sent}, {counted.failed} failed, p50 {1000 * counted.p50_s:.0f} ms, "
        f"p95 {1000 * counted.p95_s:.0f} ms"
    )


def _costs(load: Load, seconds: Seconds) -> dict[str, str]:
    if not load.completed:
        return {}
    cost = Cost.of(load, seconds)
    per = {name: figure(used / len(load.completed)) for name, used in load.cpu_s.items()}
    return {
        "CPU-seconds an export": ", ".join(f"{name} {used}" for name, used in per.items()),
        "million pixels": f"{figure(cost.megapixels)} an export",
        "assumed price": (
            f"{3600 * cpu_second():.4f} $ a CPU-hour: a vCPU {assumed.VCPU_HOUR} $ and "
            f"{assumed.POD_GIB / assumed.POD_VCPU:g} GiB at {assumed.GIB_HOUR} $ an hour"
        ),
        "serverless baseline": (
            f"{1000 * costs.serverless_export(seconds):.3f} $ per 1,000 of {USUAL}: the old way's "
            f"{figure(seconds.old.median)} s at {assumed.SERVERLESS_GIB:g} GiB, "
            f"{assumed.SERVERLESS_GIB_SECOND} $ a GiB-second (assumed)"
        ),
    }
