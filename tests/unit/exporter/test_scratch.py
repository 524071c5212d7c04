"""Celery's pool keeps its temporary folder where the next main process finds it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from exporter import scratch

# A main process: it makes its pool's shared memory, says so, and ends as its first argument says.
MAIN = """
import os, signal, sys
from exporter import scratch
scratch.house_pool()
from billiard import get_context
counter = get_context().Value("i")
print(scratch.folder(), flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_one_that_ends_in_order_leaves_nothing(tmp_path):
    main = run(tmp_path, "in order")

    assert (main.returncode, main.stderr) == (0, "")
    assert left(tmp_path) == []


def test_what_a_killed_one_leaves_is_removed_by_the_next(tmp_path):
    assert run(tmp_path, "killed").returncode == -signal.SIGKILL
    [folder] = left(tmp_path)
    assert folder.name.startswith("main-")
    assert [entry.name.split("-")[0] for entry in folder.iterdir()] == ["pymp"]

    run(tmp_path, "in order")

    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("pid", "stays"),
    [(1, True), (os.getppid(), True), (999_999_999, False)],
    ids=["init", "parent", "nobody"],
)
def test_only_what_is_of_the_dead_is_removed(tmp_path, pid, stays):
    folder = place(tmp_path) / f"main-{pid}"
    folder.mkdir(parents=True)

    run(tmp_path, "in order")

    assert folder.exists() is stays


def test_the_rest_goes_where_it_always_went(tmp_path):
    assert run(tmp_path, "in order").stdout.strip() == str(place(tmp_path))


def test_one_with_the_number_of_a_dead_one_begins_anew(tmp_path, monkeypatch):
    """As the main process of a container does after each start."""
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "get_temp_dir", lambda: scratch.tempfile.mkdtemp(prefix="pymp-"))
    monkeypatch.setattr(scratch, "Finalize", lambda *_args, **_named: None)
    before = place(tmp_path) / f"main-{os.getpid()}" / "pymp-old"
    before.mkdir(parents=True)

    scratch.house_pool()

    [kept] = before.parent.iterdir()
    assert kept.name != before.name


def run(tmp_path, end):
    return subprocess.run(
        [sys.executable, "-c", MAIN, end],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def place(tmp_path):
    return tmp_path / f"poster-exporter-{os.getuid()}"


def left(tmp_path):
    return [*tmp_path.glob("pymp-*"), *place(tmp_path).iterdir()]
