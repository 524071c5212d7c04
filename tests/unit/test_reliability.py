"""docs/reliability.md names what there is: each fault, each failpoint, and tests that exist."""

import re
from pathlib import Path

from exporter.failpoints import NAMES
from tests.chaos.__main__ import GATES
from tests.chaos.docs import marks, replaced

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
FAULTS = re.findall(r"^\| (F\d\d) \| .*? \| (.*) \|$", PAGE, re.MULTILINE)


def test_each_fault_has_a_row_that_says_what_holds_it():
    assert [number for number, _ in FAULTS] == [f"F{n:02}" for n in range(1, 65)]
    assert [number for number, held in FAULTS if not held.strip()] == []


def test_the_tests_it_names_are_there():
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", PAGE)

    assert len(named) > 30
    missing = [f"{f}::{t}" for f, t in named if f"def {t}(" not in (ROOT / f).read_text()]
    assert missing == []


def test_the_gates_it_names_are_there():
    held = " ".join(held for _, held in FAULTS)

    assert set(re.findall(r"\b(K\d+|SHORT)\b", held)) <= set(GATES)


def test_it_lists_each_failpoint():
    assert tuple(re.findall(r"^\| `([a-z_]+)` \| ", PAGE, re.MULTILINE)) == NAMES


def test_a_run_replaces_its_own_table_alone():
    for name in ("chaos", "soak", "mutants"):
        begin, end = marks(name)
        page = replaced(PAGE, name, "a table")

        assert f"{begin}\na table\n{end}" in page
        assert replaced(page, name, "x").count("-->") == PAGE.count("-->")
