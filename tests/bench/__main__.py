"""The bench from start to end, behind `make bench`: progress on stderr, one table on stdout.

Leaves `build/bench/report.json`, `table.txt` and `cost.svg`; exits with 0 when all goals are met,
1 when one is missed, 2 when it could not run. BENCH_RUNS, BENCH_PARTS and BENCH_DOCS: options.py.
"""

import os
import shutil
import sys
import time
from pathlib import Path

from deploy.local import family
from deploy.local.refusal import CannotRun, exit_with
from deploy.local.report import Report
from deploy.local.setup import ROOT
from deploy.local.stack import interrupt_on_signals
from tests.bench import experiments, goals
from tests.bench.docs import write_docs
from tests.bench.experiments import Bench
from tests.bench.machine import machine
from tests.bench.measured import LLVMPIPE, NATIVE, OLD, SWIFTSHADER, WARM, Measured
from tests.bench.native_env import native_python
from tests.bench.options import Options
from tests.bench.plot import plot
from tests.bench.service import Refused, Service
from tests.bench.submits import submit_many
from tests.bench.table import stages, table
from tests.bench.tile_host import TileHost, tile_host

FOLDER = ROOT / "build" / "bench"
# Kept from run to run, apart from what a run leaves.
NATIVE_ENV = ROOT / "build" / "bench-native"
# Of what is slow, or only beside the point, fewer rounds say enough.
FEW = 3

_begun = time.monotonic()


def main() -> int:
    """Measure everything, judge it, print it."""
    interrupt_on_signals()
    shutil.rmtree(FOLDER, ignore_errors=True)
    report = Report("bench", FOLDER / "report.json")
    measured = Measured()
    more: dict[str, str] = {}
    try:
        options = Options.from_env(os.environ)
        work = FOLDER / "work"
        work.mkdir(parents=True)
        family.adopt_orphans()
        with tile_host() as host, Service(work / "service", _settings(host)) as service:
            bench = Bench(service, host, work, _native(measured), measured, say)
            measure(bench, options, report, more)
    except (CannotRun, Refused, KeyboardInterrupt) as err:
        reason = str(err) or "interrupted"
        report.facts["measured"] = measured.to_json()
        report.could_not_run(reason)
        raise CannotRun(reason) from err
    finally:
        family.end_children()
    shutil.rmtree(work, ignore_errors=True)
    return conclude(report, measured, more, options)


def measure(bench: Bench, options: Options, report: Report, more: dict[str, str]) -> None:
    """Do the experiments that *options* want, and judge each."""
    measured, few = bench.measured, min(FEW, options.runs)
    more["load average before"] = machine()["load_average"]
    if options.has("main"):
        with experiments.main_draws(bench) as draws:
            experiments.compare(bench, draws, options.runs)
        goals.judge_main(report, measured)
    if options.has("cold"):
        experiments.cold(bench, few)
        goals.judge_cold(report, measured)
        more["cold worker"] = experiments.from_start(measured)
    if options.has("sizes"):
        experiments.sizes(bench, few)
    if options.has("backends"):
        experiments.backend(bench, SWIFTSHADER, few)
    if options.has("memory"):
        experiments.memory(bench)
    if options.has("sizes"):
        goals.judge_sizes(report, measured)
    if options.has("throughput"):
        posters = experiments.throughput(bench)
        goals.judge_throughput(report, posters, len(os.sched_getaffinity(0)))
        more["posters a minute"] = str(posters)
    goals.judge_tiles(report, bench.service.tiles_drawn, *bench.host.counted("ours"))
    if options.has("submits"):
        goals.judge_reuse(report, experiments.identical(bench))
        _submits(bench, report, more)
    more.update({f"stages s, {size}": text for size, text in _stages(measured).items()})
    more.update(measured.notes)
    more["load average after"] = machine()["load_average"]


def conclude(report: Report, measured: Measured, more: dict[str, str], options: Options) -> int:
    """Write all that a run leaves, print the table, and return the exit code."""
    report.facts |= {"options": vars(options), "about": machine(), "measured": measured.to_json()}
    report.facts["more"] = more
    code = report.close()
    text = table(measured, more, report.goals)
    picture = _plot(measured)
    (FOLDER / "table.txt").write_text(text + "\n")
    (FOLDER / "cost.svg").write_text(picture)
    if options.docs:
        write_docs(ROOT, text, picture, machine())
    print(text, flush=True)
    return code


def _submits(bench: Bench, report: Report, more: dict[str, str]) -> None:
    with experiments.two_workers(bench):
        before = bench.service.completed_count()
        submits = submit_many(bench.service)
        drawn = bench.service.completed_count() - before
    goals.judge_submits(report, submits)
    late_ms = 1000 * max(submits.late_s)
    more["submits"] = (
        f"p50 {1000 * submits.p(50):.0f} ms, p99 {1000 * submits.p(99):.0f} ms, statuses "
        f"{submits.statuses}; callers at most {late_ms:.0f} ms late; {drawn} posters drawn"
    )


def _settings(host: TileHost) -> dict[str, str]:
    return {"TILES_URL": host.url("ours"), "EXPORT_EGRESS_ALLOW": host.authority}


def _native(measured: Measured) -> Path | None:
    try:
        return native_python(NATIVE_ENV, say)
    except CannotRun as err:
        measured.notes[NATIVE] = f"could not run: {err}"
        say(measured.notes[NATIVE])
        return None


def _stages(measured: Measured) -> dict[str, str]:
    sizes = dict.fromkeys(row.size for row in measured.rows() if row.contender == WARM)
    return {str(size): text for size in sizes if (text := stages(measured, size))}


def _plot(measured: Measured) -> str:
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in measured.rows():
        if row.backend == LLVMPIPE and row.contender in (WARM, NATIVE, OLD):
            x = row.size.megapixels
            lines.setdefault(row.contender, []).append((x, row.wall_s.median))
            lines.setdefault(f"{row.contender}, CPU", []).append((x, row.cpu_s.median))
    return plot(lines, across="million pixels", up="seconds a poster") if lines else ""


def say(line: str) -> None:
    print(f"bench {time.monotonic() - _begun:4.0f} s: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_with(main)
