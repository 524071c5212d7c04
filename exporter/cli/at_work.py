"""What a command has at hand, and how it ends when that is out of reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
import redis

from exporter import logs
from exporter.errors import ExportError
from exporter.jobs import Jobs, connect
from exporter.settings import Settings, settings


@dataclass(frozen=True)
class AtWork:
    settings: Settings
    redis: "redis.Redis"
    jobs: Jobs


@contextmanager
def at_work() -> Iterator[AtWork]:
    """Connect, and say what went wrong in a sentence instead of a traceback."""
    # Standard output is for the answer alone.
    logs.configure("WARNING")
    config = settings()
    client = connect(config)
    try:
        yield AtWork(config, client, Jobs(client, config))
    except ExportError as err:
        raise click.ClickException(str(err)) from err
    finally:
        client.close()
