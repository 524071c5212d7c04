"""The report of a command that judges: its goals, what was measured, and the exit code they give.

It is written to `build/<target>/report.json`, also when the command could not run.
"""

import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.local.refusal import COULD_NOT_RUN, MET, MISSED

_VERDICTS = {MET: "all met", MISSED: "a goal missed", COULD_NOT_RUN: "could not run"}


@dataclass(frozen=True)
class Goal:
    """One thing that was to be reached: what was *wanted*, what was *measured*."""

    name: str
    met: bool
    wanted: Any
    measured: Any


class Report:
    """Collects goals and facts of one run of *target*, then writes them to *path*."""

    def __init__(self, target: str, path: Path) -> None:
        self._target = target
        self._path = path
        self._begun = time.monotonic()
        self._begun_at = datetime.now(UTC)
        self.goals: list[Goal] = []
        self.facts: dict[str, Any] = {}

    def goal(self, name: str, *, wanted: Any, measured: Any, met: bool | None = None) -> bool:
        """Record a goal, met when *measured* is what was *wanted* unless *met* says; return it."""
        reached = measured == wanted if met is None else met
        self.goals.append(Goal(name, reached, wanted, measured))
        return reached

    def close(self) -> int:
        """Write the report and return the exit code the goals give."""
        return self._write(MET if all(goal.met for goal in self.goals) else MISSED, "")

    def could_not_run(self, reason: str) -> int:
        """Write that there was nothing to judge, and why; return that exit code."""
        return self._write(COULD_NOT_RUN, reason)

    def _write(self, code: int, reason: str) -> int:
        report = {
            "target": self._target,
            "exit_code": code,
            "verdict": _VERDICTS[code],
            **({"reason": reason} if reason else {}),
            "begun_at": self._begun_at.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._begun, 1),
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "goals": [asdict(goal) for goal in self.goals],
            **self.facts,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(report, indent=2) + "\n")
        return code
