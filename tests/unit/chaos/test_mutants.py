"""Each mutant still finds in this tree what it takes out of a copy, and leaves the tree alone."""

from pathlib import Path

import pytest

from deploy.local.refusal import CannotRun
from tests.chaos.mutants import ALL, Edit, Mutant

ROOT = Path(__file__).resolve().parents[3]
SAFEGUARDS = {
    "lease", "token", "start-counter", "outbox-transaction", "parent-death-signal", "sweeper",
}  # fmt: skip


def test_there_is_one_for_each_safeguard():
    assert {mutant.name for mutant in ALL} == SAFEGUARDS


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_it_changes_its_files_in_a_copy_and_nowhere_else(mutant):
    before = {edit.file: (ROOT / edit.file).read_text() for edit in mutant.edits}

    with mutant.tree(ROOT) as tree:
        changed = {file for file, text in before.items() if (tree / file).read_text() != text}
        if any(file.endswith(".py") for file in changed):
            for file in changed:
                if file.endswith(".py"):
                    compile((tree / file).read_text(), file, "exec")

    assert changed == set(before)
    assert {file: (ROOT / file).read_text() for file in before} == before
    assert not tree.exists()


def test_one_that_is_out_of_date_says_so():
    stale = Mutant("stale", (Edit("exporter/jobs.lua", "no such line", ""),))

    with (
        pytest.raises(CannotRun, match=r"jobs\.lua holds 'no such line' 0 times"),
        stale.tree(ROOT),
    ):
        pass
