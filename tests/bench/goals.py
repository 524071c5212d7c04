"""The goals of the issue "Fast, at any size": what was wanted, what was measured."""

from deploy.local.report import Report
from tests.bench.experiments import Throughput
from tests.bench.identical import Identical
from tests.bench.measured import (
    COLD,
    LLVMPIPE,
    NATIVE,
    OLD,
    SETTLED_IN,
    WARM,
    Measured,
    cpu_s,
    wall_s,
    wall_s_per_pixel,
)
from tests.bench.numbers import Spread, figure
from tests.bench.subject import BIG, HUGE, USUAL
from tests.bench.submits import SUBMITS, WITHIN_S, Submits

MOST_PEAK_BYTES = int(2.5 * 2**30)


def judge_main(report: Report, measured: Measured) -> None:
    """Ours warm against the existing app's way and against MapLibre Native."""
    ours, old, native = [(who, USUAL, LLVMPIPE) for who in (WARM, OLD, NATIVE)]
    for word, value, least in (("faster", wall_s, 12), ("less CPU", cpu_s, 12)):
        ratio = measured.ratio("main", old, ours, value)
        _ratio(report, f"warm, existing app's way: {word}", ratio, least=least)
    why = measured.notes.get(NATIVE, "not measured")
    for word, value, most in (("wall", wall_s, 1.0), ("CPU", cpu_s, 1.2)):
        ratio = measured.ratio("main", ours, native, value)
        _ratio(report, f"warm to pymgl: {word}", ratio, most=most, why=why)


def judge_cold(report: Report, measured: Measured) -> None:
    first, third = [(who, USUAL, LLVMPIPE) for who in (COLD, SETTLED_IN)]
    ratio = measured.ratio("cold", first, third, wall_s)
    _ratio(report, "first poster of a cold worker to a warm one", ratio, most=3)


def judge_sizes(report: Report, measured: Measured) -> None:
    """The large sizes: drawn at all, at what cost for each pixel, in how much memory."""
    usual, value = (WARM, USUAL, LLVMPIPE), wall_s_per_pixel
    ratio = measured.ratio("sizes", (WARM, BIG, LLVMPIPE), usual, value)
    why = measured.notes.get(str(BIG), "not measured")
    _ratio(report, f"{BIG}: cost per pixel to {USUAL}", ratio, most=1.1, why=why)
    peak = measured.peaks.get((WARM, HUGE, LLVMPIPE), 0)
    told = f"{peak / 2**30:.2f} GiB" if peak else measured.notes.get(str(HUGE), "not measured")
    met = 0 < peak <= MOST_PEAK_BYTES
    report.goal(f"{HUGE}: peak memory", wanted="<= 2.5 GiB", measured=told, met=met)


def judge_throughput(report: Report, posters: Throughput, cores: int) -> None:
    """Two cannot gain more than what one leaves of the *cores*: the reason is told along."""
    ratio, busy = posters.ratio, posters.cores_of_one
    bound = cores / busy
    told = f"{ratio.median:.2f}x; one keeps {busy:.2f} of {cores} cores busy: {bound:.2f}x at most"
    report.goal(
        "throughput, two workers to one",
        wanted=">= 1.7x",
        measured=told,
        met=ratio.median >= 1.7,
    )


def judge_tiles(report: Report, drawn: int, fetched: int, different: int) -> None:
    """No tile is fetched again within its freshness, a day; *drawn* by all posters together."""
    hits = 100 * (1 - fetched / drawn) if drawn else 0.0
    told = f"{fetched - different} again; {drawn} drawn, {fetched} fetched: {hits:.1f} % hits"
    report.goal(
        "a tile already seen is not fetched again",
        wanted="0 again", measured=told, met=0 < fetched == different,
    )  # fmt: skip


def judge_submits(report: Report, submits: Submits) -> None:
    p50, p99 = 1000 * submits.p(50), 1000 * submits.p(99)
    report.goal(
        "submit while rendering: p99",
        wanted="<= 50 ms", measured=f"p50 {p50:.0f} ms, p99 {p99:.0f} ms", met=p99 <= 50,
    )  # fmt: skip
    told = f"{sum(submits.statuses.values())} in {submits.seconds:.1f} s, {submits.failed} failed"
    # The last one starts at the end of the time, and needs an answer.
    on_time = submits.seconds <= WITHIN_S + 0.5
    report.goal(
        f"{SUBMITS} submits in {WITHIN_S:g} s",
        wanted="no 5xx", measured=told, met=on_time and not submits.failed,
    )  # fmt: skip


def judge_reuse(report: Report, identical: Identical) -> None:
    told = f"{identical.asked} asked, {identical.drawn} drawn"
    if identical.are_reused:
        told += f"; a kept one in {1000 * identical.kept_s:.0f} ms"
    met = identical.are_reused and identical.drawn == 1
    report.goal("identical request: no second render", wanted="1 drawn", measured=told, met=met)


def _ratio(
    report: Report,
    name: str,
    ratio: Spread | None,
    *,
    least: float = 0.0,
    most: float = 0.0,
    why: str = "not measured",
) -> None:
    wanted = f">= {least:g}x" if least else f"<= {most:g}x"
    if ratio is None:
        report.goal(name, wanted=wanted, measured=why, met=False)
        return
    met = ratio.median >= least if least else ratio.median <= most
    low, high = figure(ratio.low), figure(ratio.high)
    report.goal(name, wanted=wanted, measured=f"{figure(ratio.median)}x ({low}-{high})", met=met)
