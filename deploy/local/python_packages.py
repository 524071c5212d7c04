"""The virtual environment `.venv`, exactly as requirements.lock says, hashes and all.

Standard library only: it runs before the virtual environment exists.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.check_dependencies import complaint
from deploy.local.checkout import make_known
from deploy.local.refusal import CannotRun
from deploy.local.stamp import Stamp


def install(root: Path, say: Callable[[str], None]) -> None:
    """Bring `.venv` below *root* to the state of the lock. Raises CannotRun."""
    venv, lock, ours = root / ".venv", root / "requirements.lock", root / "setup.cfg"
    # The path is part of it: the scripts in bin/ name their interpreter absolutely.
    stamp = Stamp(venv / "setup.stamp", files=[lock, ours], words=[sys.version, str(root)])
    if stamp.fresh():
        return
    say("virtual environment .venv from requirements.lock")
    if not usable(venv):
        # Not sys.executable: inside an activated .venv that is the very file to be cleared away.
        python = getattr(sys, "_base_executable", sys.executable)
        _run([python, "-m", "venv", "--clear", str(venv)], "make .venv")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    # --no-deps: the lock is complete, and one dependency is overruled on purpose
    # (check_dependencies.py).
    _run(
        [*pip, "install", "--require-hashes", "--no-deps", "--requirement", str(lock)],
        "install requirements.lock",
    )
    make_known(root, venv)
    wrong = complaint(venv)
    if wrong:
        raise CannotRun(wrong)
    stamp.write()


def usable(venv: Path) -> bool:
    """Tell whether *venv* works, stands where it was made, and has this Python's version."""
    question = "import sys; print(sys.version, sys.prefix, sep='\\n', end='')"
    try:
        answer = subprocess.run(
            [str(venv / "bin" / "python"), "-c", question],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    # Its scripts name their interpreter absolutely, so a moved environment is a broken one.
    pip = venv / "bin" / "pip"
    stayed = pip.is_file() and f"{venv}/bin/python" in pip.read_text()
    return answer.stdout == f"{sys.version}\n{venv}" and stayed


def _run(command: Sequence[str], what: str) -> None:
    # stdout belongs to the result of the command that called for the set-up.
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise CannotRun(f"Could not {what}: the message of {command[2]} is above.")
