from pathlib import Path

import pytest

from deploy.local.refusal import MET, MISSED
from deploy.local.report import Report
from tests.bench import goals
from tests.bench.experiments import Batch, Throughput
from tests.bench.identical import Identical
from tests.bench.measured import LLVMPIPE, NATIVE, OLD, WARM, Measured, Run
from tests.bench.subject import BIG, HUGE, USUAL
from tests.bench.submits import Submits


def test_ratios_at_their_limits_meet_the_goals(report: Report) -> None:
    measured = Measured()
    measured.rounds["main"] = [{run.kind: run for run in (
        Run(OLD, USUAL, LLVMPIPE, 12, 24), Run(WARM, USUAL, LLVMPIPE, 1, 2),
        Run(NATIVE, USUAL, LLVMPIPE, 1, 2),
    )}]  # fmt: skip

    goals.judge_main(report, measured)

    assert report.close() == MET
    assert [goal.measured for goal in report.goals][:2] == ["12.0x (12.0-12.0)"] * 2


def test_what_could_not_run_is_a_goal_missed_that_says_why(report: Report) -> None:
    measured = Measured()
    measured.notes = {NATIVE: "could not run: no EGL", str(BIG): "could not run: not built",
                      str(HUGE): "could not run: not built"}  # fmt: skip

    goals.judge_main(report, measured)
    goals.judge_sizes(report, measured)

    assert report.close() == MISSED
    told = [goal.measured for goal in report.goals]
    assert (
        told
        == ["not measured"] * 2 + ["could not run: no EGL"] * 2 + ["could not run: not built"] * 2
    )


@pytest.mark.parametrize(
    ("drawn", "reused", "met"), [(1, True, True), (2, True, False), (1, False, False)]
)
def test_an_identical_request_that_is_drawn_again_misses_the_goal(
    report: Report, drawn: int, reused: bool, met: bool
) -> None:
    goals.judge_reuse(report, Identical(3, drawn, reused, 0.01))

    assert [goal.met for goal in report.goals] == [met]


@pytest.mark.parametrize(("fetched", "different", "met"), [(12, 12, True), (13, 12, False)])
def test_a_tile_fetched_twice_misses_the_goal(
    report: Report, fetched: int, different: int, met: bool
) -> None:
    goals.judge_tiles(report, drawn=120, fetched=fetched, different=different)

    assert [goal.met for goal in report.goals] == [met]


@pytest.mark.parametrize(
    ("two_a_minute", "cores_of_one", "met"),
    [(170, 1.0, True), (169, 1.0, False), (147, 1.24, False), (170, 1.9, True)],
)
def test_two_workers_are_judged_by_their_gain_and_the_reason_is_told(
    report: Report, two_a_minute: float, cores_of_one: float, met: bool
) -> None:
    posters = Throughput([Batch(100, cores_of_one)], [Batch(two_a_minute, 2)])

    goals.judge_throughput(report, posters, 2)

    assert report.close() == (MET if met else MISSED)
    assert f"one keeps {cores_of_one:.2f} of 2 cores busy" in report.goals[0].measured


def test_no_tile_at_all_proves_nothing(report: Report) -> None:
    goals.judge_tiles(report, drawn=0, fetched=0, different=0)

    assert report.close() == MISSED


def test_submits_are_judged_by_their_slowest_hundredth_and_their_failures(report: Report) -> None:
    done = Submits([0.01] * 990 + [0.2] * 10, [0.0], {"202": 999, "503": 1}, seconds=10.1)

    goals.judge_submits(report, done)

    assert [(goal.met, goal.measured) for goal in report.goals] == [
        (True, "p50 10 ms, p99 10 ms"), (False, "1000 in 10.1 s, 1 failed"),
    ]  # fmt: skip


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report("bench", tmp_path / "report.json")
