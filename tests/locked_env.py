"""A virtual environment of its own for a tool that must not be a dependency of the service.

Exactly as its lock says, hashes and all; below build/, and kept from run to run.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.refusal import CannotRun
from deploy.local.stamp import Stamp


def locked_python(folder: Path, lock: Path, what: str, say: Callable[[str], None]) -> Path:
    """Return the Python of the environment in *folder*, made or renewed if need be.

    *what* of *lock* is said in messages. Raises CannotRun when it cannot be made.
    """
    python = folder / "bin" / "python"
    stamp = Stamp(folder / "lock.stamp", files=[lock], words=[sys.version, str(folder)])
    if stamp.fresh():
        return python
    say(f"virtual environment with {what} from {lock.parent.name}/{lock.name}")
    _run([sys.executable, "-m", "venv", "--clear", str(folder)], "make a virtual environment")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    _run([*pip, "--require-hashes", "--no-deps", "--requirement", str(lock)], f"install {what}")
    stamp.write()
    return python


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"could not {what}: {done.stderr.strip()[-300:]}")
