"""make's own exit code is 2 for every failure; ours are 0, 1 and 2 (see the Makefile)."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROBES = """
include Makefile
exit-0 exit-1 exit-2 exit-3:
	$(do) sh -c 'echo ran $@; exit $(subst exit-,,$@)'
both: exit-1 exit-0
"""


@pytest.mark.parametrize(("code", "told"), [(0, 0), (1, 1), (2, 2), (3, 2)])
def test_a_targets_exit_code_reaches_the_caller(code: int, told: int) -> None:
    answer = _make(f"exit-{code}", probes=True)

    assert (answer.returncode, answer.stdout) == (told, f"ran exit-{code}\n")


def test_a_missed_goal_ends_the_chain() -> None:
    answer = _make("both", probes=True)

    assert (answer.returncode, answer.stdout) == (1, "ran exit-1\n")


def test_a_dry_run_runs_nothing() -> None:
    answer = _make("--dry-run", "exit-1", probes=True)

    assert answer.returncode == 0
    assert "ran exit-1\n" not in answer.stdout.splitlines(keepends=True)


def test_every_line_of_every_recipe_passes_its_exit_code_on() -> None:
    recipes = re.findall(r"^\t(?!\t)(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert [line for line in recipes if not line.startswith("$(do) ")] == []


def test_make_alone_explains_every_target() -> None:
    answer = _make()

    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^make (\S+) ", answer.stdout, re.MULTILINE) == targets
    assert answer.returncode == 0


def test_without_python_one_sentence_says_what_to_install() -> None:
    answer = _make("setup", "PYTHON=python3.nowhere")

    assert answer.returncode == 2
    assert answer.stderr.startswith("python3.nowhere is missing: install Python 3.11")


def _make(*arguments: str, probes: bool = False) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["env", "--unset=MAKEFLAGS", "--unset=MAKELEVEL", "make",
         *(["--file=-"] if probes else []), *arguments],
        cwd=ROOT,
        input=PROBES if probes else "",
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
