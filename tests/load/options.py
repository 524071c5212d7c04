"""What a load may be told from outside, by the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.refusal import CannotRun
from tests.bench.subject import Size
from tests.load.criteria import LEAST_IN_FLIGHT

MOST_USERS = 2000
MOST_MINUTES = 24 * 60


@dataclass(frozen=True)
class Options:
    """*users* callers ask for *minutes*; *size* None: the mix. *docs*: put the table into docs."""

    users: int = 120
    minutes: float = 5.0
    size: Size | None = None
    docs: bool = False

    @property
    def kind(self) -> str:
        """Which kind of run this is, after which its folder is named.

        Fewer callers than must be in flight cannot meet the criteria, and leave a full run's
        report alone.
        """
        return "load" if self.users >= LEAST_IN_FLIGHT else "load-short"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Options":
        """Read LOAD_USERS, LOAD_MINUTES, LOAD_SIZE and LOAD_DOCS. Raises CannotRun."""
        users = env.get("LOAD_USERS") or "120"
        if not users.isdecimal() or not 1 <= int(users) <= MOST_USERS:
            raise CannotRun(f"LOAD_USERS must be a number from 1 to {MOST_USERS}, got {users!r}.")
        minutes = env.get("LOAD_MINUTES") or "5"
        if not re.fullmatch(r"\d+(\.\d+)?", minutes) or not 0 < float(minutes) <= MOST_MINUTES:
            raise CannotRun(
                f"LOAD_MINUTES must be more than 0 and at most {MOST_MINUTES}, got {minutes!r}."
            )
        return cls(int(users), float(minutes), _size(env), env.get("LOAD_DOCS") == "1")


def _size(env: Mapping[str, str]) -> Size | None:
    text = env.get("LOAD_SIZE") or "mix"
    if text == "mix":
        return None
    found = re.fullmatch(r"(\d{1,5}) ?x ?(\d{1,5})", text)
    if not found:
        raise CannotRun(f"LOAD_SIZE must be mix or pixels as 2400x3600, got {text!r}.")
    return Size(int(found[1]), int(found[2]))
