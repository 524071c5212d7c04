"""docs/performance.md and its plot, brought up to date from a run (BENCH_DOCS=1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def write_docs(root: Path, table: str, picture: str, about: Mapping[str, str]) -> None:
    """Put *table* between the marks of docs/performance.md, and *picture* beside it."""
    page = root / "docs" / "performance.md"
    page.write_text(replaced(page.read_text(), table, about, datetime.now(UTC).date().isoformat()))
    (root / "docs" / "pictures" / "performance.svg").write_text(picture)


def replaced(page: str, table: str, about: Mapping[str, str], day: str) -> str:
    """Return *page* with what lies between its marks made anew. Raises ValueError without them."""
    before, rest = page[: page.index(BEGIN)], page[page.index(END) :]
    told = f"{day}, {about['cores']} cores of {about['processor']}, {about['chromium']}"
    return f"{before}{BEGIN}\n{told}:\n\n```\n{table}\n```\n{rest}"
