"""K8, no room: the store's disk and shared memory tiny and full, descriptors all but gone.

In a mount namespace of its own, which needs root or user namespaces.
"""

import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.refusal import CannotRun
from tests.chaos import census, invariants
from tests.chaos.trial import Scene, Trial

JOBS = 6
DISK, SHM = "4m", "1m"
FEW_FILES = 64
NOT_READY_S, READY_S = 10.0, 30.0
ALIKE = 10


def run(trial: Trial) -> None:
    """Fill the disk under a working service, give it back, then do so with the descriptors."""
    count = trial.jobs(JOBS)
    with namespace() as (enter, inside), trial.stack() as scene:
        posters = scene.stack.plan.var_dir / "posters"
        posters.mkdir(parents=True, exist_ok=True)
        for size, where in ((DISK, posters), (SHM, Path("/dev/shm"))):
            subprocess.run(
                [*enter, "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", where], check=True
            )
        scene.posters = inside / str(posters).lstrip("/")
        # nsenter goes to the root of what it enters.
        scene.stack.prefix = [*enter, "env", f"--chdir={scene.stack.root}"]
        scene.stack.kill("api")
        scene.stack.until(lambda: "nsenter" not in str(census.find(scene.stack.pid("api"))), "api")
        scene.stack.start_workers(2)
        scene.stack.await_workers(2)
        full_disk(scene, count)
        few_files(scene, count)
        invariants.check(scene, completed=len(scene.accepted))


def full_disk(scene: Scene, count: int) -> None:
    """Leave no byte to write posters to, for a while."""
    scene.submit(count)
    scene.await_ends(count // 2, 60)
    ready = _seconds_until(scene, 200, READY_S)
    scene.trial.goal(
        "ready before", wanted=f"<= {READY_S:g} s", measured=f"{ready:.1f} s", met=ready <= READY_S
    )
    ballast = scene.posters / "ballast"
    with ballast.open("wb", buffering=0) as file, _until_full():
        while True:
            file.write(bytes(4096))
    judge_readiness(scene, "disk full", ballast.unlink)
    scene.await_ends(len(scene.accepted), 200)


def few_files(scene: Scene, count: int) -> None:
    """Leave the worker processes hardly a descriptor more than they have, for a while."""
    scene.submit(count)
    children = [
        p.pid
        for name in scene.stack.worker_names()
        for p in census.below(scene.stack.pid(name))
        if "celery" in p.command
    ]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in children}
    for pid in children:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (FEW_FILES, before[pid][1]))
    threading.Event().wait(NOT_READY_S)
    for pid in children:
        if census.find(pid):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before[pid])
    scene.await_ends(len(scene.accepted), 200)


def judge_readiness(scene: Scene, what: str, release: object) -> None:
    """Judge how soon readiness says so, and how soon it is well again after *release*."""
    goal = scene.trial.goal
    assert callable(release)
    gone = _seconds_until(scene, 503, NOT_READY_S)
    goal(
        f"{what}: not ready within",
        wanted=f"<= {NOT_READY_S:g} s",
        measured=f"{gone:.1f} s",
        met=gone <= NOT_READY_S,
    )
    release()
    back = _seconds_until(scene, 200, READY_S)
    goal(
        f"{what}: ready again within",
        wanted=f"<= {READY_S:g} s",
        measured=f"{back:.1f} s",
        met=back <= READY_S,
    )


def _seconds_until(scene: Scene, status: int, limit_s: float) -> float:
    begun = time.monotonic()
    # Each of the API's processes looks for itself: so many answers are of all of them.
    alike = 0
    while alike < ALIKE and time.monotonic() - begun <= limit_s + 10:
        alike = alike + 1 if scene.caller.ready().status == status else 0
        threading.Event().wait(0.1)
    return time.monotonic() - begun


@contextmanager
def _until_full() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        if err.errno != 28:
            raise


@contextmanager
def namespace() -> Iterator[tuple[list[str], Path]]:
    """Hold a mount namespace; yield the command that enters it and where its root is seen."""
    holder = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "sleep", "infinity"]
    )
    try:
        enter = ["nsenter", f"--target={holder.pid}", "--mount", "--"]
        deadline = time.monotonic() + 5
        while _same_namespace(holder.pid):
            if holder.poll() is not None or time.monotonic() > deadline:
                raise CannotRun("K8 needs mount namespaces, which this machine does not allow.")
            threading.Event().wait(0.05)
        yield enter, Path(f"/proc/{holder.pid}/root")
    finally:
        holder.kill()
        holder.wait()


def _same_namespace(pid: int) -> bool:
    own, its = Path("/proc/self/ns/mnt"), Path(f"/proc/{pid}/ns/mnt")
    return own.readlink() == its.readlink()
