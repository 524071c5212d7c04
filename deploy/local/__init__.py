"""Sets this machine up and runs the whole service on it: behind every target of the Makefile."""

import sys

# Here, because it runs before any module of this folder is read. Keep this file readable for old
# Pythons: no newer syntax than theirs.
if sys.version_info < (3, 11):  # noqa: UP036 - nothing has looked at this Python yet
    print(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old: install Python 3.11 or "
        "newer (on Debian 12 or newer: apt-get install python3) and run this again, or name one "
        "with `make PYTHON=...`.",
        file=sys.stderr,
    )
    sys.exit(2)
