"""The bench's own virtual environment with MapLibre Native, exactly as requirements.lock says.

Below build/ and never in the service's lock: it is what we are compared with, not what we use.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.refusal import CannotRun
from deploy.local.stamp import Stamp

LOCK = Path(__file__).with_name("requirements.lock")


def native_python(folder: Path, say: Callable[[str], None]) -> Path:
    """Return the Python of the environment in *folder*, made or renewed if need be.

    Raises CannotRun when it cannot be made: the bench then reports that, and does the rest.
    """
    python = folder / "bin" / "python"
    stamp = Stamp(folder / "bench.stamp", files=[LOCK], words=[sys.version, str(folder)])
    if stamp.fresh():
        return python
    say("virtual environment with pymgl from tests/bench/requirements.lock")
    _run([sys.executable, "-m", "venv", "--clear", str(folder)], "make a virtual environment")
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    _run([*pip, "--require-hashes", "--no-deps", "--requirement", str(LOCK)], "install pymgl")
    stamp.write()
    return python


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"could not {what}: {done.stderr.strip()[-300:]}")
