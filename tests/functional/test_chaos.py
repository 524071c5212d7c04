"""The short version of the chaos gates, by the command that runs the long ones."""

import json
import os
import subprocess
import sys

import pytest

from exporter.failpoints import NAMES
from tests.functional.service import ROOT

LIMIT_S = 420.0


@pytest.mark.timeout(LIMIT_S + 30)
def test_nothing_is_lost_stuck_or_doubled_under_each_fault() -> None:
    answer = subprocess.run(
        ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "tests.chaos"],
        cwd=ROOT,
        env={**os.environ, "GATE": "SHORT", "SEED": "1", "JOBS": "", "MUTATE": ""},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr[-3000:]}"
    report = json.loads((ROOT / "build" / "chaos-short" / "report.json").read_text())
    # Each failpoint there is was reached, by this test alone.
    assert report["facts"]["SHORT"]["failpoints fired"] == sorted(NAMES)
