from deploy.local.report import Goal
from tests.bench.docs import BEGIN, END, replaced
from tests.bench.measured import LLVMPIPE, WARM, Measured, Run
from tests.bench.subject import USUAL
from tests.bench.table import aligned, stages, table

ABOUT = {"cores": "2", "processor": "a processor", "chromium": "Chromium 1"}


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("a", "b", "1"), ("long", "b", "20")], left=2) == "a     b   1\nlong  b  20"


def test_the_table_shows_posters_then_the_rest_then_the_goals() -> None:
    text = table(drawn(1.0, 3.0), {"posters a minute": "30"}, [Goal("fast", False, "2x", "1x")])

    posters, more, goals = text.split("\n\n")
    assert posters.splitlines()[1].split() == [
        "ours,", "warm", "2400", "x", "3600", "llvmpipe", "2", "2.00", "(1.00-3.00)", "4.00",
        "(2.00-6.00)", "0.23", "-",
    ]  # fmt: skip
    assert more == "posters a minute  30"
    assert goals.splitlines()[1] == "fast  2x      1x        MISSED"


def test_stages_are_medians_in_the_order_of_the_page() -> None:
    assert stages(drawn(1.0, 2.0, 9.0), USUAL) == "settle 2.00, draw 4.00"


def test_a_bench_without_posters_still_has_a_table() -> None:
    assert table(Measured(), {}, []).startswith("what")
    assert stages(Measured(), USUAL) == ""


def test_the_page_gets_the_table_between_its_marks() -> None:
    page = f"above\n{BEGIN}\nold\n{END}\nbelow\n"

    new = replaced(page, "the table", ABOUT, "2026-01-02")

    told = "2026-01-02, 2 cores of a processor, Chromium 1:"
    assert new == f"above\n{BEGIN}\n{told}\n\n```\nthe table\n```\n{END}\nbelow\n"
    assert replaced(new, "the table", ABOUT, "2026-01-02") == new


def drawn(*walls: float) -> Measured:
    measured = Measured()
    kind = (WARM, USUAL, LLVMPIPE)
    measured.rounds["main"] = [
        {kind: Run(*kind, wall, 2 * wall, {"stages_s": {"settle": wall, "draw": 2 * wall}})}
        for wall in walls
    ]
    return measured
