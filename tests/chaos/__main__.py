"""The gates from start to end, behind `make chaos` and `make soak`: progress on stderr, a table on
stdout; in `build/` a folder of the run's kind with report.json and the logs of every program.

Exits with 0 when every gate holds, 1 when one is breached, 2 when it could not run. What a run may
be told: options.py.
"""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

from deploy.local import family
from deploy.local.refusal import CannotRun, exit_with
from deploy.local.report import Goal, Report
from deploy.local.setup import ROOT
from deploy.local.stack import interrupt_on_signals
from exporter import logs
from tests.bench.machine import machine
from tests.bench.table import aligned
from tests.chaos import (
    k01,
    k02,
    k03,
    k04,
    k05,
    k06,
    k07,
    k08,
    k09,
    k10,
    k11,
    k12,
    k13,
    k14,
    mutants,
    short,
)  # fmt: skip
from tests.chaos.docs import write_docs
from tests.chaos.options import Options
from tests.chaos.trial import Trial

VERDICTS = {True: "met", False: "MISSED"}
GATES: dict[str, Callable[[Trial], None]] = {
    "K1": k01.run, "K2": k02.run, "K3": k03.run, "K4": k04.run, "K5": k05.run, "K6": k06.run,
    "K7": k07.run, "K8": k08.run, "K9": k09.run, "K10": k10.run, "K11": k11.run, "K12": k12.run,
    "K13": k13.run, "K14": k14.run, "SHORT": short.run,
}  # fmt: skip


def main() -> int:
    """Run the gates that were asked for, judge them, print the table."""
    interrupt_on_signals()
    # Senders that play here log as those of the service do, and stdout has the table.
    logs.configure("WARNING")
    options = Options.from_env(os.environ, tuple(GATES), tuple(m.name for m in mutants.ALL))
    folder = ROOT / "build" / options.kind
    shutil.rmtree(folder, ignore_errors=True)
    report = Report("chaos", folder / "report.json")
    print(f"chaos: seed {options.seed}", file=sys.stderr, flush=True)
    facts: dict[str, dict[str, Any]] = {}
    report.facts |= {"options": vars(options), "about": machine(), "facts": facts}
    family.adopt_orphans()
    try:
        if options.mutate:
            mutate(options, report, folder)
        else:
            for gate in options.gates:
                trial = Trial(gate, options, report, folder)
                facts[gate] = trial.facts
                GATES[gate](trial)
    except (CannotRun, KeyboardInterrupt) as err:
        reason = str(err) or "interrupted"
        report.could_not_run(reason)
        raise CannotRun(reason) from err
    finally:
        family.end_children()
    return conclude(report, options, folder)


def mutate(options: Options, report: Report, folder: Path) -> None:
    """Switch each safeguard off in a copy of the tree; the short gates must fail there."""
    for mutant in mutants.ALL:
        if mutant.name in options.mutate:
            inner = Report("mutant", folder / f"{mutant.name}.json")
            with mutant.tree(ROOT) as root:
                trial = Trial(f"without {mutant.name}", options, inner, folder, root, doomed=True)
                short.run(trial)
            inner.close()
            breached = [
                goal.name.removeprefix(f"{trial.gate} ") for goal in inner.goals if not goal.met
            ]
            told = "; ".join(breached) or "nothing: the gates would not see it"
            report.goal(trial.gate, wanted="a gate fails", measured=told, met=bool(breached))


def conclude(report: Report, options: Options, folder: Path) -> int:
    """Write all that a run leaves, print the table, and return the exit code."""
    code = report.close()
    text = table(report.goals)
    (folder / "table.txt").write_text(text + "\n")
    if options.docs:
        write_docs(ROOT, text, options, report.facts)
    print(text, flush=True)
    return code


def table(goals: Sequence[Goal]) -> str:
    """Return what was demanded and what was found, a line each."""
    rows = [
        (g.name, shorten(str(g.wanted), 40), shorten(str(g.measured), 70), VERDICTS[g.met])
        for g in goals
    ]
    return aligned([("gate", "wanted", "measured", ""), *rows], left=4)


if __name__ == "__main__":
    exit_with(main)
