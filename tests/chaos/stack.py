"""The service under test: Redis, API and any number of workers, killed and started again.

The same commands as `make run`. Instead of its supervisor there is a keeper here, which starts
again what dies; orphans come to this process, where they are seen and counted.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import redis

from deploy.local.client import Client, Unanswered
from deploy.local.plan import Plan, make_plan
from deploy.local.ports import HOST, free_port
from deploy.local.programs import Program, redis_config, redis_folder, servers, users
from deploy.local.refusal import CannotRun
from deploy.local.setup import ROOT
from exporter.errors import QueueUnavailable
from exporter.jobs import Jobs, connect
from exporter.outbox import Outbox
from exporter.presence import workers
from tests.chaos import census
from webapi.keys import ensure_dev_key

T = TypeVar("T")
START_S, STOP_S = 90.0, 40.0
# supervisord's own turn, which `make run` relies on, is as long.
RESTART_S = 1.0
_POLL_S = 0.1
_NOT_OURS = (
    "EXPORT_", "REDIS_", "TILES_URL", "TERRAIN_URL", "POPULATION_URL", "PORT", "FLOWER_", "APP_ENV",
    "FAILPOINTS",
)  # fmt: skip


@dataclass
class _Kept:
    """A program that is to run: *started* counts its lives, *down_at* is its last death."""

    program: Program
    env: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started: int = 0
    down_at: float = 0.0
    exits: list[int] = field(default_factory=list)


class Stack:
    """A running service inside its `with`. *root* is the tree it is started from."""

    def __init__(self, *, root: Path = ROOT, settings: Mapping[str, str]) -> None:
        self.root = root
        # Not below the checkout: the browser's user may not be allowed to enter that. A short name,
        # as Chromium makes a socket far below it, whose path may have 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="c"))
        self.folder.chmod(0o711)
        self.plan = self._plan(settings)
        self.client: redis.Redis = connect(self.plan.settings)
        self.jobs = Jobs(self.client, self.plan.settings)
        self.outbox = Outbox(self.client)
        # Before each command: how to enter another namespace.
        self.prefix: list[str] = []
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.RLock()
        # All that were ever started, which are waited for by their Popen.
        self._spawned: set[int] = set()
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        """Start Redis and the API and wait for both. Raises CannotRun."""
        try:
            redis_folder(self.plan).mkdir(parents=True, exist_ok=True)
            (redis_folder(self.plan) / "redis.conf").write_text(redis_config(self.plan))
            self._keeper.start()
            for program in servers(self.plan):
                self.start(program)
            self.until(self._redis_answers, "Redis answers")
            self.start(self._named("api"))
            self.until(self._api_answers, "the API answers")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything, users of Redis first."""
        users_of_redis = [name for name in self._kept if name != "redis"]
        leaving = [self._dismiss(name) for name in users_of_redis]
        for process in leaving:
            _see_off(process)
        if "redis" in self._kept:
            _see_off(self._dismiss("redis"))
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join(10)
        self.client.close()

    # What runs.

    def start(self, program: Program, **env: str) -> int:
        """Start *program* and keep it running; return its process."""
        with self._lock:
            self._kept[program.name] = _Kept(program, env)
        return self.pid(program.name)

    def start_workers(self, count: int, **env: str) -> None:
        """Start so many workers, `worker-1` to `worker-N`; one in four reads low jobs first."""
        for number in range(1, count + 1):
            self.start_worker(number, **env)

    def start_worker(self, number: int, root: Path | None = None, **env: str) -> int:
        """Start worker *number*, from the tree *root* when it is another one."""
        if root:
            env |= {"PYTHONPATH": str(root)}
        high = number % 4 != 2
        template = self._named("worker-high" if high else "worker-low")
        node = ("high@%h" if high else "low@%h", f"chaos-{self.plan.port}-{number}@%h")
        command = tuple(node[1] if word == node[0] else word for word in template.command)
        return self.start(replace(template, name=f"worker-{number}", command=command), **env)

    def start_second_api(self, **env: str) -> int:
        """Start an API beside the first, with settings of its own; return its port."""
        port = free_port()
        api = self._named("api")
        # One process, so that a test knows which it meets.
        other = {"--bind": f"--bind={HOST}:{port}", "--workers": "--workers=1"}
        command = tuple(other.get(word.partition("=")[0], word) for word in api.command)
        self.start(replace(api, name="api-2", command=command), **env)
        self.until(lambda: _answers(Client(f"http://{HOST}:{port}")), "the second API answers")
        return port

    def stop(self, name: str, *, within_s: float = STOP_S) -> int:
        """End program *name* in order and for good; after *within_s* by force. Return its code."""
        return _see_off(self._dismiss(name), within_s)

    def _dismiss(self, name: str) -> "subprocess.Popen[bytes]":
        self.pid(name)
        with self._lock:
            process = self._kept.pop(name).process
        assert process is not None
        process.terminate()
        return process

    def kill_for_good(self, name: str) -> None:
        """SIGKILL the main process of program *name*; nobody starts it again."""
        pid = self.pid(name)
        with self._lock:
            process = self._kept.pop(name).process
        os.kill(pid, signal.SIGKILL)
        if process is not None:
            process.wait()

    def kill(self, name: str) -> int:
        """SIGKILL the main process of program *name*; the keeper starts it again."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def pid(self, name: str) -> int:
        """Return the main process of program *name*, waiting for its next life if need be."""

        def running() -> int:
            with self._lock:
                process = self._kept[name].process
            return process.pid if process and process.poll() is None else 0

        return self.until(running, f"{name} runs")

    def worker_names(self) -> list[str]:
        with self._lock:
            return [name for name in self._kept if name.startswith("worker-")]

    def exits(self, name: str) -> list[int]:
        """Return the exit codes of program *name*'s former lives."""
        with self._lock:
            return list(self._kept[name].exits)

    def processes(self) -> list[census.Process]:
        """Return every process of this stack, adopted orphans too."""
        mark = str(self.folder)
        ours = census.below(os.getpid())
        with self._lock:
            mains = {k.process.pid for k in self._kept.values() if k.process}
        family = {p.pid for main in mains for p in census.below(main)} | mains
        return [p for p in ours if p.pid in family or mark in p.command]

    def orphans(self) -> list[census.Process]:
        """Return the browsers that belong to no running worker."""
        family = {p.pid for name in self.worker_names() for p in census.below(self.pid(name))}
        return [
            p
            for p in census.below(os.getpid())
            if p.is_chromium and str(self.folder) in p.command and p.pid not in family
        ]

    def zombies(self) -> list[census.Process]:
        """Return the dead that their parent, a process of the service, has not buried."""
        return [p for p in census.below(os.getpid()) if p.is_zombie and p.parent != os.getpid()]

    def leftover_profiles(self) -> list[Path]:
        """Return the profile folders whose worker process is no more."""
        profiles = self.folder.glob("poster-exporter-*/profile-*")
        return [p for p in profiles if census.find(int(p.name.split("-")[1])) is None]

    def leftover_folders(self) -> list[Path]:
        """Return what pools of dead main processes keep, and what no process can be named for."""
        mains = self.folder.glob("poster-exporter-*/main-*")
        dead = [m for m in mains if census.find(int(m.name.split("-")[1])) is None]
        return [*dead, *self.folder.glob("pymp-*")]

    # What is asked of it.

    def await_workers(self, count: int) -> None:
        """Wait until *count* workers are able to draw. Raises CannotRun."""
        self.until(lambda: self._able() >= count, f"{count} workers are able")

    def until(self, look: Callable[[], T], what: str, within_s: float = START_S) -> T:
        """Return the first true answer of *look*. Raises CannotRun when it is late."""
        deadline = time.monotonic() + within_s
        while not (answer := look()):
            if time.monotonic() > deadline:
                raise CannotRun(f"not within {within_s:g} s: {what}; see {self.folder}")
            threading.Event().wait(_POLL_S)
        return answer

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _able(self) -> int:
        with suppress(QueueUnavailable):
            return len(workers(self.client))
        return 0

    def _redis_answers(self) -> bool:
        with suppress(redis.RedisError, QueueUnavailable):
            self.client.ping()
            ensure_dev_key(self.client, self.plan.api_key)
            return True
        return False

    def _api_answers(self) -> bool:
        return _answers(Client(self.plan.api_url))

    def _named(self, name: str) -> Program:
        return next(program for program in users(self.plan) if program.name == name)

    def _plan(self, settings: Mapping[str, str]) -> Plan:
        given = {name: v for name, v in os.environ.items() if not name.startswith(_NOT_OURS)}
        fixed = {
            "PORT": "0", "FLOWER_PORT": "0", "REDIS_PORT": "0", "APP_ENV": "test",
            "TMPDIR": str(self.folder),
            # Before the checkout that the virtual environment names: a mutant is a tree apart.
            "PYTHONPATH": str(self.root),
        }  # fmt: skip
        return make_plan(self.root, self.folder / "var", {**given, **settings, **fixed})

    # The keeper. It alone starts programs: a parent-death signal belongs to the thread that forks.

    def _keep(self) -> None:
        while not self._over.wait(_POLL_S):
            with self._lock:
                for kept in self._kept.values():
                    self._look_after(kept)
            self._bury_orphans()

    def _look_after(self, kept: _Kept) -> None:
        if kept.process and (code := kept.process.poll()) is not None:
            kept.exits.append(code)
            kept.process, kept.down_at = None, time.monotonic()
        if kept.process is None and time.monotonic() - kept.down_at >= RESTART_S:
            self._spawn(kept)

    def _spawn(self, kept: _Kept) -> None:
        kept.started += 1
        with self.log(kept.program.name).open("ab") as output:
            kept.process = subprocess.Popen(
                # If the gates are killed, nothing of them stays.
                [*self.prefix, "setpriv", "--pdeathsig", "TERM", "--", *kept.program.command],
                cwd=kept.env.get("PYTHONPATH", str(self.root)),
                env={**self.plan.env, **kept.program.env, **kept.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._spawned.add(kept.process.pid)

    def _bury_orphans(self) -> None:
        """Do an init's duty for those who died after their parent; programs are waited for."""
        for process in census.everyone():
            orphan = process.parent == os.getpid() and process.pid not in self._spawned
            if orphan and process.is_zombie:
                with suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)


def _answers(client: Client) -> bool:
    with suppress(Unanswered):
        return client.ready().status in (200, 503)
    return False


def _see_off(process: "subprocess.Popen[bytes]", within_s: float = STOP_S) -> int:
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
