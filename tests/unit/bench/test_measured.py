from tests.bench.measured import LLVMPIPE, NATIVE, OLD, WARM, Kind, Measured, Run, cpu_s, wall_s
from tests.bench.numbers import Spread
from tests.bench.subject import USUAL, Size

OURS, OLDS = (WARM, USUAL, LLVMPIPE), (OLD, USUAL, LLVMPIPE)


def test_a_ratio_pairs_what_was_drawn_in_one_round() -> None:
    measured = Measured()
    measured.rounds["main"] = [
        {OURS: run(OURS, 1, 2), OLDS: run(OLDS, 12, 20)},
        {OLDS: run(OLDS, 30, 30), OURS: run(OURS, 2, 2)},
    ]

    assert measured.ratio("main", OLDS, OURS, wall_s) == Spread(13.5, 12, 15, 2)
    assert measured.ratio("main", OLDS, OURS, cpu_s) == Spread(12.5, 10, 15, 2)


def test_a_round_without_one_of_the_pair_does_not_count() -> None:
    measured = Measured()
    measured.rounds["main"] = [{OURS: run(OURS, 1, 1)}]

    assert measured.ratio("main", OURS, (NATIVE, USUAL, LLVMPIPE), wall_s) is None
    assert measured.ratio("other", OURS, OURS, wall_s) is None


def test_a_row_sums_up_all_rounds_and_knows_the_peak() -> None:
    measured = Measured()
    small = (WARM, Size(200, 300), LLVMPIPE)
    measured.rounds = {"main": [{OURS: run(OURS, 1, 2)}], "sizes": [
        {OURS: run(OURS, 3, 4), small: run(small, 1, 1)},
    ]}  # fmt: skip
    measured.peaks[OURS] = 1000

    rows = measured.rows()

    assert [(row.size, row.wall_s, row.peak_bytes) for row in rows] == [
        (small[1], Spread(1, 1, 1, 1), 0), (USUAL, Spread(2, 1, 3, 2), 1000),
    ]  # fmt: skip


def run(kind: Kind, wall: float, cpu: float) -> Run:
    return Run(*kind, wall, cpu)
