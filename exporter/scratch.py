"""This service's folder below the system's temporary one, and what Celery's pool keeps in it."""

import os
import shutil
import tempfile

# Celery's pool, billiard, uses these and no copy of them.
from multiprocessing.util import Finalize, get_temp_dir
from pathlib import Path

_MAIN_PREFIX = "main-"
# Its own folder Celery's pool removes at -100, before which ours is not empty.
_AFTER_THE_POOLS = -101


def folder() -> Path:
    """Return the folder, made when it is not there.

    It is not below the service's own folder, which the browser's user may not be allowed to enter.
    """
    place = Path(tempfile.gettempdir()) / f"poster-exporter-{os.getuid()}"
    place.mkdir(mode=0o711, exist_ok=True)
    return place


def house_pool() -> None:
    """Have Celery's pool make its temporary folder here, and remove those of dead main processes.

    Call it in Celery's main process before that makes its pool. Left alone the pool makes
    `pymp-…` among everybody's, where after a kill nobody can tell whose it was.
    """
    for left in folder().glob(f"{_MAIN_PREFIX}*"):
        # In a container the main process may have the number that the last one had.
        owner = left.name.removeprefix(_MAIN_PREFIX)
        if owner == str(os.getpid()) or not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    own = folder() / f"{_MAIN_PREFIX}{os.getpid()}"
    own.mkdir(mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(own)
    try:
        # Made at the first call, and remembered for this process and those it forks.
        get_temp_dir()
    finally:
        tempfile.tempdir = before
    Finalize(None, shutil.rmtree, args=(own,), exitpriority=_AFTER_THE_POOLS)
