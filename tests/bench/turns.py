"""Who gets the CPU first, where the kernel shares it out by sessions (sched(7), autogroup)."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.programs import AHEAD


def set_session_nice(pid: int | str, nice: int) -> None:
    """Make the session of *pid* nice as a whole; without such a kernel or the right, do nothing."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(nice))


@contextmanager
def ahead() -> Iterator[None]:
    """Put our own session ahead: callers of a real service have machines of their own."""
    before = _session_nice()
    set_session_nice("self", AHEAD)
    try:
        yield
    finally:
        set_session_nice("self", before)


def _session_nice() -> int:
    """Return how nice our session is; the kernel tells `/autogroup-NUMBER nice NICE`."""
    try:
        return int(Path("/proc/self/autogroup").read_text().split()[-1])
    except (OSError, ValueError, IndexError):
        return 0
