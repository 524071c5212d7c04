import pytest

from deploy.local.refusal import CannotRun
from tests.bench.options import PARTS, Options


def test_without_a_wish_everything_is_measured() -> None:
    assert Options.from_env({}) == Options(runs=5, parts=PARTS, docs=False)


def test_a_short_run_names_its_rounds_and_parts() -> None:
    given = {"BENCH_RUNS": "1", "BENCH_PARTS": "main, submits", "BENCH_DOCS": "1"}

    options = Options.from_env(given)

    assert options == Options(1, ("main", "submits"), docs=True)
    assert options.has("submits")
    assert not options.has("cold")


@pytest.mark.parametrize(
    ("name", "value"), [("BENCH_RUNS", "0"), ("BENCH_RUNS", "many"), ("BENCH_PARTS", "main,fast")]
)
def test_a_wish_that_cannot_be_met_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(CannotRun, match=name):
        Options.from_env({name: value})
