"""How the commands of this folder end: the three exit codes, and the refusal with one sentence.

Used before the virtual environment exists, so the standard library only.
"""

import sys
import traceback
from collections.abc import Callable

MET = 0
MISSED = 1
COULD_NOT_RUN = 2


class CannotRun(Exception):
    """The command cannot do its work; its text is one sentence that says what to do about it."""


def exit_with(command: Callable[[], int]) -> None:
    """Run *command* and leave with its exit code, 2 and one sentence if it refuses."""
    code = COULD_NOT_RUN
    try:
        code = command()
    except CannotRun as refusal:
        print(refusal, file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    except Exception:
        # Python's own 1 would say that a goal was missed.
        traceback.print_exc()
    sys.exit(code)
