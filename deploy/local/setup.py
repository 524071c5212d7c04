"""Make this machine ready: tools, system packages, virtual environment, npm packages.

`make setup`, and the first step of every other command. Each part is done again only when what it
was made from has changed, so a second run takes a fraction of a second. Standard library only: it
runs before the virtual environment exists.
"""

import shutil
import sys
from pathlib import Path

from deploy.local import node_packages, python_packages, system_packages
from deploy.local.refusal import CannotRun, exit_with

ROOT = Path(__file__).resolve().parents[2]

NODE_MAJOR = 18


def main() -> int:
    """Set up; prints one line for each thing it really does."""
    check_tools(node_packages.node_version(shutil.which("node")), shutil.which("npm"))
    system_packages.install_missing(ROOT / "deploy" / "packages.txt")
    system_packages.install_missing(ROOT / "deploy" / "packages-test.txt")
    python_packages.install(ROOT, say)
    node_packages.install(ROOT / "static_renderer", say)
    node_packages.install(ROOT / "tests" / "schemas", say)
    return 0


def check_tools(node_major: int | None, npm: str | None) -> None:
    """Refuse without the tools that the rest of the set-up needs. Raises CannotRun."""
    if node_major is None:
        raise CannotRun(
            f"Node is missing: install Node {NODE_MAJOR} or newer (on Debian: apt-get install "
            "nodejs npm) and run this again."
        )
    if node_major < NODE_MAJOR:
        raise CannotRun(
            f"Node {node_major} is too old: install Node {NODE_MAJOR} or newer and run this again."
        )
    if npm is None:
        raise CannotRun(
            "npm is missing: install it (on Debian: apt-get install npm) and run this again."
        )


def say(line: str) -> None:
    print(f"setup: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_with(main)
