"""K12: each failpoint with each action, one job a cell; all that K1 demands must hold in each.

The jobs are accepted before a worker runs, so that each cell can be aimed at one job.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exporter.failpoints import FIRED, NAMES
from exporter.jobs import JobRecord, State
from tests.chaos import invariants
from tests.chaos.trial import Scene, Trial

ACTIONS = ("kill", "hang", "raise")
# Leases and sweeps so short that a cell is over in seconds; a hang outlasts a lease.
SHORT = {
    "EXPORT_LEASE_S": "4",
    "EXPORT_HEARTBEAT_S": "0.5",
    "EXPORT_SWEEP_S": "1",
    "EXPORT_LOST_AFTER_S": "4",
    "EXPORT_RETRY_BASE_S": "0.1",
}
HANG_S = 6
# For the sweeper to have something to do: a job whose lease ran out after its worker died.
_NEEDS = {
    "sweeper_before_requeue": "after_claim=kill,1/job",
    "sweeper_after_requeue": "after_claim=kill,1/job",
}


@dataclass(frozen=True)
class Cell:
    """One failpoint with one action."""

    name: str
    action: str

    @property
    def is_api(self) -> bool:
        return self.name.startswith("api_")

    @property
    def has_job(self) -> bool:
        """Tell whether it is met by a worker on behalf of one job."""
        return not self.name.startswith(("api_", "sweeper_"))

    def entry(self, job_id: str = "") -> str:
        """Return it as FAILPOINTS says it, for one job or, at the API, once a process."""
        action = f"hang:{HANG_S}" if self.action == "hang" else self.action
        scope = f"1/job,job={job_id}" if job_id else "1/process"
        needs = f";{_NEEDS[self.name]},job={job_id}" if job_id and self.name in _NEEDS else ""
        return f"{self.name}={action},{scope}{needs}"


def cells() -> list[Cell]:
    return [Cell(name, action) for name in NAMES for action in ACTIONS]


def run(trial: Trial) -> None:
    """All 60 cells."""
    play(trial, cells())


def play(trial: Trial, chosen: Sequence[Cell], *, within_s: float = 300.0) -> None:
    """Run one job through each of the *chosen* cells."""
    with trial.stack(**SHORT) as scene:
        play_in(scene, chosen, within_s)
        invariants.check(scene, completed=len(scene.accepted))


def play_in(scene: Scene, chosen: Sequence[Cell], within_s: float) -> dict[str, Cell]:
    """Run the cells in a stack without workers, and start these; return the cells by job."""
    by_job = {scene.submit(1)[0]: cell for cell in chosen if not cell.is_api}
    api = list(through_the_api(scene, [cell for cell in chosen if cell.is_api]))
    entries = [cell.entry(job_id) for job_id, cell in by_job.items()]
    scene.stack.start_workers(scene.trial.options.workers, FAILPOINTS=";".join(entries))
    scene.await_ends(len(scene.accepted), within_s)
    fired = {str(name) for name in scene.stack.client.smembers(FIRED)}
    silent = {cell.name for cell in chosen} - fired
    scene.trial.goal("failpoints not reached", wanted=[], measured=sorted(silent))
    scene.trial.facts["failpoints fired"] = sorted(fired)
    tell(scene, {**by_job, **dict(api)})
    return by_job


def through_the_api(scene: Scene, chosen: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    """Ask each at an API with the failpoint, and again, under the same key, at one without.

    A caller that got no answer does just this, and must have one job by it.
    """
    for number, cell in enumerate(chosen):
        body, once = scene.poster(), f"cell-{number}"
        port = scene.stack.start_second_api(FAILPOINTS=cell.entry())
        struck = scene.caller.submit(body, once, port)
        again = scene.caller.submit(body, once)
        scene.stack.stop("api-2")
        assert again.status == 202, again
        job_id = str(again.json["job_id"])
        if struck.status == 202 and struck.json["job_id"] != job_id:
            scene.accepted.append(str(struck.json["job_id"]))
        scene.accepted.append(job_id)
        yield job_id, cell
    if chosen:
        known = scene.stack.client.keys("export:job:*")
        scene.trial.goal(
            "jobs beyond one an Idempotency-Key", wanted=len(scene.accepted), measured=len(known)
        )


def tell(scene: Scene, by_job: dict[str, Cell]) -> None:
    """Keep what came of each cell, for the table in the docs."""
    told = {}
    for job_id, cell in by_job.items():
        record = scene.record(job_id)
        told[f"{cell.name}={cell.action}"] = _outcome(record)
    scene.trial.facts["cells"] = told
    bad = {cell: word for cell, word in told.items() if not word.startswith("completed")}
    scene.trial.goal("cells not green", wanted={}, measured=bad)


def _outcome(record: JobRecord | None) -> str:
    if record is None:
        return "lost"
    if record.state is State.FAILED and record.failure:
        return f"failed: {record.failure.code}"
    return f"{record.state.value}, {record.attempts} transient, {record.starts} starts"
