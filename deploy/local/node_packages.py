"""The npm packages of the renderer page, exactly as its package-lock.json says.

Standard library only: it runs before the virtual environment exists.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.refusal import CannotRun
from deploy.local.stamp import Stamp


def node_version(node: str | None) -> int | None:
    """Return the major version of the program *node*, None without one."""
    if node is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = answer.stdout.lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else None


def install(folder: Path, say: Callable[[str], None]) -> None:
    """Bring `node_modules` in *folder* to the state of the lock. Raises CannotRun."""
    manifests = [folder / "package.json", folder / "package-lock.json"]
    stamp = Stamp(folder / "node_modules" / "setup.stamp", files=manifests, words=[str(folder)])
    if stamp.fresh():
        return
    say(f"npm packages of {folder.name}")
    # Files only: nothing a package brings along is run here.
    command = ["npm", "ci", "--ignore-scripts"]
    command += ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    # stdout belongs to the result of the command that called for the set-up.
    if subprocess.run(command, cwd=folder, stdout=sys.stderr, check=False).returncode:
        raise CannotRun(f"npm ci failed in {folder.name}: its message is above.")
    stamp.write()
