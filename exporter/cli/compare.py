"""`python -m exporter compare`: the same requests to the old export and to the new, side by side.

Shadow mode's judge (docs/migration.md). Both are asked for pictures, one request after the other,
so that neither slows the other down.
"""

import io
import json
import statistics
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click
from PIL import Image

from exporter.cli.difference import Difference, write_side_by_side
from exporter.cli.difference import compare as difference_of
from exporter.cli.text import table

GENERATE = "/api/v1/posters/generate"
# Above the longest wait of either.
TIMEOUT_S = 90.0
MAX_REASON = 60


@dataclass(frozen=True)
class Drawn:
    """What one export made of a request: a picture, or the reason why not. Times in seconds."""

    seconds: float
    picture: Image.Image | None
    reason: str = ""

    @property
    def size(self) -> str:
        return f"{self.picture.width}x{self.picture.height}" if self.picture else "-"


@dataclass(frozen=True)
class Pair:
    """One request to both."""

    number: int
    old: Drawn
    new: Drawn
    difference: Difference | None

    @property
    def lost(self) -> bool:
        """Tell whether the old export drew what the new one does not."""
        return self.old.picture is not None and self.new.picture is None


@click.command()
@click.option("--old", required=True, help="Base URL of the old export.")
@click.option("--new", required=True, help="Base URL of this one.")
@click.option("--old-key", type=click.File(), required=True, help="File with its API key.")
@click.option("--new-key", type=click.File(), required=True, help="File with its API key.")
@click.option(
    "--requests", type=click.File(), required=True, help="Bodies, one a line, as nginx logs them."
)
@click.option("--limit", default=20, show_default=True, help="So many requests; 0: all.")
@click.option(
    "--most", type=float, default=1.0, show_default=True, help="Share of pixels that may differ."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/compare"),
    show_default=True,
    help="Folder for pictures side by side and report.json.",
)
def compare(
    *,
    old: str,
    new: str,
    old_key: TextIO,
    new_key: TextIO,
    requests: TextIO,
    limit: int,
    most: float,
    out: Path,
) -> None:
    """Draw the same requests on both exports and show how they differ.

    Exit code 1: the new export could not draw what the old one did, or more than --most of a
    poster's pixels differ visibly. 2: there was nothing to compare.
    """
    bodies = _bodies(requests, limit)
    if not bodies:
        raise click.UsageError("there is no request in the file")
    old_at, new_at = Exporter(old, old_key.read()), Exporter(new, new_key.read())
    pairs = []
    for number, body in enumerate(bodies, 1):
        pairs.append(_pair(number, old_at.draw(body), new_at.draw(body), out))
        click.echo(f"{number} of {len(bodies)}", err=True)
    _report(pairs, out)
    wrong = [
        pair for pair in pairs if pair.lost or (pair.difference and pair.difference.share > most)
    ]
    if not any(pair.difference for pair in pairs):
        click.echo("no request was drawn by both", err=True)
        sys.exit(2)
    sys.exit(1 if wrong else 0)


class Exporter:
    """One export's address and key."""

    def __init__(self, url: str, key: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise click.UsageError(f"{url!r} must start with https:// or http://")
        self._url = url.rstrip("/") + GENERATE
        self._headers = {
            "Authorization": f"Bearer {key.strip()}",
            "Content-Type": "application/json",
            "Accept": "image/png",
            "Prefer": "wait=60",
            # A poster that is kept from before would be found in no time.
            "Cache-Control": "no-cache",
        }

    def draw(self, body: dict[str, Any]) -> Drawn:
        """Ask for the picture of *body* and wait for it; a refusal is an answer too."""
        data = json.dumps(body).encode()
        # S310: the scheme was checked above.
        request = urllib.request.Request(self._url, data, self._headers)  # noqa: S310
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                content = answer.read()
                seconds = time.monotonic() - began
                if answer.headers.get_content_type() != "image/png":
                    return Drawn(seconds, None, f"{answer.status}, not a picture")
            return Drawn(seconds, Image.open(io.BytesIO(content)).convert("RGBA"))
        except urllib.error.HTTPError as err:
            with err:
                reason = _reason(err.read())
            return Drawn(time.monotonic() - began, None, f"{err.code} {reason}")
        except OSError as err:
            return Drawn(time.monotonic() - began, None, str(err))


def _bodies(lines: TextIO, limit: int) -> list[dict[str, Any]]:
    """Return the bodies in *lines*: objects, or texts that hold one. Raises UsageError."""
    found = list(_read(lines))
    return found[:limit] if limit else found


def _read(lines: TextIO) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            body = json.loads(line)
            body = json.loads(body) if isinstance(body, str) else body
        except ValueError as err:
            raise click.UsageError(f"line {number} is no JSON: {err}") from err
        if not isinstance(body, dict):
            raise click.UsageError(f"line {number} holds no body of a request")
        yield body


def _pair(number: int, old: Drawn, new: Drawn, out: Path) -> Pair:
    if old.picture is None or new.picture is None:
        return Pair(number, old, new, None)
    # The new export may draw finer: what is compared is what a person sees at the same size.
    seen = new.picture
    if seen.size != old.picture.size and _same_shape(old.picture, seen):
        seen = seen.resize(old.picture.size, Image.Resampling.LANCZOS)
    write_side_by_side(out / f"{number:04}.png", old.picture, seen, ("old", "new"))
    return Pair(number, old, new, difference_of(old.picture, seen))


def _same_shape(one: Image.Image, other: Image.Image) -> bool:
    return abs(one.width * other.height - other.width * one.height) <= max(*one.size, *other.size)


def _report(pairs: list[Pair], out: Path) -> None:
    """Print a line for each pair and the sums; write the same as JSON."""
    rows = [
        [
            str(pair.number),
            f"{pair.old.seconds:.2f}",
            f"{pair.new.seconds:.2f}",
            pair.old.size,
            pair.new.size,
            f"{pair.difference.share:.2%}" if pair.difference else "-",
            _short(pair.old.reason or pair.new.reason),
        ]
        for pair in pairs
    ]
    click.echo(table(["NR", "OLD S", "NEW S", "OLD PX", "NEW PX", "DIFFERS", "WHY NOT"], rows))
    both = [pair for pair in pairs if pair.difference]
    totals: dict[str, Any] = {
        "requests": len(pairs),
        "drawn_by_both": len(both),
        "lost": sum(pair.lost for pair in pairs),
    }
    if both:
        shares = [pair.difference.share for pair in both if pair.difference]
        totals |= {
            "old_median_s": round(statistics.median(pair.old.seconds for pair in both), 3),
            "new_median_s": round(statistics.median(pair.new.seconds for pair in both), 3),
            "differs_median": round(statistics.median(shares), 6),
            "differs_most": round(max(shares), 6),
        }
    click.echo(", ".join(f"{name} {value}" for name, value in totals.items()))
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps({**totals, "pairs": rows}, indent=1) + "\n")


def _reason(body: bytes) -> str:
    """Return what an error says of itself, by the form of either export."""
    try:
        told = json.loads(body)
        return str(told.get("detail") or told.get("message") or told.get("error") or "")
    except (ValueError, AttributeError):
        return ""


def _short(text: str) -> str:
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"
