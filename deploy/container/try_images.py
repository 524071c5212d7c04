"""Build the three images' roots without a container engine and try each: `make images`.

They are made by debootstrap and the steps of deploy/Dockerfile, and run by runc, an OCI runtime
that needs no daemon. Root of the machine is needed. The bare Debian stays in IMAGES_DIR
(build/images).
"""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.container import oci
from deploy.container.rootfs import ROOT, Roots
from deploy.local.ports import HOST, free_port
from deploy.local.refusal import MET, MISSED, CannotRun, exit_with

START_S = 120.0
STOP_S = 45.0
LOGIN = "ops:not-a-secret-1"
# Debian's, found on PATH: an OCI runtime needs no daemon.
RUNTIME = ("runc",)
LOOK_S = 0.5


def main() -> int:
    """Build and try; one line for each thing that was seen. Exit 1 when an image is not well."""
    _check_machine()
    folder = ROOT / (os.environ.get("IMAGES_DIR") or "build/images")
    roots = Roots(folder, say)
    wrong = []
    with _redis() as redis_url:
        env = {"REDIS_URL": redis_url, "TILES_URL": "pmtiles:static_renderer/sample"}
        for name, attempt in TRIALS.items():
            roots.build(name)
            try:
                attempt(Container(roots, name, folder / name, env))
            except Unwell as err:
                say(f"{name}: NOT WELL: {err}")
                wrong.append(name)
    return MISSED if wrong else MET


class Unwell(Exception):
    """An image does not do what it must; the text says what."""


