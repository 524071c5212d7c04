"""The system packages of deploy/packages.txt: which are missing, and their installation by apt.

Standard library only: it runs before the virtual environment exists.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.refusal import CannotRun


def install_missing(listing: Path) -> None:
    """Install what *listing* names and this machine lacks. Raises CannotRun."""
    wanted = listed(listing.read_text())
    if importlib.util.find_spec("ensurepip") is None:
        # Debian splits it from python3; elsewhere it is part of Python.
        wanted.append("python3-venv")
    lacking = missing(wanted)
    if lacking:
        install(lacking)


def listed(text: str) -> list[str]:
    """Return the packages a packages.txt names: one a line, `#` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def missing(packages: Sequence[str]) -> list[str]:
    """Return those of *packages* that are not installed. Raises CannotRun where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        raise CannotRun(
            "There is no dpkg-query here: the set-up knows Debian only, so run it on Debian 12 or "
            "newer (a container will do)."
        )
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,  # it fails when one of them is unknown, which is an answer too
    )
    installed = {
        line.split()[0] for line in answer.stdout.splitlines() if line.split()[1:] == ["installed"]
    }
    return [package for package in packages if package not in installed]


def install(packages: Sequence[str]) -> None:
    """Install *packages* with apt-get, through sudo when not root. Raises CannotRun."""
    names = " ".join(packages)
    become_root = _become_root(names)
    print(f"setup: installing system packages: {names}", file=sys.stderr, flush=True)
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        command = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet=2"]
        # stdout belongs to the result of the command that called for the set-up.
        if subprocess.run([*command, *arguments], stdout=sys.stderr, check=False).returncode:
            raise CannotRun(
                f"apt-get {arguments[0]} failed (its message is above): install {names} "
                "by hand and run this again."
            )


def _become_root(names: str) -> list[str]:
    if os.getuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise CannotRun(
            "System packages are missing and there is no sudo: as root, run apt-get install "
            f"--no-install-recommends {names}, then this again."
        )
    return ["sudo"]
