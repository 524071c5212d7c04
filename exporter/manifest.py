"""The account of a poster that goes with its result: what drew it, with what, from where.

The page tells what it drew; this adds what only the worker knows. After page, before the job's end.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import exporter
from exporter.page_files import RENDERER_DIR
from exporter.poster import PosterJob, to_json

HASH_CHARS = 16


def whole(
    page: Mapping[str, Any], job: PosterJob, *, chromium: str, sources: Mapping[str, str]
) -> dict[str, Any]:
    """Return *page*'s manifest of *job* with hashes, versions and sources.

    `config_hash` is the same for two requests exactly when their posters are asked for alike;
    *sources* says where each kind of tile came from, with its version where one is known.
    """
    return {
        **page,
        "config_hash": fingerprint(to_json(job.config)),
        "style_hash": _style_hash(job),
        "palette_hash": _palette_hash(job, str(page["palette"])),
        "sources": dict(sources),
        "chromium": chromium,
        "exporter": exporter.__version__,
    }


def fingerprint(value: Any) -> str:
    """Return a short hash of a JSON *value*, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARS]


def _style_hash(job: PosterJob) -> str:
    style = job.config.style
    return str(_style(style)["version"]) if isinstance(style, str) else fingerprint(to_json(style))


def _palette_hash(job: PosterJob, palette_id: str) -> str:
    """Return the hash of the palette drawn with; the page alone knows a style's default."""
    style, palette = job.config.style, job.config.palette
    if not isinstance(palette, str):
        return fingerprint(to_json(palette))
    palettes = _style(style if isinstance(style, str) else style.base)["palettes"]
    return fingerprint(next((p for p in palettes if p["id"] == palette_id), palette_id))


@cache
def _style(style_id: str) -> dict[str, Any]:
    path = RENDERER_DIR / "shared-styles" / "styles" / f"{style_id}.json"
    style: dict[str, Any] = json.loads(path.read_text())
    return style
