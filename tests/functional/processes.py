"""Processes as the kernel shows them: who descends from whom, and who is still there."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """One process; *started* tells it from a later one with the same number."""

    pid: int
    parent: int
    started: int
    command: str

    @property
    def is_there(self) -> bool:
        """Tell whether it still runs; a dead one that nobody has buried yet does not."""
        now = _read(self.pid)
        return now is not None and now.started == self.started


def alive(processes: list[Process]) -> list[Process]:
    return [process for process in processes if process.is_there]


def descendants(pid: int) -> list[Process]:
    """Return the process *pid* and everything below it."""
    running = [found for found in map(_read, _pids()) if found]
    family = {pid}
    while True:
        more = {process.pid for process in running if process.parent in family} - family
        if not more:
            return [process for process in running if process.pid in family]
        family |= more


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _read(pid: int) -> Process | None:
    folder = Path(f"/proc/{pid}")
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    return Process(pid, int(fields[1]), int(fields[19]), command)
