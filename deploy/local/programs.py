"""The programs of a stack: how each is started, and how long it may take to stop."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.plan import FLOWER_USER, Plan
from deploy.local.ports import HOST

# Everything must be gone 40 s after Ctrl-C: first all that uses Redis, together, then Redis.
STOP_USERS_S = 30
STOP_REDIS_S = 4

# A caller waits for the API and Redis, nobody for the next piece of a poster: where we may say so,
# they get the CPU first.
AHEAD = -10 if os.geteuid() == 0 else 0

# gunicorn stops waiting for open requests before the supervisor loses its patience.
_API_GRACE_S = 25


@dataclass(frozen=True)
class Program:
    """One supervised process; *nice* as in nice(1).

    *env* is added to the stack's own environment.
    """

    name: str
    command: tuple[str, ...]
    stop_s: int = STOP_USERS_S
    nice: int = 0
    env: Mapping[str, str] = field(default_factory=dict, repr=False)


def servers(plan: Plan) -> list[Program]:
    """Return what all the others use: Redis, unless one runs already."""
    command = (*_niced(AHEAD), "redis-server", str(redis_folder(plan) / "redis.conf"))
    return [Program("redis", command, STOP_REDIS_S, AHEAD)] if plan.redis_port else []


def _niced(nice: int) -> tuple[str, ...]:
    return ("nice", "-n", str(nice)) if nice else ()


def redis_folder(plan: Plan) -> Path:
    return plan.var_dir / "redis"


def redis_config(plan: Plan) -> str:
    """Return redis.conf: on loopback, append-only, and never dropping what it was given."""
    return f"""\
bind {HOST}
port {plan.redis_port}
protected-mode yes
dir "{redis_folder(plan)}"
# An accepted job survives a crash of Redis; after one of the machine, a second's jobs may be lost.
appendonly yes
appendfsync everysec
save ""
# A full Redis refuses new jobs; with any other policy it would silently drop accepted ones.
maxmemory-policy noeviction
daemonize no
"""


def users(plan: Plan) -> list[Program]:
    """Return what uses Redis: API, two workers and Flower."""
    # The second worker reads the queues the other way round, so that low never starves.
    return [
        _api(plan),
        _worker("high", "high,normal,low"),
        _worker("low", "low,normal,high"),
        _flower(plan),
    ]


def _api(plan: Plan) -> Program:
    options = {
        "bind": f"{HOST}:{plan.port}",
        "worker-class": "gthread",
        # A view waits for Redis or sends a file: threads suffice. Two processes, so that one that
        # dies or hangs leaves the other answering. Most threads are for callers who wait for their
        # poster (webapi/prefer.py).
        "workers": "2",
        "threads": "32",
        "graceful-timeout": str(_API_GRACE_S),
        # Where gunicorn's own heartbeats go: a slow disk must not look like a hung process.
        "worker-tmp-dir": "/dev/shm",  # noqa: S108 - memory, and gunicorn unlinks them at once
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    # Its control socket lies in the home directory: two stacks would fight for it.
    arguments.append("--no-control-socket")
    command = (*_niced(AHEAD), _tool("gunicorn"), "webapi.wsgi:app", *arguments)
    return Program("api", command, nice=AHEAD)


def _worker(name: str, queues: str) -> Program:
    # One job at a time: drawing keeps a core busy.
    return Program(
        f"worker-{name}",
        (_tool("celery"), "-A", "exporter", "worker", "--pool=prefork", "--concurrency=1",
         "-Q", queues, "-n", f"{name}@%h"),
    )  # fmt: skip


def _flower(plan: Plan) -> Program:
    # By the environment, since command lines can be read by every user of the machine.
    login = {"FLOWER_BASIC_AUTH": f"{FLOWER_USER}:{plan.flower_password}"}
    return Program(
        "flower",
        (_tool("celery"), "-A", "exporter", "flower", f"--address={HOST}",
         f"--port={plan.flower_port}", "--purge_offline_workers=60"),
        env=login,
    )  # fmt: skip


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)
