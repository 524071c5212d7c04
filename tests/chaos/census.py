"""The processes of a stack as the kernel shows them: workers, browsers, orphans, zombies."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# What can be shot at, from the outside in.
KINDS = ("main", "child", "browser", "renderer", "gpu")


@dataclass(frozen=True)
class Process:
    """One process; *started* tells it from a later one with the same number."""

    pid: int
    parent: int
    started: int
    state: str
    command: str

    @property
    def is_zombie(self) -> bool:
        return self.state == "Z"

    @property
    def is_chromium(self) -> bool:
        # The whole tree shares the name; setpriv, before it becomes Chromium, holds it as well.
        return "chromium" in self.command and "--user-data-dir" in self.command


def below(pid: int) -> list[Process]:
    """Return all that descends from *pid*, zombies too, without *pid* itself."""
    children: defaultdict[int, list[Process]] = defaultdict(list)
    for process in everyone():
        children[process.parent].append(process)
    found, queue = [], [pid]
    while queue:
        born = children[queue.pop()]
        found += born
        queue += [process.pid for process in born]
    return found


def kind_of(process: Process, main: int) -> str:
    """Return what *process* is to the worker whose main process is *main*, "" for none of KINDS."""
    if process.pid == main:
        return "main"
    if process.is_zombie:
        return ""
    if "--type=renderer" in process.command:
        return "renderer"
    if "--type=gpu-process" in process.command:
        return "gpu"
    if process.is_chromium and "--type=" not in process.command:
        return "browser"
    return "child" if process.parent == main and "celery" in process.command else ""


def everyone() -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield _read(folder)


def find(pid: int) -> Process | None:
    try:
        return _read(Path(f"/proc/{pid}"))
    except (FileNotFoundError, ProcessLookupError):
        return None


def open_files(pid: int) -> int:
    """Return how many descriptors *pid* has open, 0 when it is gone."""
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0


def memory_bytes(pid: int) -> int:
    """Return the memory that is *pid*'s own, shared pages by their share; 0 when it is gone."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        return 1024 * int(rollup.split("\nPss:")[1].split()[0])
    except (OSError, IndexError):
        return 0


def _read(folder: Path) -> Process:
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return Process(int(folder.name), int(fields[1]), int(fields[19]), fields[0], command)
