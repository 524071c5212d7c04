import os
import subprocess
import sys
import threading
import time
from typing import IO

from tests.bench.cost import CpuMeter, PeakMemory, cpu_s, memory_bytes

# Works for half a second of CPU, takes 64 MB, says so, and waits to be told to end.
BUSY = """
import sys, time
held = bytearray(64 * 2**20)
while time.process_time() < 0.5: pass
print("done", flush=True)
sys.stdin.read()
"""

# Told to, starts a child that runs BUSY below it; told again, kills the child alone.
PARENT = """
import subprocess, sys
sys.stdin.readline()
middle = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
child = subprocess.Popen([sys.executable, "-c", middle, sys.argv[1]], stdin=subprocess.PIPE)
sys.stdin.readline()
child.kill()
child.wait()
print("killed", flush=True)
sys.stdin.readline()
"""


def test_the_cost_of_a_child_counts_while_it_runs_and_when_it_is_buried() -> None:
    before = cpu_s(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child, PeakMemory(child.pid) as peak:  # fmt: skip
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline() == b"done\n"
        running, memory = cpu_s(os.getpid()) - before, memory_bytes(child.pid)
        child.stdin.close()
    buried = cpu_s(os.getpid()) - before

    assert running >= 0.45
    assert buried >= 0.45
    assert memory > 64 * 2**20
    assert peak.bytes > 64 * 2**20


def test_the_meter_knows_what_a_killed_childs_children_used() -> None:
    """As a browser that is replaced: killed, its renderers buried by nobody of its tree."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as root:  # fmt: skip
        assert root.stdin
        assert root.stdout
        with CpuMeter({"tree": root.pid}) as meter:
            tell(root.stdin)
            assert root.stdout.readline() == b"done\n"
            deadline = time.monotonic() + 10
            while meter.used_s["tree"] < 0.45 and time.monotonic() < deadline:
                threading.Event().wait(0.05)
            tell(root.stdin)
            assert root.stdout.readline() == b"killed\n"
        told = cpu_s(root.pid)
        tell(root.stdin)

    assert meter.used_s["tree"] >= 0.45
    # The grandchild's half second is in no other account.
    assert told < 0.45


def test_the_meter_counts_from_its_beginning_on() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:  # fmt: skip
        assert child.stdout
        assert child.stdout.readline() == b"done\n"
        with CpuMeter({"child": child.pid}) as meter:
            pass
        child.communicate()

    assert meter.used_s["child"] < 0.1


def test_a_process_that_is_not_there_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass

    assert cpu_s(gone.pid) == 0
    assert memory_bytes(gone.pid) == 0


def tell(stdin: IO[bytes]) -> None:
    stdin.write(b"\n")
    stdin.flush()
