"""Which numbers the production overlay has, and why: the cheapest that keep the queue young."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from deploy.simulation.demand import Demand, burst, spikes
from deploy.simulation.measured import Measured
from deploy.simulation.rule import Rule
from deploy.simulation.trial import SEED, Outcome, try_rule

# How long an export waits, but for one in twenty: a caller of the old export waits 60 s for the
# poster (docs/migration.md), and gets a job when it takes longer.
WAIT_P95_S = 55.0

LEAST = (1, 2, 3, 4)
MOST = (5, 10, 15, 20, 30)
CALM_S = (60.0, 120.0, 300.0)


@dataclass(frozen=True)
class Candidate:
    """A rule and what came of it, demand by demand."""

    rule: Rule
    outcomes: tuple[Outcome, ...]

    @property
    def good(self) -> bool:
        return all(outcome.wait_p95_s <= WAIT_P95_S for outcome in self.outcomes)

    @property
    def cost(self) -> float:
        """Return the cost of 1,000 exports in the demand that goes on, the spikes."""
        return self.outcomes[-1].cost_per_1000


def demands() -> tuple[Demand, Demand]:
    # S311: chance of a simulation, not of a secret.
    return burst(Random(SEED)), spikes(Random(SEED))  # noqa: S311


def candidates(measured: Measured) -> Iterator[Candidate]:
    """Try every rule there is to choose from."""
    tried = demands()
    for least, most, calm_s in product(LEAST, MOST, CALM_S):
        rule = Rule(least, most, calm_s)
        yield Candidate(rule, tuple(try_rule(rule, each, measured)[0] for each in tried))


def choose(found: list[Candidate]) -> Candidate:
    """Return the cheapest good candidate; of equal ones that with fewer pods, then the calmer one.

    Raises ValueError when none is good.
    """
    good = [candidate for candidate in found if candidate.good]
    if not good:
        raise ValueError(f"no rule keeps the p95 of waiting below {WAIT_P95_S:g} s")
    return min(good, key=lambda each: (round(each.cost, 2), each.rule.most, -each.rule.calm_s))
