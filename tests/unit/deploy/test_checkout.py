"""The checkout is known to its virtual environment as if it were installed."""

from importlib.metadata import distributions
from pathlib import Path

import pytest

from deploy.local.checkout import NAME, make_known

ROOT = Path(__file__).parents[3]


def test_its_commands_are_found_by_entry_point(packages, venv):
    make_known(ROOT, venv)

    [found] = distributions(path=[str(packages)])

    assert found.name == "poster-exporter-checkout"
    assert {(e.group, e.name) for e in found.entry_points} == {
        ("celery.commands", "jobs"), ("celery.commands", "pool"),
    }  # fmt: skip
    for entry in found.entry_points:
        assert entry.load().name == entry.name
    assert (packages / f"{NAME}.pth").read_text() == f"{ROOT}\n"


def test_an_older_version_leaves_nothing(packages, venv):
    (packages / f"{NAME}-0.0.1.dist-info").mkdir()

    make_known(ROOT, venv)
    make_known(ROOT, venv)

    assert len(list(packages.glob("*.dist-info"))) == 1


@pytest.fixture
def venv(tmp_path):
    return tmp_path


@pytest.fixture
def packages(venv):
    folder = venv / "lib" / "python3.11" / "site-packages"
    folder.mkdir(parents=True)
    return folder
