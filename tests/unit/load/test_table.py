from deploy.local.report import Goal
from deploy.local.setup import ROOT
from deploy.simulation.measured import Measured as Seconds
from tests.chaos.docs import marks, replaced
from tests.load.docs import heading
from tests.load.options import Options
from tests.load.table import table
from tests.unit.load.factory import export, load

PAGE = ROOT / "docs" / "capacity.md"
SECONDS = Seconds.read()
ABOUT = {"cores": "2", "processor": "a processor", "chromium": "Chromium 1"}
GOAL = Goal("exports in flight at once", False, ">= 100 at each look", "4 at least")


def test_each_size_has_its_seconds_of_drawing_and_of_waiting() -> None:
    one = load([export(0, render_s=2.0, wait_s=8.0), export(1, render_s=4.0, wait_s=10.0)])

    head, small, usual, every = table(one, SECONDS, {}, []).split("\n\n")[0].splitlines()

    assert head.split("  ")[0] == "size"
    assert small.split()[3:] == ["0", *["-"] * 9]
    spread = ["2", "1.50", "3.00", "2.00", "4.00", "4.00", "9.00", "8.00", "10.0", "10.0"]
    assert usual.split()[3:] == spread
    assert every.split() == ["all", *spread]


def test_failures_are_counted_by_what_went_wrong() -> None:
    bad = [export(n, outcome="submit: 429 queue_full") for n in range(2)]

    text = table(load([export(5), *bad]), SECONDS, {}, [])

    assert "failures               2 x submit: 429 queue_full\n" in text


def test_costs_name_their_prices_and_say_that_these_are_assumed() -> None:
    text = table(load([export(0)], cpu_s=4.0), SECONDS, {"load average after": "1.0"}, [])

    assert "CPU-seconds an export  worker-high 3.00, api 1.00\n" in text
    assert "assumed price          0.0494 $ a CPU-hour: a vCPU 0.0405 $ and 2 GiB at" in text
    assert "s at 3 GiB, 1.66667e-05 $ a GiB-second (assumed)\n" in text
    assert "load average after     1.0\n" in text


def test_requests_are_told_as_the_callers_saw_them() -> None:
    text = table(load([export(0)]), SECONDS, {}, [])

    assert "requests: submit       3, 1 failed, p50 12 ms, p95 34 ms\n" in text


def test_a_criterion_missed_is_seen_at_once() -> None:
    last = table(load([export(0)]), SECONDS, {}, [GOAL]).splitlines()[-1]

    assert last == "exports in flight at once  >= 100 at each look  4 at least  MISSED"


def test_a_load_of_which_nothing_came_still_has_a_table() -> None:
    assert table(load([]), SECONDS, {}, [GOAL]).startswith("size")


def test_the_page_gets_the_table_between_its_marks() -> None:
    begin, end = marks("load")
    assert [PAGE.read_text().count(mark) for mark in (begin, end)] == [1, 1]

    page = replaced(f"above\n{begin}\nold\n{end}\nbelow\n", "load", "new")

    assert page == f"above\n{begin}\nnew\n{end}\nbelow\n"
    assert heading(Options(), ABOUT, "2026-01-02") == (
        "2026-01-02, 120 callers for 5 min, the mix of sizes; 2 cores of a processor, Chromium 1:"
    )
