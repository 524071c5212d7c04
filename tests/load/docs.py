"""The section on load in docs/capacity.md and its plot, brought up to date (LOAD_DOCS=1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.docs import replaced
from tests.load.options import Options


def write_docs(
    root: Path, table: str, picture: str, options: Options, about: Mapping[str, str]
) -> None:
    """Put *table* between the marks of the page, and *picture* beside it."""
    page = root / "docs" / "capacity.md"
    told = heading(options, about, datetime.now(UTC).date().isoformat())
    page.write_text(replaced(page.read_text(), "load", f"{told}\n\n```\n{table}\n```"))
    (root / "docs" / "pictures" / "load.svg").write_text(picture)


def heading(options: Options, about: Mapping[str, str], day: str) -> str:
    """Return the line that says of which run a table is."""
    size = f"posters of {options.size}" if options.size else "the mix of sizes"
    where = f"{about['cores']} cores of {about['processor']}, {about['chromium']}"
    return f"{day}, {options.users} callers for {options.minutes:g} min, {size}; {where}:"
