"""A stamp says from what a set-up step was made, so that the step runs again only on a change.

Standard library only: it runs before the virtual environment exists.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path


class Stamp:
    """A file holding the hash of all a step depends on. Write it after the step succeeded."""

    def __init__(self, path: Path, *, files: Iterable[Path], words: Iterable[str]) -> None:
        self._path = path
        digest = hashlib.sha256()
        for part in (*(file.read_bytes() for file in files), *(word.encode() for word in words)):
            digest.update(hashlib.sha256(part).digest())
        self._hash = digest.hexdigest()

    def fresh(self) -> bool:
        """Tell whether the step was last done with exactly these files and words."""
        return self._path.is_file() and self._path.read_text() == self._hash

    def write(self) -> None:
        self._path.write_text(self._hash)
