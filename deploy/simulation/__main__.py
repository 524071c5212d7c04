"""`make simulate`: choose the autoscaler's numbers, try them, say what exports cost.

Leaves build/simulation/report.json and autoscaling.svg; with SIMULATE_DOCS=1 it puts its tables and
the plot into docs. Exit code 1: no rule keeps the queue young enough.
"""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

from deploy.local.refusal import MET, MISSED, exit_with
from deploy.simulation import assumed
from deploy.simulation.choice import WAIT_P95_S, candidates, choose, demands
from deploy.simulation.costs import Month, break_even, months
from deploy.simulation.demand import day
from deploy.simulation.measured import ROOT, Measured
from deploy.simulation.model import Run
from deploy.simulation.plot import plot
from deploy.simulation.trial import FIXED, SEED, Outcome, try_rule

OUT = ROOT / "build" / "simulation"
PAGE = ROOT / "docs" / "capacity.md"
PICTURE = ROOT / "docs" / "pictures" / "autoscaling.svg"
_BLOCK = re.compile(r"(<!-- simulation: begin -->\n).*?(<!-- simulation: end -->)", re.DOTALL)


def main() -> int:
    """Choose, try and price; print the tables."""
    measured = Measured.read()
    found = list(candidates(measured))
    try:
        rule = choose(found).rule
    except ValueError as err:
        print(err)
        return MISSED
    # S311: chance of a simulation, not of a secret.
    tried = [
        try_rule(rule, demand, measured)
        for demand in (*demands(), day(Random(SEED)))  # noqa: S311
    ]
    outcomes = [outcome for outcome, _ in tried]
    priced = months(measured, rule.least, FIXED)
    text = "\n".join(
        [
            f"measured: {measured.measured_on}; posters taken {assumed.SLOWER:g} times as long",
            f"chosen of {len(found)} rules, {sum(each.good for each in found)} of which keep the "
            f"p95 of waiting below {WAIT_P95_S:g} s: {rule.least} to {rule.most} pods, "
            f"{rule.calm_s:g} s calm before scale-in; {FIXED} more drains in reverse",
            "",
            *_outcomes(outcomes),
            "",
            *_months(priced),
            f"as dear as serverless: scaled to zero at {break_even(measured, 0):,} exports a "
            f"month, as production at {break_even(measured, rule.least + FIXED):,}",
        ]
    )
    print(text)
    _write(text, asdict(rule), outcomes, priced, [(o.demand, run) for o, run in tried])
    return MET


def _outcomes(outcomes: Sequence[Outcome]) -> list[str]:
    head = "demand          exports   wait p50    p95   most   pods most  mean   busy   $/1,000"
    return [
        head,
        *(
            f"{o.demand:<15} {o.exports:>7} {o.wait_p50_s:>8.1f} s {o.wait_p95_s:>4.1f} s "
            f"{o.wait_most_s:>4.1f} s {o.pods_most:>10} {o.pods_mean:>5.1f} {o.busy_share:>5.0%} "
            f"{o.cost_per_1000:>9.3f}"
            for o in outcomes
        ),
    ]


def _months(priced: Sequence[Month]) -> list[str]:
    head = "exports a month   drawing alone   scaled to zero   as production   serverless, old way"
    return [
        head,
        *(
            f"{m.exports:>15,} {m.drawing:>13.2f} $ {m.to_zero:>14.2f} $ {m.always_on:>13.2f} $ "
            f"{m.serverless:>19.2f} $"
            for m in priced
        ),
    ]


def _write(
    text: str,
    rule: dict[str, float],
    outcomes: Sequence[Outcome],
    priced: Sequence[Month],
    runs: Sequence[tuple[str, Run]],
) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    report = {
        "rule": rule,
        "outcomes": [asdict(each) for each in outcomes],
        "months": [asdict(each) for each in priced],
    }
    (OUT / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    picture = plot(runs)
    (OUT / "autoscaling.svg").write_text(picture)
    if os.environ.get("SIMULATE_DOCS"):
        PICTURE.write_text(picture)
        put_into(PAGE, text)


def put_into(page: Path, text: str) -> None:
    """Put *text* between the marks of *page*."""
    block = f"```\n{text}\n```\n"
    page.write_text(_BLOCK.sub(lambda found: f"{found[1]}{block}{found[2]}", page.read_text()))


if __name__ == "__main__":
    exit_with(main)
