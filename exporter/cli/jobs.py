"""`celery -A exporter jobs list | show | requeue | cancel | purge`."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from exporter.cli.at_work import at_work
from exporter.cli.choice import chosen, filters, listed
from exporter.cli.text import moment, print_json, table
from exporter.errors import ExportError, QueueUnavailable
from exporter.job_list import Row
from exporter.jobs import JobRecord, State
from exporter.outbox import Notice, Outbox

ACTIVE = (State.QUEUED, State.RUNNING, State.RETRYING)
ENDED = (State.COMPLETED, State.FAILED, State.CANCELLED)

json_flag = click.option("--json", "as_json", is_flag=True, help="For scripts: JSON.")
dry_run_flag = click.option("--dry-run", is_flag=True, help="Change nothing, name the jobs.")
ids_argument = click.argument("job_ids", nargs=-1)


@click.group()
def jobs() -> None:
    """See jobs, begin failed ones anew, cancel and remove them."""


@jobs.command("list")
@filters
@click.option("--limit", default=50, show_default=True, help="So many, newest first; 0: all.")
@json_flag
def list_(limit: int, as_json: bool, **given: Any) -> None:
    """List jobs, newest first."""
    with at_work() as at:
        found = listed(at.redis, tuple(State), **given)
    shown = found[:limit] if limit else found
    if as_json:
        print_json([asdict(row) for row in shown])
        return
    head = ["JOB", "STATE", "STAGE", "QUEUE", "MADE (UTC)", "ATTEMPTS", "CODE"]
    click.echo(table(head, [_cells(row) for row in shown]))
    if len(found) > len(shown):
        click.echo(f"{len(found) - len(shown)} more, older ones: --limit 0", err=True)


@jobs.command()
@click.argument("job_id")
@json_flag
def show(job_id: str, as_json: bool) -> None:
    """Show all about one job; with --json also what was asked for."""
    with at_work() as at:
        record = at.jobs.get(job_id)
        notices = Outbox(at.redis).of_job(job_id)
    told = _told(record, notices)
    if as_json:
        print_json({**told, "request": json.loads(record.request)})
        return
    for name, item in told.items():
        if item not in ("", None, [], 0, False):
            text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
            click.echo(f"{name:<17}{text}")


@jobs.command()
@ids_argument
@filters
@dry_run_flag
@json_flag
def requeue(job_ids: tuple[str, ...], dry_run: bool, as_json: bool, **given: Any) -> None:
    """Begin failed jobs anew: counters at zero, history kept."""
    # Here, so that other commands of Celery's do not get this app for a default.
    from exporter.celery_app import send

    with at_work() as at:

        def begin_anew(job_id: str) -> str:
            send(job_id, at.jobs.requeue(job_id))
            return "requeued"

        found = chosen(at.redis, job_ids, (State.FAILED,), **given)
        _do(found, begin_anew, dry_run=dry_run, as_json=as_json)


@jobs.command()
@ids_argument
@filters
@dry_run_flag
@json_flag
def cancel(job_ids: tuple[str, ...], dry_run: bool, as_json: bool, **given: Any) -> None:
    """Cancel jobs that have not ended; a running one stops within two seconds."""
    with at_work() as at:

        def end(job_id: str) -> str:
            at.jobs.cancel(job_id)
            waited = at.jobs.get(job_id).state is State.CANCELLED
            return "cancelled" if waited else "stopping"

        _do(chosen(at.redis, job_ids, ACTIVE, **given), end, dry_run=dry_run, as_json=as_json)


@jobs.command()
@ids_argument
@filters
@dry_run_flag
@json_flag
def purge(job_ids: tuple[str, ...], dry_run: bool, as_json: bool, **given: Any) -> None:
    """Remove ended jobs and their files before their retention is over."""
    # Here, so that Celery's every command does not pay for boto3.
    from exporter.storage import open_storage

    with at_work() as at:
        storage = open_storage(at.settings)

        def remove(job_id: str) -> str:
            # The files first, unless another job holds them: a record that is left can be purged
            # again.
            for key in at.jobs.release(job_id):
                storage.delete(key)
            at.jobs.forget(job_id)
            return "purged"

        _do(chosen(at.redis, job_ids, ENDED, **given), remove, dry_run=dry_run, as_json=as_json)


def _do(found: list[str], act: Callable[[str], str], *, dry_run: bool, as_json: bool) -> None:
    """Do *act* to each job and say what came of it; exit with 1 when one could not be done.

    A job that changed meanwhile is skipped, and the others are done all the same.
    """
    told = []
    for job_id in found:
        try:
            outcome = "found" if dry_run else act(job_id)
        except QueueUnavailable:
            raise
        except ExportError as err:
            outcome = f"skipped: {err.public}"
        told.append({"job_id": job_id, "outcome": outcome})
        if not as_json:
            click.echo(f"{job_id}  {outcome}")
    if as_json:
        print_json(told)
    else:
        click.echo(f"{len(told)} jobs{', nothing was changed' if dry_run else ''}", err=True)
    if any(each["outcome"].startswith("skipped") for each in told):
        sys.exit(1)


def _cells(row: Row) -> list[str]:
    stage = f"{row.stage} {row.percent}%" if row.state is State.RUNNING else ""
    made = moment(row.created_at)
    return [row.job_id, row.state, stage, row.queue, made, str(row.attempts), row.code]


def _told(record: JobRecord, notices: list[Notice]) -> dict[str, Any]:
    """Return *record* in names and texts, times in UTC; nothing of it is a secret."""
    return {
        "job_id": record.job_id,
        "state": record.state.value,
        "stage": f"{record.progress.stage} {record.progress.percent}%",
        "cancel_requested": record.cancel_requested,
        "queue": record.priority.value,
        "key_id": record.key_id,
        "reused_from": record.reused_from,
        "worker": record.worker,
        "created_at": moment(record.created_at),
        "claimed_at": moment(record.claimed_at),
        "retry_at": moment(record.due_at),
        "ended_at": moment(record.ended_at),
        "attempts": record.attempts + record.starts,
        "failure": asdict(record.failure) if record.failure else None,
        "files": [file.key for file in record.result.files] if record.result else [],
        "history": [{**asdict(past), "ended_at": moment(past.ended_at)} for past in record.history],
        "webhook": [
            {"id": n.id, "event": n.event, "state": n.state, "attempts": n.attempts}
            for n in notices
        ],
    }
