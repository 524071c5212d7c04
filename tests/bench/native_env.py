"""The bench's own virtual environment with MapLibre Native: what we are compared with, not what
we use, so it is never in the service's lock.
"""

from collections.abc import Callable
from pathlib import Path

from tests.locked_env import locked_python

LOCK = Path(__file__).with_name("requirements.lock")


def native_python(folder: Path, say: Callable[[str], None]) -> Path:
    """Return the Python of the environment in *folder*, made or renewed if need be.

    Raises CannotRun when it cannot be made: the bench then reports that, and does the rest.
    """
    return locked_python(folder, LOCK, "pymgl", say)
