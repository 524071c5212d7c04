"""The five criteria judged: what was wanted, what was measured."""

from statistics import mean, median

from deploy.local.report import Report
from deploy.simulation.measured import Measured as Seconds
from tests.bench.numbers import figure, percentile
from tests.load.criteria import LEAST_IN_FLIGHT, LEAST_SUCCESS_PERCENT, MOST_RENDER_S
from tests.load.measured import Cost, Load

_NOTHING = "nothing was completed"


def judge(report: Report, load: Load, seconds: Seconds) -> None:
    """Record all five; *seconds* are the bench's, from which the serverless baseline is made."""
    _render(report, load)
    _success(report, load)
    _concurrency(report, load)
    _pixels(report, load)
    _cost(report, load, seconds)


def _render(report: Report, load: Load) -> None:
    renders, waits = [[getattr(e, n) for e in load.completed] for n in ("render_s", "wait_s")]
    told = _NOTHING
    if renders:
        told = (
            f"{figure(mean(renders))} s (p95 {figure(percentile(renders, 95))} s), "
            f"after a queue wait of {figure(mean(waits))} s"
        )
    met = bool(renders) and mean(renders) < MOST_RENDER_S
    wanted = f"< {MOST_RENDER_S:g} s"
    report.goal("average render, claim to stored", wanted=wanted, measured=told, met=met)


def _success(report: Report, load: Load) -> None:
    told = f"{load.success_percent:.2f} %: {len(load.completed)} of {len(load.exports)}"
    met = load.success_percent >= LEAST_SUCCESS_PERCENT
    wanted = f">= {LEAST_SUCCESS_PERCENT:g} %"
    report.goal("exports that succeed", wanted=wanted, measured=told, met=met)


def _concurrency(report: Report, load: Load) -> None:
    counts = [look.in_flight for look in load.steady_looks]
    told = "never looked while every caller had an export in flight"
    if counts:
        told = (
            f"{min(counts)} at least, {median(counts):g} median, {max(counts)} at most "
            f"in {len(counts)} looks"
        )
    met = bool(counts) and min(counts) >= LEAST_IN_FLIGHT
    wanted = f">= {LEAST_IN_FLIGHT} at each look"
    report.goal("exports in flight at once", wanted=wanted, measured=told, met=met)


def _pixels(report: Report, load: Load) -> None:
    times = load.times_drawn
    several = [n for n in times.values() if n > 1]
    if load.differences:
        first = load.differences[0]
        told = f"{len(load.differences)} of {len(load.completed)} differ, the first: {first}"
    elif not several:
        told = "no poster was drawn several times"
    else:
        told = (
            f"{len(load.completed)} exports of {len(times)} posters, each drawn "
            f"{min(times.values())} to {max(times.values())} times: none differs"
        )
    met = bool(several) and not load.differences
    report.goal("same pixels as drawn idle before", wanted="none differs", measured=told, met=met)


def _cost(report: Report, load: Load, seconds: Seconds) -> None:
    if not load.completed:
        report.goal("cost of 1,000 exports", wanted="-", measured=_NOTHING, met=False)
        return
    cost = Cost.of(load, seconds)
    report.goal(
        "cost of 1,000 exports",
        wanted=f"< {1000 * cost.baseline:.3f} $ serverless",
        measured=f"{1000 * cost.export:.3f} $: {figure(cost.cpu_s)} CPU-seconds each",
        met=cost.export < cost.baseline,
    )
