"""What a run of the gates may be told, and what it says to nonsense."""

import pytest

from deploy.local.refusal import CannotRun
from tests.chaos.options import Options

GATES = ("K1", "K2", "K11", "SHORT")
MUTANTS = ("lease", "token")


def options(**env: str) -> Options:
    return Options.from_env(env, GATES, MUTANTS)


def test_by_default_all_but_the_soak_and_the_short_version_are_run():
    assert options().gates == ("K1", "K2")
    assert options().mutate == ()
    assert options().workers == 4


def test_a_seed_that_is_not_given_is_made_anew():
    assert options(SEED="7").seed == 7
    assert options().seed != options().seed


def test_gates_and_mutants_are_named():
    assert options(GATE="k2, SHORT").gates == ("K2", "SHORT")
    assert options(MUTATE="token").mutate == ("token",)
    assert options(MUTATE="all").mutate == MUTANTS


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"GATE": "K99"}, "GATE may hold K1, K2, K11, SHORT; got 'K99'"),
        ({"MUTATE": "x"}, "MUTATE may hold lease, token; got 'x'"),
        ({"JOBS": "-1"}, "JOBS must be a whole number from 0 to 100000, got '-1'"),
    ],
)
def test_nonsense_is_refused(env, told):
    with pytest.raises(CannotRun) as refused:
        options(**env)

    assert told in str(refused.value)
