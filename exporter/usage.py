"""What this worker uses of the machine, and what it may use: CPU seconds, cores, memory.

Read from `/proc` and from the control group, so that a container's limits count and not the host's.
"""

import os
import time
from pathlib import Path

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")
_TICKS = os.sysconf("SC_CLK_TCK")


class CpuMeter:
    """CPU seconds of this process and of all its descendants, those that ended included.

    What a descendant used between the last reading and its end is not seen; read it often.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[int, int], float] = {}
        self._ended_s = 0.0

    def read(self) -> float:
        """Return the seconds so far. They never become fewer."""
        living = _descendants(os.getpid())
        self._ended_s += sum(s for who, s in self._last.items() if who not in living)
        self._last = living
        return time.process_time() + self._ended_s + sum(living.values())


def memory_limit_bytes(otherwise: int) -> int:
    """Return the memory this control group may use; *otherwise* where it has no limit."""
    for file in (_CGROUP / "memory.max", _CGROUP / "memory" / "memory.limit_in_bytes"):
        limit = _text(file)
        # Version 1 says "none" with a number near 2^63.
        if limit.isdecimal() and int(limit) < 1 << 60:
            return int(limit)
    return otherwise


def free_bytes(folder: Path) -> int:
    """Return what an ordinary process may still write to the disk of *folder*. Raises OSError."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def cores() -> float:
    """Return how many cores' worth of CPU time this control group gets."""
    quota, _, period = _text(_CGROUP / "cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal():
        return int(quota) / int(period)
    return float(len(os.sched_getaffinity(0)))


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:  # another version of control groups, or none
        return ""


def _descendants(ancestor: int) -> dict[tuple[int, int], float]:
    """Return the CPU seconds of each descendant, by its process id and start time."""
    parents: dict[int, int] = {}
    used: dict[int, tuple[tuple[int, int], float]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            # What follows the name, which may hold anything: from field 3 of `man 5 proc` on.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        pid, start = int(stat.parent.name), int(fields[19])
        parents[pid] = int(fields[1])
        used[pid] = (pid, start), (int(fields[11]) + int(fields[12])) / _TICKS
    ours = {pid for pid in parents if _descends(pid, ancestor, parents)}
    return dict(used[pid] for pid in ours)


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid := parents.get(pid, 0):
        if pid == ancestor:
            return True
    return False
