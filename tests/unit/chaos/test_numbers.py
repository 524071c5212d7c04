"""Percentiles and slopes."""

import pytest

from tests.chaos.numbers import percentile, slope


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1), (50, 5), (90, 9), (91, 10), (95, 10), (100, 10)]
)
def test_a_percentile_is_one_of_the_values(percent, value):
    assert percentile(range(10, 0, -1), percent) == value


def test_a_slope_is_that_of_the_nearest_line():
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
    assert slope([(0, 0), (1, 1), (2, 0)]) == pytest.approx(0)
    assert slope([(1, 5)]) == 0
