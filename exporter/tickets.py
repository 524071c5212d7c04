"""A ticket: one attempt at one job as the gateway sees it, from the order to the drawn pieces."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from exporter.errors import ImageError
from exporter.foreign import Foreign
from exporter.pieces import Pieces

STAGES = frozenset({"settling", "drawing", "drawn", "encoded"})
# A poster asks for some hundred tiles; a count beyond this is a mistake of the page.
MAX_TILES = 1_000_000
# Enough to find the place on the map, few enough for a job record.
NAMED = 20

SERVED, EMPTY, MISSING = "served", "empty", "missing"

OnProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Tiles:
    """How many tiles ended one way, and the first of them as z/x/y."""

    count: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class TileReport:
    """How a job's tiles ended; *failed* by error code. *empty* ones hold nothing to draw."""

    served: int = 0
    empty: int = 0
    missing: Tiles = Tiles()
    failed: Mapping[str, Tiles] = field(default_factory=dict)


class Ticket:
    """Open while its `with` block runs; *word* is what the page knows it by.

    `foreign` is what the job's own style may fetch, None for a style of ours.
    """

    def __init__(
        self,
        job: dict[str, Any],
        on_progress: OnProgress,
        pieces: Pieces,
        close: Callable[[str], object],
    ) -> None:
        self.word = secrets.token_urlsafe(16)
        self.job = job
        self.foreign: Foreign | None = None
        self._on_progress = on_progress
        self._close = close
        self._pieces: Pieces | None = pieces
        self._places: dict[Path, int] = {}
        self._outcomes: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close(self.word)
        if self._pieces:
            self._pieces.remove()
        if self.foreign:
            self.foreign.close()

    def take_pieces(self) -> Pieces:
        """Return what the page sent; from here on it is the caller's to remove.

        The page answers only after its pieces were taken. Raises ImageError when it sent none.
        """
        if self._pieces is None or not any(self._places.values()):
            raise ImageError("the page called itself done but sent no image")
        pieces, self._pieces = self._pieces, None
        return pieces

    @property
    def tiles(self) -> TileReport:
        """How the tiles of this ticket ended; of one asked for again, the last end counts."""
        by_outcome: dict[str, list[str]] = {}
        for name, outcome in self._outcomes.items():
            by_outcome.setdefault(outcome, []).append(name)
        ended = {key: Tiles(len(names), tuple(names[:NAMED])) for key, names in by_outcome.items()}
        return TileReport(
            served=ended.pop(SERVED, Tiles()).count,
            empty=ended.pop(EMPTY, Tiles()).count,
            missing=ended.pop(MISSING, Tiles()),
            failed=ended,
        )

    def warnings(self) -> list[dict[str, Any]]:
        """Return what a caller should know of the tiles: `{code, message, count, tiles}` each."""
        report = self.tiles
        found = [("missing_tiles", "tiles do not exist at the source", report.missing)]
        found += [
            ("failed_tiles", f"tiles could not be fetched ({code})", tiles)
            for code, tiles in report.failed.items()
        ]
        return [
            {
                "code": code,
                "message": f"{tiles.count} {what}.",
                "count": tiles.count,
                "tiles": list(tiles.names),
            }
            for code, what, tiles in found
            if tiles.count
        ]

    def tile_ended(self, name: str, outcome: str) -> bool:
        """Note how the tile *name* (z/x/y) ended; True when it is the first to end that way."""
        first = outcome not in self._outcomes.values()
        self._outcomes[name] = outcome
        return first

    def progressed(self, stage: object, done: object, total: object) -> bool:
        """Pass the page's progress on; False when it is not of the contract."""
        if stage not in STAGES or not _is_count(done) or not _is_count(total):
            return False
        self._on_progress(str(stage), int(str(done)), int(str(total)))
        return True

    def expect_piece(self, x: int, y: int) -> Path | None:
        """Reserve a place and return the file for it; None when a piece of it came or is coming."""
        path = self._pieces.at(x, y) if self._pieces else None
        if path is None or path in self._places:
            return None
        self._places[path] = 0
        return path

    def piece_ended(self, path: Path, size_bytes: int) -> None:
        """Note that a piece is whole; 0 gives its place back after a broken or refused upload."""
        if size_bytes:
            self._places[path] = size_bytes
        else:
            path.unlink(missing_ok=True)
            self._places.pop(path, None)

    @property
    def received_bytes(self) -> int:
        """The size of all pieces that came."""
        return sum(self._places.values())


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_TILES
