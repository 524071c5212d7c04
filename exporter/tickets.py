"""A ticket: one attempt at one job as the gateway sees it, from the order to the image."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from exporter.errors import ImageError
from exporter.foreign import Foreign

STAGES = frozenset({"settling", "drawn", "encoded"})
# A poster asks for some hundred tiles; a count beyond this is a mistake of the page.
MAX_TILES = 1_000_000
# Enough to find the place on the map, few enough for a job record.
NAMED = 20
# The page answers only after its image was taken, so the image is there; this bounds a page bug.
IMAGE_WAIT_S = 10.0

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
        self, job: dict[str, Any], on_progress: OnProgress, close: Callable[[str], object]
    ) -> None:
        self.word = secrets.token_urlsafe(16)
        self.job = job
        self.foreign: Foreign | None = None
        self._on_progress = on_progress
        self._close = close
        self._image: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._receiving = False
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
        self._image.cancel()
        if self.foreign:
            self.foreign.close()

    async def image(self) -> bytes:
        """Return the image the page sent. Raises ImageError when it sent none."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._image), IMAGE_WAIT_S)
        except TimeoutError as err:
            raise ImageError("the page called itself done but sent no image") from err

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

    def expect_image(self) -> bool:
        """Reserve the one place for an image; False when one came or is coming."""
        expected, self._receiving = not self._receiving, True
        return expected

    def take_image(self, image: bytes | None) -> None:
        """Take the whole *image*; None gives the place back after a broken or refused upload."""
        if image is None:
            self._receiving = False
        elif not self._image.done():
            self._image.set_result(image)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_TILES
