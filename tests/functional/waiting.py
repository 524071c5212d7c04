"""Waiting for a condition, with a deadline, never for time to pass."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_POLL_S = 0.05


def eventually(look: Callable[[], T], *, within_s: float, what: str) -> T:
    """Return the first true answer of *look*; fail when there is none within *within_s*."""
    deadline = time.monotonic() + within_s
    while True:
        if answer := look():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what} (last: {answer!r})")
        threading.Event().wait(_POLL_S)
