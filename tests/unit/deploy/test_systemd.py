"""The units for machines without containers, read by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
units = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on the path"
)
@units
def test_systemd_finds_nothing_wrong(unit, tmp_path):
    # Where it is installed, its program is there; here the checkout stands in.
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/poster-exporter", str(ROOT)))

    answer = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(copy)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (answer.returncode, answer.stderr) == (0, "")


@units
def test_each_is_locked_in_and_has_time_to_finish(unit):
    said = dict(re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE))

    assert said["User"] == "exporter"
    assert said["CapabilityBoundingSet"] == ""
    assert (said["NoNewPrivileges"], said["ProtectSystem"]) == ("yes", "strict")
    assert said["TimeoutStopSec"] == "45"
    assert {"MemoryMax", "TasksMax"} <= said.keys()


def test_there_is_one_for_each_role():
    assert [unit.stem for unit in UNITS] == ["poster-flower", "poster-webapi", "poster-worker@"]
