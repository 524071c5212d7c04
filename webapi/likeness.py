"""What makes two requests the same poster: a hash of all that decides its files.

After schemas, before dispatch (docs/adr/0025). Not of what only concerns the job: its key, urgency,
owner, time limit, webhook.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import request

import exporter
from exporter.jobs import Likeness
from exporter.page_files import FOLDERS, RENDERER_DIR
from exporter.poster import PosterJob, to_json
from exporter.settings import Settings
from webapi.catalogue import Catalogue

# What of a job's message says nothing of its files.
_BESIDE = frozenset({"jobId", "keyId", "priority", "userId", "timeoutS", "version"})
# The page's own files, and the versions of the map library and the fonts.
_PAGE = ("index.html", "package-lock.json")

PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": "Cache-Control",
    "required": False,
    "description": "`no-cache`: draw it, also when the same poster is being drawn or kept.",
    "schema": {"type": "string"},
}


def likeness(job: PosterJob, drawn_by: str) -> Likeness:
    """Return the likeness of *job*, and whether this request wants a drawing of its own."""
    said = {name: item for name, item in to_json(job).items() if name not in _BESIDE}
    text = json.dumps([drawn_by, said], separators=(",", ":"))
    no_cache = request.cache_control.no_cache
    return Likeness(sha256(text.encode()).hexdigest(), fresh=bool(no_cache))


def drawn_by(settings: Settings, catalogue: Catalogue) -> str:
    """Return a hash of what draws: our own code, styles and page, and where tiles come from.

    Read once per process. An update of the service therefore draws everything anew.
    """
    ours = Path(exporter.__file__).parent
    files = [*ours.rglob("*.py"), *ours.rglob("*.icc"), *(RENDERER_DIR / name for name in _PAGE)]
    for folder in FOLDERS:
        files += (path for path in (RENDERER_DIR / folder).rglob("*") if path.is_file())
    sources = (settings.tiles_url, settings.terrain_url, settings.population_url)
    whole = sha256("\n".join([catalogue.version, *sources]).encode())
    for path in sorted(files):
        whole.update(path.name.encode() + sha256(path.read_bytes()).digest())
    return whole.hexdigest()
