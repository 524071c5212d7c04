"""CPU seconds count children, also those that ended; limits are those of the control group."""

import os
import subprocess
import sys

import pytest

from exporter import usage

BUSY_S = 0.2
# The kernel counts user and system time in hundredths, each rounded down.
ROUNDING_S = 0.02


def test_descendants_count_while_they_live_and_after():
    meter = usage.CpuMeter()
    before = meter.read()
    with busy_child() as child:
        child.stdout.readline()
        living = meter.read()
    ended = meter.read()

    assert living - before >= BUSY_S - ROUNDING_S
    assert ended >= living


def test_other_processes_do_not_count():
    ours = usage._descendants(os.getpid())

    assert os.getpid() not in {pid for pid, _ in ours}
    assert os.getppid() not in {pid for pid, _ in ours}


class TestLimits:
    def test_of_version_2(self, group):
        (group / "memory.max").write_text("3221225472\n")
        (group / "cpu.max").write_text("150000 100000\n")

        assert usage.memory_limit_bytes(1) == 3 << 30
        assert usage.cores() == 1.5

    def test_of_version_1(self, group):
        (group / "memory").mkdir()
        (group / "memory" / "memory.limit_in_bytes").write_text("2147483648\n")

        assert usage.memory_limit_bytes(1) == 2 << 30

    @pytest.mark.parametrize("none", ["max", "9223372036854771712"])
    def test_without_one(self, group, none):
        (group / "memory.max").write_text(none)
        (group / "cpu.max").write_text("max 100000")

        assert usage.memory_limit_bytes(7) == 7
        assert usage.cores() == len(os.sched_getaffinity(0))

    def test_without_control_groups(self, group):
        assert usage.memory_limit_bytes(7) == 7
        assert usage.cores() >= 1

    @pytest.fixture
    def group(self, tmp_path, monkeypatch):
        monkeypatch.setattr(usage, "_CGROUP", tmp_path)
        return tmp_path


def busy_child() -> subprocess.Popen[bytes]:
    code = (
        "import sys, time\n"
        f"while time.process_time() < {BUSY_S}: pass\n"
        "print(flush=True)\n"
        "sys.stdin.read()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
