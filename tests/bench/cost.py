"""What a process and all below it cost: CPU-seconds and memory, as /proc tells. Linux only."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
# How often memory is read; each reading walks the page tables of a dozen processes.
_LOOK_S = 0.1
# What a process used since it was last seen and before it ended is lost.
_LOOK_CPU_S = 0.25
# A tree that used less than two ticks in so long rests: what a poster cost has been counted.
_REST_S, _REST_CPU_S = 0.15, 0.02
_REST_AT_MOST_S = 3.0


def cpu_s(root: int) -> float:
    """Return the CPU-seconds of *root*, all below it and all of theirs that ended."""
    return sum(ticks for _, ticks in _family(root)) / _TICKS


def rested_cpu_s(root: int) -> float:
    """Return `cpu_s` once the tree does nothing more, so that a poster's tidying up counts too."""
    deadline = time.monotonic() + _REST_AT_MOST_S
    before = cpu_s(root)
    while True:
        threading.Event().wait(_REST_S)
        now = cpu_s(root)
        if now - before < _REST_CPU_S or time.monotonic() > deadline:
            return now
        before = now


def memory_bytes(root: int) -> int:
    """Return the memory of the tree now: PSS (what is shared counts once), RSS where hidden."""
    return sum(_memory(pid) for pid, _ in _family(root))


class PeakMemory:
    """Looks at the tree below *root* inside its `with`; `bytes` is the most that was seen."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="peak-memory", daemon=True)
        self.bytes = 0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_LOOK_S):
            self.bytes = max(self.bytes, memory_bytes(self._root))


class CpuMeter:
    """Counts the CPU-seconds of several trees inside its `with`: `used_s`, by the trees' names.

    `cpu_s` loses what was used below a process that is killed: nobody buries its children within
    the tree, so nobody is told of their time. That is how a browser ends that is replaced. Here
    every process counts for itself, up to the last time it was seen.
    """

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = roots
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="cpu-meter", daemon=True)
        # By tree; a process number may come again, its start does not.
        self._before: dict[str, _Ticks] = {}
        self._last: dict[str, _Ticks] = {name: {} for name in roots}

    def __enter__(self) -> Self:
        self._before = self._read()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    @property
    def used_s(self) -> dict[str, float]:
        used = {}
        for name, last in self._last.items():
            before = self._before[name]
            used[name] = sum(ticks - before.get(who, 0) for who, ticks in last.items()) / _TICKS
        return used

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_CPU_S):
            self._look()

    def _look(self) -> None:
        for name, seen in self._read().items():
            # Made anew: `used_s` may be reading it.
            self._last[name] = {**self._last[name], **seen}

    def _read(self) -> dict[str, "_Ticks"]:
        everyone = list(_stats())
        parents = {pid: int(fields[1]) for pid, fields in everyone}
        own = {pid: ((pid, fields[19]), sum(map(int, fields[11:13]))) for pid, fields in everyone}
        return {
            name: dict(own[pid] for pid in _below(root, parents) if pid in own)
            for name, root in self._roots.items()
        }


_Ticks = dict[tuple[int, str], int]


def _family(root: int) -> list[tuple[int, int]]:
    """Return (pid, ticks) of *root* and all below it; ticks include those of buried children."""
    parents, ticks = {}, {}
    for pid, fields in _stats():
        parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    return [(pid, ticks[pid]) for pid in _below(root, parents) if pid in ticks]


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Yield every process with what follows its name: from field 3 of `man 5 proc` on."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield int(stat.parent.name), stat.read_text().rpartition(")")[2].split()


def _below(root: int, parents: Mapping[int, int]) -> set[int]:
    family, more = {root}, {root}
    while more := {pid for pid, parent in parents.items() if parent in more} - family:
        family |= more
    return family


def _memory(pid: int) -> int:
    folder = Path(f"/proc/{pid}")
    try:
        rollup = (folder / "smaps_rollup").read_text()
        return 1024 * int(rollup.split("\nPss:")[1].split()[0])
    except (OSError, IndexError):
        pass
    try:
        return _PAGE * int((folder / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
