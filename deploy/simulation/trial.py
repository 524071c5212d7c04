"""One rule tried with one demand: the queue's age, pods and cost."""

from dataclasses import dataclass
from random import Random

from deploy.simulation import assumed
from deploy.simulation.costs import pod_hour
from deploy.simulation.demand import Demand, sizes
from deploy.simulation.measured import Measured
from deploy.simulation.model import Cluster, Run
from deploy.simulation.rule import Rule

# The deployment that drains the queues in reverse.
FIXED = 1
SEED = 6


@dataclass(frozen=True)
class Outcome:
    """What a rule made of a demand. Waits in seconds, cost in US dollars."""

    demand: str
    exports: int
    wait_p50_s: float
    wait_p95_s: float
    wait_most_s: float
    pods_most: int
    pods_mean: float
    busy_share: float
    cost_per_1000: float


def try_rule(
    rule: Rule, demand: Demand, measured: Measured, slower: float = assumed.SLOWER
) -> tuple[Outcome, Run]:
    """Let *demand* happen to a cluster scaled by *rule*; the same on every run.

    Posters take *slower* times what was measured.
    """
    # S311: chance of a simulation, not of a secret.
    chance = Random(SEED)  # noqa: S311
    drawn = sizes(chance, assumed.MIX, len(demand.arrivals))
    seconds = [slower * measured.warm[size].draw(chance) for size in drawn]
    run = Cluster(
        rule,
        demand.arrivals,
        seconds,
        start_s=assumed.POD_SCHEDULED_S + measured.start_s,
        lasts_s=demand.lasts_s,
        fixed=FIXED,
        chance=chance,
    ).simulate()
    cost = run.pod_seconds / 3600 * pod_hour()
    outcome = Outcome(
        demand=demand.name,
        exports=len(demand.arrivals),
        wait_p50_s=run.wait(0.5),
        wait_p95_s=run.wait(0.95),
        wait_most_s=run.wait(1.0),
        pods_most=run.most_pods,
        pods_mean=run.pod_seconds / run.ended_at,
        busy_share=run.busy_seconds / run.pod_seconds,
        cost_per_1000=1000 * cost / len(demand.arrivals),
    )
    return outcome, run
