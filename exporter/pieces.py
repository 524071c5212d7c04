"""What the page sends: the pieces of one sheet, PNG files in a folder that goes when its job ends.

Files and not memory, so that the size of a poster costs disk only. Between tickets, which take the
pieces in, and image, which lays them side by side.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

FOLDER = "pieces"
_SUFFIX = ".piece"


@dataclass(frozen=True)
class Piece:
    """A PNG and where its upper left corner lies on the sheet, in pixels."""

    x: int
    y: int
    path: Path


class Pieces:
    """The pieces of one sheet, and room for what is made of them; a `with` removes it all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def new(cls, var_dir: Path) -> Self:
        """Make an empty folder below *var_dir*. Raises OSError."""
        root = var_dir / FOLDER
        root.mkdir(parents=True, exist_ok=True)
        return cls(Path(tempfile.mkdtemp(dir=root)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    def __iter__(self) -> Iterator[Piece]:
        """Yield the pieces, row by row."""
        found = [_piece(path) for path in self.folder.glob(f"*{_SUFFIX}")]
        yield from sorted(found, key=lambda piece: (piece.y, piece.x))

    def at(self, x: int, y: int) -> Path:
        """Return where the piece that begins at *x*, *y* is kept."""
        return self.folder / f"{x}-{y}{_SUFFIX}"

    def remove(self) -> None:
        """Remove the folder and all in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(var_dir: Path, older_than_s: float) -> None:
    """Remove the folders that processes left which were killed. Age tells, as hosts may share."""
    for folder in (var_dir / FOLDER).glob("*"):
        if time.time() - folder.stat().st_mtime > older_than_s:
            shutil.rmtree(folder, ignore_errors=True)


def _piece(path: Path) -> Piece:
    x, y = path.stem.split("-")
    return Piece(int(x), int(y), path)
