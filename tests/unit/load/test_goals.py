"""Each criterion on both sides of its threshold."""

from pathlib import Path

import pytest

from deploy.local.report import Goal, Report
from deploy.simulation import costs
from deploy.simulation.measured import Measured as Seconds
from deploy.simulation.measured import Spread
from tests.load.goals import judge
from tests.load.measured import Cost, Difference, Load, cpu_second
from tests.unit.load.factory import export, load

RENDER, SUCCESS, CONCURRENCY, PIXELS, COST = range(5)
_TEN = Spread(10.0, 9.0, 11.0)
SECONDS = Seconds("today", {}, {}, old=_TEN, start=_TEN, first=_TEN)


@pytest.mark.parametrize(("slow_s", "met"), [(57.8, True), (58.0, False)])
def test_the_average_render_must_be_below_thirty_seconds(
    judged: "Judged", slow_s: float, met: bool
) -> None:
    goal = judged(load([export(0, render_s=2.0), export(1, render_s=slow_s)]))[RENDER]

    assert goal.met is met


def test_the_queue_wait_is_told_beside_the_render_and_not_in_it(judged: "Judged") -> None:
    goal = judged(load([export(wait_s=400.0)]))[RENDER]

    assert goal.met
    assert goal.measured == "2.00 s (p95 2.00 s), after a queue wait of 400 s"


@pytest.mark.parametrize(
    ("good", "met", "told"),
    [(199, True, "99.50 %: 199 of 200"), (198, False, "99.00 %: 198 of 200")],
)
def test_one_export_in_two_hundred_may_fail(
    judged: "Judged", good: int, met: bool, told: str
) -> None:
    bad = [export(n, outcome="failed: render_timeout") for n in range(200 - good)]

    goal = judged(load([*(export(n) for n in range(good)), *bad]))[SUCCESS]

    assert (goal.met, goal.measured) == (met, told)


def test_an_export_that_was_never_accepted_did_not_succeed(judged: "Judged") -> None:
    refused = export(1, accepted_at=0.0, ended_at=0.0, outcome="submit: 429 queue_full")

    assert not judged(load([export(0), refused]))[SUCCESS].met


@pytest.mark.parametrize(("lowest", "met"), [(100, True), (99, False)])
def test_a_hundred_must_be_in_flight_at_each_look_while_all_call(
    judged: "Judged", lowest: int, met: bool
) -> None:
    going_on = export(0, asked_at=103.5, accepted_at=103.6, ended_at=120.0)

    goal = judged(load([export(0), going_on], in_flight=[120, lowest, 118, 2]))[CONCURRENCY]

    # The last look was after the last export had been asked for.
    assert goal.measured == f"{lowest} at least, 118 median, 120 at most in 3 looks"
    assert goal.met is met


def test_many_callers_prove_no_concurrency_without_a_look(judged: "Judged") -> None:
    goal = judged(load([export(n) for n in range(120)]))[CONCURRENCY]

    assert not goal.met
    assert goal.measured == "never looked while every caller had an export in flight"


def test_a_poster_drawn_several_times_alike_is_consistent(judged: "Judged") -> None:
    goal = judged(load([export(0), export(1), export(2, order="small")]))[PIXELS]

    assert goal.met
    assert goal.measured == "3 exports of 2 posters, each drawn 1 to 2 times: none differs"


def test_one_poster_that_differs_in_one_pixel_is_a_criterion_missed(judged: "Judged") -> None:
    other = Difference("usual", "job-1", 1)

    goal = judged(load([export(0), export(1)], differences=[other]))[PIXELS]

    assert not goal.met
    assert goal.measured == "1 of 2 differ, the first: usual in 1 pixels (job job-1)"


def test_posters_drawn_once_each_prove_no_consistency(judged: "Judged") -> None:
    assert not judged(load([export(0), export(1, order="small")]))[PIXELS].met


@pytest.mark.parametrize(("share", "met"), [(0.999, True), (1.001, False)])
def test_an_export_must_cost_less_than_the_serverless_baseline(
    judged: "Judged", share: float, met: bool
) -> None:
    as_dear_s = costs.serverless_export(SECONDS) / cpu_second()

    goal = judged(load([export(0), export(1)], cpu_s=2 * share * as_dear_s))[COST]

    assert goal.met is met


def test_small_posters_are_compared_with_as_small_a_part_of_the_baseline() -> None:
    usual = Cost.of(load([export()]), SECONDS)
    small = Cost.of(load([export(order="small")]), SECONDS)

    assert usual.baseline == costs.serverless_export(SECONDS)
    assert small.baseline == pytest.approx(usual.baseline * (1024 * 1536) / (2400 * 3600))


def test_where_nothing_was_completed_nothing_is_met(judged: "Judged") -> None:
    goals = judged(load([export(outcome="failed: browser_crashed")]))

    assert [goal.met for goal in goals] == [False] * 5


def test_where_nothing_was_asked_for_nothing_is_met(judged: "Judged") -> None:
    assert [goal.met for goal in judged(load([]))] == [False] * 5


class Judged:
    """Judges loads and returns the five goals, in their order."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, measured: Load) -> list[Goal]:
        report = Report("load", self._path)
        judge(report, measured, SECONDS)
        return report.goals


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    return Judged(tmp_path / "report.json")
