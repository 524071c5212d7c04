"""A load from start to end, behind `make load`: progress on stderr, the table on stdout.

Draws every poster once, idle; lets callers call; compares and judges. Leaves `report.json`,
`table.txt` and `load.svg` in `build/load/`; exits with 0 when all criteria are met, 1 when one is
missed, 2 when it could not run. LOAD_USERS, LOAD_MINUTES, LOAD_SIZE and LOAD_DOCS: options.py.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deploy.local import family
from deploy.local.client import Client, Unanswered, fetch
from deploy.local.refusal import CannotRun, exit_with
from deploy.local.report import Report
from deploy.local.setup import ROOT
from deploy.local.stack import interrupt_on_signals
from deploy.simulation.measured import Measured as Seconds
from exporter.jobs import Jobs
from tests.bench.cost import CpuMeter
from tests.bench.machine import machine
from tests.bench.service import WORKERS, Refused, Service
from tests.bench.tile_host import TileHost, tile_host
from tests.load.docs import write_docs
from tests.load.drive import Locust, progress
from tests.load.goals import judge
from tests.load.looks import Looks
from tests.load.measured import Idle, Load
from tests.load.options import Options
from tests.load.orders import Order, orders
from tests.load.pictures import differences
from tests.load.plot import plot
from tests.load.table import table
from tests.locked_env import locked_python

# Kept from run to run, apart from what a run leaves.
LOCUST_ENV = ROOT / "build" / "load-locust"
LOCK = Path(__file__).with_name("requirements.lock")

_begun = time.monotonic()


def main() -> int:
    """Put the load on, judge it, print it."""
    interrupt_on_signals()
    options = Options.from_env(os.environ)
    folder = ROOT / "build" / options.kind
    shutil.rmtree(folder, ignore_errors=True)
    report = Report("load", folder / "report.json")
    report.facts["options"] = asdict(options)
    work = folder / "work"
    work.mkdir(parents=True)
    try:
        python = locked_python(LOCUST_ENV, LOCK, "Locust", say)
        family.adopt_orphans()
        load, more = put_on(python, work, options)
    except (CannotRun, Refused, Unanswered, KeyboardInterrupt) as err:
        reason = str(err) or "interrupted"
        report.could_not_run(reason)
        raise CannotRun(reason) from err
    finally:
        family.end_children()
    keep_logs(work, folder / "logs")
    return conclude(report, folder, load, options, more)


def keep_logs(work: Path, logs: Path) -> None:
    """Keep what was logged and remove the rest of *work*: the posters take gigabytes."""
    logs.mkdir()
    for log in (*work.glob("*.log"), *work.glob("service/*.log")):
        log.replace(logs / log.name)
    shutil.rmtree(work)


def put_on(python: Path, work: Path, options: Options) -> tuple[Load, dict[str, str]]:
    """Start the service, draw idle, let callers call, and return all that was measured."""
    wanted = orders(options.size)
    more = {"load average before": machine()["load_average"]}
    with tile_host() as host, Service(work / "service", _settings(host)) as service:
        for worker in WORKERS:
            service.start_worker(worker)
        say("Redis and the API run; waiting for two workers")
        service.await_workers(len(WORKERS))
        alone = draw_idle(service, wanted)
        idle = {name: _idle(job) for name, job in alone.items()}
        locust = Locust(python, service.plan.api_url, service.plan.api_key, work)
        looks, meter = Looks(Jobs.connect(service.plan.settings)), CpuMeter(service.processes)

        def tell() -> None:
            service.check()
            say(progress(looks, locust.exports))

        with looks, meter:
            locust.run(wanted, options, tell)
        exports = locust.exports
        say("comparing the posters with those drawn idle")
        apart = differences(
            exports,
            idle,
            {name: job["job_id"] for name, job in alone.items()},
            lambda job_id: _file(service, job_id),
        )
    more["load average after"] = machine()["load_average"]
    load = Load(
        wanted, exports, looks.seen, idle, meter.used_s, apart, looks.missed,
        locust.requests,
    )  # fmt: skip
    return load, more


def draw_idle(service: Service, wanted: Sequence[Order]) -> dict[str, dict[str, Any]]:
    """Draw each order once, one after the other, and return the jobs. Raises CannotRun, Refused."""
    jobs = {}
    for order in wanted:
        status, answer = service.post(json.dumps(order.body).encode())
        if status != 202:
            raise Refused(f"{order.name}: {status} {answer.get('detail', '')}")
        jobs[order.name] = service.completed(str(answer["job_id"]))
        taken_s = jobs[order.name]["result"]["render_time_ms"] / 1000
        say(f"idle, {len(jobs)} of {len(wanted)}: {order.name} in {taken_s:.1f} s")
    return jobs


def conclude(
    report: Report, folder: Path, load: Load, options: Options, more: Mapping[str, str]
) -> int:
    """Judge, write all that a run leaves, print the table, and return the exit code."""
    seconds, about = Seconds.read(), machine()
    judge(report, load, seconds)
    report.facts |= {
        "about": about,
        "more": more,
        "steady": load.steady,
        "idle": {name: asdict(poster) for name, poster in load.idle.items()},
        "cpu_s": load.cpu_s,
        "requests": {kind: asdict(counted) for kind, counted in load.requests.items()},
        "failures": load.failures,
        "differences": [asdict(difference) for difference in load.differences],
        "exports": [asdict(export) for export in load.exports],
        "looks": [asdict(look) for look in load.looks],
    }
    code = report.close()
    text, picture = table(load, seconds, more, report.goals), plot(load)
    (folder / "table.txt").write_text(text + "\n")
    (folder / "load.svg").write_text(picture)
    if options.docs:
        write_docs(ROOT, text, picture, options, about)
    print(text, flush=True)
    return code


def _settings(host: TileHost) -> dict[str, str]:
    return {"TILES_URL": host.url("load"), "EXPORT_EGRESS_ALLOW": host.authority}


def _idle(job: Mapping[str, Any]) -> Idle:
    result = job["result"]
    return Idle(result["sha256"], result["render_time_ms"] / 1000)


def _file(service: Service, job_id: str) -> bytes:
    job = Client(service.plan.api_url, service.plan.api_key).job(job_id).json
    answer = fetch(job["result"]["download_url"])
    if answer.status != 200:
        raise CannotRun(f"the file of job {job_id} is not to be had: {answer.status}")
    return answer.body


def say(line: str) -> None:
    print(f"load {time.monotonic() - _begun:4.0f} s: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_with(main)
