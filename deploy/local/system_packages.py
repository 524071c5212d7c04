"""The system packages of deploy/packages*.txt: which are missing, and their installation by apt.

Standard library only: it runs before the virtual environment exists.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.refusal import CannotRun

# sudo forgets the environment; without these apt cannot get out of some networks.
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


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
    """Return those of *packages* that are not installed. Raises CannotRun without dpkg."""
    query = shutil.which("dpkg-query")
    if query is None:
        raise CannotRun(
            "There is no dpkg-query here: the set-up knows Debian only, so run it on Debian 12 or "
            "newer (a container will do)."
        )
    answer = subprocess.run(
        [query, "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages],
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
    prefix = as_root(os.getuid(), shutil.which("sudo"), os.environ)
    if prefix is None:
        raise CannotRun(
            "System packages are missing and there is no sudo: as root, run apt-get install "
            f"--no-install-recommends {names}, then this again."
        )
    print(f"setup: installing system packages: {names}", file=sys.stderr, flush=True)
    apt = [*prefix, "apt-get", "--quiet=2"]
    # stdout belongs to the result of the command that called for the set-up. One broken source
    # fails the update, though the rest may well have what is needed: the installation decides.
    subprocess.run([*apt, "update"], stdout=sys.stderr, check=False)
    wanted = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    if subprocess.run(wanted, stdout=sys.stderr, check=False).returncode:
        raise CannotRun(
            f"apt-get install failed (its message is above): install {names} by hand and run "
            "this again."
        )


def as_root(uid: int, sudo: str | None, env: Mapping[str, str]) -> list[str] | None:
    """Return what to put before a command to run it as root, None when there is no way."""
    if uid != 0 and sudo is None:
        return None
    proxies = [f"{name}={env[name]}" for name in _PROXIES if name in env]
    become = [] if uid == 0 or sudo is None else [sudo]
    return [*become, "env", "DEBIAN_FRONTEND=noninteractive", *proxies]
