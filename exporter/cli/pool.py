"""`celery -A exporter pool`: the browsers of every worker process, as these last reported them."""

from dataclasses import asdict

import click

from exporter import presence
from exporter.cli.at_work import at_work
from exporter.cli.text import age, megabytes, print_json, table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For scripts: JSON.")
def pool(as_json: bool) -> None:
    """Show the browsers of every worker process heard of within 30 s."""
    with at_work() as at:
        workers = sorted(presence.workers(at.redis), key=lambda worker: worker.worker)
    if as_json:
        print_json([asdict(worker) for worker in workers])
        return
    rows = [
        [worker.worker, one.state, age(one.age_s), str(one.renders), megabytes(one.memory_bytes)]
        for worker in workers
        for one in worker.each
    ]
    click.echo(table(["WORKER", "BROWSER", "AGE", "RENDERS", "MEMORY"], rows))
    renders, crashed, retired = (
        sum(getattr(worker, name) for worker in workers)
        for name in ("renders", "crashed", "retired")
    )
    click.echo(
        f"{len(workers)} worker processes, {len(rows)} browsers; since their start "
        f"{renders} renders, {crashed} browsers crashed, {retired} retired",
        err=True,
    )
