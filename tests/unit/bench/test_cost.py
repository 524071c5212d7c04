import os
import subprocess
import sys

from tests.bench.cost import PeakMemory, cpu_s, memory_bytes

# Works for half a second of CPU, takes 64 MB, says so, and waits to be told to end.
BUSY = """
import sys, time
held = bytearray(64 * 2**20)
while time.process_time() < 0.5: pass
print("done", flush=True)
sys.stdin.read()
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


def test_a_process_that_is_not_there_costs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass

    assert cpu_s(gone.pid) == 0
    assert memory_bytes(gone.pid) == 0
