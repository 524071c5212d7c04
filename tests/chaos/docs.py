"""The tables of runs in docs/reliability.md, brought up to date from a run (CHAOS_DOCS=1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.options import Options


def marks(name: str) -> tuple[str, str]:
    """Return what stands before and after the table of *name* in the page."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def write_docs(root: Path, table: str, options: Options, facts: Mapping[str, Any]) -> None:
    """Put *table* between its marks: a run of mutants, the soak, or the gates."""
    page = root / "docs" / "reliability.md"
    told = heading(options, facts, datetime.now(UTC).date().isoformat())
    page.write_text(replaced(page.read_text(), options.kind, f"{told}\n\n```\n{table}\n```"))


def heading(options: Options, facts: Mapping[str, Any], day: str) -> str:
    """Return the line that says of which run a table is."""
    about = facts["about"]
    jobs = f"{options.jobs} jobs a gate" if options.jobs else "each gate at its full strength"
    if options.mutate:
        jobs = "the short gates"
    where = f"{about['cores']} cores of {about['processor']}, {about['chromium']}"
    return f"{day}, seed {options.seed}, {options.workers} workers, {jobs}; {where}:"


def replaced(page: str, name: str, text: str) -> str:
    """Return *page* with what lies between the marks of *name* made anew. Raises ValueError."""
    begin, end = marks(name)
    before, rest = page[: page.index(begin)], page[page.index(end) :]
    return f"{before}{begin}\n{text}\n{rest}"
