"""That no process outlives its stack, whatever died in between: orphans come to us and are ended.

Linux only, standard library only.
"""

import contextlib
import ctypes
import os
import signal
from pathlib import Path

# From <linux/prctl.h>.
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """From now on, a descendant of this process that loses its parent becomes our child."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def wait_for(pid: int) -> int:
    """Wait for our child *pid* and return its exit code; bury the orphans that end meanwhile."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def end_children() -> int:
    """Kill every child, then those left to us by it, until there is none; return how many."""
    ended = 0
    while children := _children(os.getpid()):
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            # Only a thread stuck in the kernel is not gone at once.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            ended += 1
    return ended


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
