"""Take out of an image's virtual environment what setup.cfg's `install_requires` does not need.

requirements.lock holds the developers' tools too. What is kept is the closure of the requirements
over the installed packages' own metadata, so a package that is needed cannot be forgotten.
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from configparser import ConfigParser
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement

from deploy.local.checkout import NAME

SETUP = Path(__file__).resolve().parents[2] / "setup.cfg"


def main() -> int:
    """Uninstall what is not needed, pip itself last; print how many packages stay."""
    config = ConfigParser()
    config.read_string(SETUP.read_text())
    wanted = config["options"]["install_requires"].strip().splitlines()
    installed = {normal(each.name): each for each in distributions()}
    keep = needed(wanted, installed) | {normal(NAME)}
    drop = sorted(set(installed) - keep - {"pip"})
    # pip goes in a run of its own: what it imports must be there until it ends.
    for names in (drop, ["pip"]):
        subprocess.run([sys.executable, "-m", "pip", "uninstall", "--yes", *names], check=True)
    print(f"prune: {len(keep)} packages stay, {len(drop) + 1} were taken out")
    return 0


def needed(wanted: Iterable[str], installed: dict[str, Distribution]) -> set[str]:
    """Return the names of all that *wanted* needs here, itself included. Raises KeyError."""
    todo = [Requirement(line) for line in wanted]
    found: set[tuple[str, str]] = set()
    while todo:
        requirement = todo.pop()
        for extra in {"", *requirement.extras}:
            name = normal(requirement.name)
            if (name, extra) in found:
                continue
            found.add((name, extra))
            todo += _asked_by(installed[name], extra)
    return {name for name, _ in found}


def normal(name: str) -> str:
    """Return the form in which two spellings of a package's name are equal (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _asked_by(package: Distribution, extra: str) -> list[Requirement]:
    asked = [Requirement(line) for line in package.requires or ()]
    return [r for r in asked if r.marker is None or r.marker.evaluate({"extra": extra})]


if __name__ == "__main__":
    sys.exit(main())
