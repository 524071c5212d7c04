"""A short load by the command that runs the long one; Locust's environment is made if need be."""

import json
import os
import subprocess
import sys

import pytest

from tests.functional.service import ROOT

pytestmark = pytest.mark.long

# 20 s are usual; Locust's environment, made once, takes as long again.
LIMIT_S = 110.0
# More than there are posters, so that one at least is drawn several times.
CALLERS = 14
CONCURRENCY = "exports in flight at once"


@pytest.mark.timeout(LIMIT_S + 30)
def test_a_few_callers_meet_all_criteria_but_a_hundred_exports_in_flight() -> None:
    given = {"LOAD_USERS": str(CALLERS), "LOAD_MINUTES": "0.02", "LOAD_SIZE": "240x360"}

    answer = subprocess.run(
        ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "tests.load"],
        cwd=ROOT,
        env={**os.environ, **given, "LOAD_DOCS": ""},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert answer.returncode == 1, f"{answer.stdout}\n{answer.stderr[-3000:]}"
    report = json.loads((ROOT / "build" / "load-short" / "report.json").read_text())
    missed = [goal for goal in report["goals"] if not goal["met"]]
    assert [goal["name"] for goal in missed] == [CONCURRENCY], answer.stdout
    # Really several at once, as Redis saw it - more than are drawn - and no more than callers.
    in_flight = max(look["waiting"] + look["running"] for look in report["looks"])
    assert 2 < in_flight <= CALLERS
    assert {export["caller"] for export in report["exports"]} == set(range(CALLERS))
