import pytest

from tests.bench.numbers import Spread, figure, percentile, ratios, spread


def test_a_spread_is_the_median_between_the_least_and_the_most() -> None:
    assert spread([3.0, 1.0, 8.0]) == Spread(3.0, 1.0, 8.0, 3)


def test_ratios_are_made_pair_by_pair() -> None:
    """A slow minute of the machine slows down both of a pair, and leaves their ratio alone."""
    assert ratios([10, 40, 9], [1, 4, 1]) == Spread(10.0, 9.0, 10.0, 3)


def test_unpaired_values_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1, 2], [1])


@pytest.mark.parametrize(("percent", "wanted"), [(50, 50), (99, 99), (100, 100), (0, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, wanted: float) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], percent) == wanted


@pytest.mark.parametrize(("value", "told"), [(1234.5, "1234"), (12.34, "12.3"), (0.128, "0.13")])
def test_a_figure_has_three_digits_that_say_something(value: float, told: str) -> None:
    assert figure(value) == told
