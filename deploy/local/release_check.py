"""Check that this checkout can be released: one version everywhere, told in the changelog, whole.

`make release-check`. The version's home is `exporter.__version__`; npm wants it in its own files.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import exporter
from deploy.local.refusal import MET, MISSED, exit_with

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = "docs/CHANGELOG.md"
UPGRADING = "docs/upgrading.md"
NPM = ("static_renderer/package.json", "static_renderer/shared-styles/package.json")

_SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# Keep a Changelog: "## [1.2.0] - 2027-01-31", and "## [Unreleased]" above it.
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<day>\d{4}-\d{2}-\d{2}))?$", re.MULTILINE)


def faults(root: Path, version: str) -> Iterator[str]:
    """Yield what keeps *root* from being released as *version*, each with its way out."""
    yield from of_versions(root, version)
    yield from _of_changelog((root / CHANGELOG).read_text(), version)
    if f"## To {version}" not in (root / UPGRADING).read_text():
        yield f"{UPGRADING} has no section `## To {version}`: say what an operator has to do"


def of_versions(root: Path, version: str) -> Iterator[str]:
    """Yield where *root* says another version than *version*."""
    if not _SEMANTIC.fullmatch(version):
        yield f"exporter.__version__ must be like 1.2.0 (semantic versioning), got {version!r}"
    for name in NPM:
        told = json.loads((root / name).read_text())["version"]
        if told != version:
            yield f"{name} says version {told}: set it to {version}"


def _of_changelog(text: str, version: str) -> Iterator[str]:
    headings = list(_HEADING.finditer(text))
    names = [heading["name"] for heading in headings]
    if names[:1] != ["Unreleased"]:
        yield f"{CHANGELOG} must begin with `## [Unreleased]`"
        return
    end = headings[1].start() if len(headings) > 1 else len(text)
    if text[headings[0].end() : end].strip():
        yield f"{CHANGELOG} has unreleased changes: move them under `## [{version}]`"
    if names[1:2] != [version]:
        yield f"{CHANGELOG} must name {version} first after Unreleased, it names {names[1:2]}"
    elif not headings[1]["day"]:
        yield f"{CHANGELOG}: `## [{version}]` needs its day, ` - YYYY-MM-DD`"


def of_git(root: Path, version: str) -> Iterator[str]:
    """Yield what git says against a release: changes not committed, a tag that is taken."""
    if changed := _git(root, "status", "--porcelain"):
        yield f"{len(changed.splitlines())} files are not committed: commit or remove them"
    if _git(root, "tag", "--list", f"v{version}"):
        yield f"the tag v{version} exists: choose the next version"


def _git(root: Path, *args: str) -> str:
    done = subprocess.run(
        ["git", *args],  # noqa: S607 - on PATH: the tool this checkout was made with
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def main() -> int:
    version = exporter.__version__
    found = [*faults(ROOT, version), *of_git(ROOT, version)]
    for fault in found:
        print(f"release-check: {fault}", file=sys.stderr)
    if found:
        return MISSED
    print(f"release-check: {version} can be tagged: git tag v{version}")
    return MET


if __name__ == "__main__":
    exit_with(main)
