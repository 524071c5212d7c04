"""What may be released, and what stands against it."""

import json
import subprocess

import pytest

import exporter
from deploy.local.release_check import CHANGELOG, NPM, ROOT, UPGRADING, faults, of_git, of_versions

TOLD = """# Changelog

## [Unreleased]

## [1.2.0] - 2027-01-31

### Added

- Something.
"""


def test_a_checkout_that_tells_everything_passes(checkout):
    assert list(faults(checkout, "1.2.0")) == []


def test_this_checkout_has_one_version():
    """Between releases there are unreleased changes, but never two versions."""
    assert list(of_versions(ROOT, exporter.__version__)) == []


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        (NPM[0], ("1.2.0", "1.1.0"), "package.json says version 1.1.0: set it to 1.2.0"),
        (NPM[1], ("1.2.0", "1.3.0"), "shared-styles/package.json says version 1.3.0"),
        (CHANGELOG, ("[Unreleased]\n", "[Unreleased]\n\n- New.\n"), "has unreleased changes"),
        (CHANGELOG, ("## [Unreleased]\n", ""), "must begin with `## [Unreleased]`"),
        (CHANGELOG, ("[1.2.0]", "[1.1.0]"), "must name 1.2.0 first"),
        (CHANGELOG, (" - 2027-01-31", ""), "needs its day"),
        (UPGRADING, ("## To 1.2.0", "## To 1.1.0"), "has no section `## To 1.2.0`"),
    ],
)
def test_each_fault_is_named_with_its_way_out(checkout, file, change, told):
    path = checkout / file
    path.write_text(path.read_text().replace(*change))

    [fault] = faults(checkout, "1.2.0")

    assert told in fault


def test_a_version_is_semantic(checkout):
    assert any("semantic" in fault for fault in faults(checkout, "1.2"))


def test_git_must_have_everything_and_the_tag_be_free(checkout):
    for args in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *args], cwd=checkout, check=True)
    assert list(of_git(checkout, "1.2.0")) == []

    subprocess.run(["git", "tag", "v1.2.0"], cwd=checkout, check=True)
    (checkout / "new").write_text("x")

    assert list(of_git(checkout, "1.2.0")) == [
        "1 files are not committed: commit or remove them",
        "the tag v1.2.0 exists: choose the next version",
    ]


@pytest.fixture
def checkout(tmp_path):
    for name in NPM:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"version": "1.2.0"}))
    (tmp_path / "docs").mkdir()
    (tmp_path / CHANGELOG).write_text(TOLD)
    (tmp_path / UPGRADING).write_text("# Upgrading\n\n## To 1.2.0\n\nNothing to do.\n")
    return tmp_path
