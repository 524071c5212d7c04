"""The word that a worker is to leave, from Celery's main process to its children.

Celery tells its children nothing before their jobs are done. A pipe made before the fork does: a
byte that nobody takes out of it is seen by each child, also by one that is forked later.
"""

import asyncio
import os
from collections.abc import Callable

_pipe: tuple[int, int] | None = None


def prepare() -> None:
    """Make the pipe, in Celery's main process and before it forks."""
    global _pipe  # noqa: PLW0603 - what a child inherits is its process's own
    if _pipe is None:
        _pipe = os.pipe()


def announce() -> None:
    """Tell all children that this worker leaves. Fit for a signal handler."""
    if _pipe:
        os.write(_pipe[1], b".")


def watch(loop: asyncio.AbstractEventLoop, leave: Callable[[], None]) -> None:
    """Call *leave* once on *loop*, from within it, when this process is told to leave."""
    if _pipe is None:
        return
    heard = _pipe[0]

    def hear() -> None:
        loop.remove_reader(heard)
        leave()

    loop.add_reader(heard, hear)
