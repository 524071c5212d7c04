import pytest

from deploy.local.refusal import CannotRun
from tests.bench.subject import Size
from tests.load.options import Options


def test_without_a_wish_more_callers_call_than_must_be_in_flight() -> None:
    assert Options.from_env({}) == Options(users=120, minutes=5.0, size=None, docs=False)
    assert Options.from_env({}).kind == "load"


def test_a_short_run_leaves_the_report_of_a_full_one_alone() -> None:
    given = {"LOAD_USERS": "4", "LOAD_MINUTES": "0.05", "LOAD_SIZE": "240x360", "LOAD_DOCS": "1"}

    options = Options.from_env(given)

    assert options == Options(4, 0.05, Size(240, 360), docs=True)
    assert options.kind == "load-short"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOAD_USERS", "0"), ("LOAD_USERS", "many"), ("LOAD_USERS", "2001"),
        ("LOAD_MINUTES", "0"), ("LOAD_MINUTES", "-1"), ("LOAD_MINUTES", "1441"),
        ("LOAD_MINUTES", "5 min"), ("LOAD_SIZE", "large"), ("LOAD_SIZE", "240"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_met_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(CannotRun, match=name):
        Options.from_env({name: value})
