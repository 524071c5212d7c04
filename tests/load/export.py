"""One export as its caller saw it, and the file in which callers leave them, a line of JSON each.

Runs in Locust's environment too, so the standard library only.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

COMPLETED = "completed"


@dataclass
class Export:
    """*outcome* is `completed`, or what went wrong.

    Moments are seconds of the clock, 0 where it did not come to them: `asked_at` and `accepted_at`
    by the caller, `ended_at` by the service. `render_s` is claim to stored, `wait_s` submit to
    claim; `sha256` is the file's, computed by the caller.
    """

    caller: int
    order: str
    priority: str
    asked_at: float
    accepted_at: float = 0.0
    ended_at: float = 0.0
    job_id: str = ""
    outcome: str = ""
    render_s: float = 0.0
    wait_s: float = 0.0
    sha256: str = ""
    attempts: int = 0

    @property
    def is_completed(self) -> bool:
        return self.outcome == COMPLETED


def write(export: Export, path: Path) -> None:
    """Append *export* to *path*."""
    with path.open("a") as file:
        file.write(json.dumps(asdict(export)) + "\n")


def read(path: Path) -> Sequence[Export]:
    """Return what callers have left so far; a last line that is not whole yet is left out."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text().rpartition("\n")
    return [Export(**json.loads(line)) for line in whole.splitlines()]