class Container:
    """One image's root, and how containers of it are run."""

    def __init__(self, roots: Roots, name: str, root: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self._root = root
        self._stage = roots.stages[name]
        self._env = env
        self._work = root.parent / "run"
        # Two runs at a time do not meet.
        self._id = f"poster-{name}-{os.getpid()}"

    @contextmanager
    def running(self, **more: str) -> "Iterator[Running]":
        """Run the image's own entry point and command; stop it at the end as an engine does."""
        log = self._work / f"{self.name}.log"
        words = [*self._stage.entrypoint, *self._stage.command]
        with self._bundle(self._id, words, more) as command, log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
            container = Running(self._id, process, log)
            try:
                yield container
            finally:
                container.stop()

    def ask(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run *words* in a container of its own to their end."""
        with self._bundle(f"{self._id}-ask", words, more) as command:
            return subprocess.run(
                command, capture_output=True, text=True, timeout=START_S, check=False
            )

    def health(self) -> int:
        """Return the exit code of the image's own health check, asked inside the container."""
        command = [*RUNTIME, "exec", self._id, *self._stage.health]
        return subprocess.run(command, timeout=START_S, check=False).returncode

    @contextmanager
    def _bundle(
        self, name: str, words: Sequence[str], more: Mapping[str, str]
    ) -> Iterator[list[str]]:
        folder = self._work / name
        folder.mkdir(parents=True, exist_ok=True)
        config = oci.config(self._root, self._stage, words, {**self._env, **more}, name)
        (folder / "config.json").write_text(json.dumps(config))
        try:
            yield [*RUNTIME, "run", "--bundle", str(folder), name]
        finally:
            shutil.rmtree(folder)


class Running:
    """A container that runs. `pid` is runc's, the parent of the container's first process."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._name = name
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def told(self) -> str:
        return self._log.read_text(errors="replace")

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for *true*; raise Unwell when it ends or takes too long."""
        deadline = time.monotonic() + START_S
        while not true():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Unwell(
                    f"not {what}, exit code {self._process.returncode}: {self.told[-1500:]}"
                )
            time.sleep(LOOK_S)  # between two looks; what is waited for is looked at, not hoped for

    def stop(self) -> float:
        """Send SIGTERM to the first process, SIGKILL when it takes too long; return the seconds."""
        if self._process.poll() is not None:
            return 0.0
        asked = time.monotonic()
        subprocess.run([*RUNTIME, "kill", self._name, "TERM"], check=True)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            subprocess.run([*RUNTIME, "kill", self._name, "KILL"], check=True)
            self._process.wait()
            raise Unwell(f"did not end within {STOP_S:g} s of SIGTERM") from None
        return time.monotonic() - asked


def try_flower(image: Container) -> None:
    """No password: it must not start. With one: its pages must ask for it."""
    refused = image.ask("/app/deploy/container/start", "flower")
    _need(refused.returncode == 2, f"started without a password: {refused.stderr[-300:]}")
    say(f"flower: refuses without a password: {refused.stderr.strip()}")
    port = free_port()
    url = f"http://{HOST}:{port}/"
    with image.running(FLOWER_BASIC_AUTH=LOGIN, FLOWER_PORT=str(port)) as flower:
        flower.until(lambda: _status(f"{url}healthcheck") == 200, "healthy")
        status = _status(url)
        _need(status == 401, f"answers {status} to who has no password")
        _need(image.health() == 0, "its health check fails")
    say("flower: healthy, and 401 without its password")


def try_webapi(image: Container) -> None:
    """It must live on a read-only root, and say that it is not ready without a worker."""
    port = free_port()
    with image.running(PORT=str(port)) as webapi:
        live = f"http://{HOST}:{port}/health/live"
        webapi.until(lambda: _status(live) == 200, "live")
        ready = _status(f"http://{HOST}:{port}/health/ready")
        _need(ready == 503, f"says {ready} to /health/ready, and there is no worker")
        _need(image.health() == 0, "its health check fails")
    say("webapi: /health/live 200, /health/ready 503 without a worker")
    seen = image.ask(
        "sh", "-c", "id -u; grep -E 'NoNewPrivs|CapBnd' /proc/self/status; touch /app/x"
    )
    for wanted in ("10001", "NoNewPrivs:\t1", "CapBnd:\t0000000000000000"):
        _need(wanted in seen.stdout, f"{wanted!r} is not in {seen.stdout!r}")
    _need("Read-only file system" in seen.stderr, f"its root is writable: {seen.stderr}")
    say("webapi: user 10001, no capability, no new privilege, read-only root")


def try_worker(image: Container) -> None:
    """Chromium must start as user 10001, each renderer in its sandbox, under our seccomp."""
    with image.running() as worker:
        worker.until(lambda: image.health() == 0, "healthy")
        renderers = _renderers(worker.pid)
        _need(bool(renderers), "there is no Chromium renderer")
        for pid in renderers:
            status = Path(f"/proc/{pid}/status").read_text()
            uid, seccomp = _field(status, "Uid").split()[0], _field(status, "Seccomp")
            apart = _user_namespace(pid) != _user_namespace("self")
            _need(uid == "10001", f"renderer {pid} runs as user {uid}")
            _need(seccomp == "2", f"renderer {pid} has no seccomp filter (Seccomp: {seccomp})")
            _need(apart, f"renderer {pid} is in the machine's user namespace")
            # One is the container's: Chromium's own must be there besides.
            filters = int(_field(status, "Seccomp_filters"))
            _need(filters > 1, f"renderer {pid} has {filters} seccomp filter, the container's")
        _need("WITHOUT its sandbox" not in worker.told, "Chromium runs without its sandbox")
        say(
            f"worker: healthy; {len(renderers)} renderers: uid 10001, Seccomp 2, own user namespace"
        )
        say(f"worker: ended {worker.stop():.1f} s after SIGTERM")


TRIALS: Mapping[str, Callable[[Container], None]] = {
    "flower": try_flower,
    "webapi": try_webapi,
    "worker": try_worker,
}


def say(line: str) -> None:
    print(f"images: {line}", flush=True)


def _check_machine() -> None:
    if os.getuid():
        raise CannotRun("Roots are made by root of the machine only: run this with sudo.")
    for tool in ("debootstrap", "runc", "redis-server"):
        if shutil.which(tool) is None:
            raise CannotRun(f"{tool} is missing: apt-get install {tool}.")


@contextmanager
def _redis() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", HOST, "--save", ""],  # noqa: S607 - Debian's, found on PATH
        stdout=subprocess.DEVNULL,
    )
    try:
        _until_it_listens(port)
        yield f"redis://{HOST}:{port}/0"
    finally:
        process.terminate()
        process.wait(STOP_S)


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        if time.monotonic() > deadline:
            raise CannotRun(f"redis-server does not listen on port {port}.")
        time.sleep(LOOK_S)  # between two looks, as above


def _children(pid: int) -> list[str]:
    """Return the children of all threads of *pid*: a Go program starts them from any."""
    found = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended
            found += listing.read_text().split()
    return found


def _renderers(pid: int) -> list[str]:
    """Return Chromium's renderer processes below *pid*."""
    below = _children(pid)
    found = [each for each in below if "--type=renderer" in _words(each)]
    for each in below:
        found += _renderers(int(each))
    return found


def _words(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _user_namespace(pid: str) -> str:
    return str(Path(f"/proc/{pid}/ns/user").readlink())


def _field(status: str, name: str) -> str:
    return next(
        line.partition(":")[2].strip()
        for line in status.splitlines()
        if line.startswith(f"{name}:")
    )


def _status(url: str) -> int:
    """Return the HTTP status of *url*, 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - http, loopback
            return int(answer.status)
    except urllib.error.HTTPError as err:
        return err.code
    except OSError:
        return 0


def _need(ok: bool, text: str) -> None:
    if not ok:
        raise Unwell(text)


if __name__ == "__main__":
    exit_with(main)
