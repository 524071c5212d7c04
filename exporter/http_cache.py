"""The disk cache of fetched answers, shared by all worker processes of a host; under egress.

One file per URL: a JSON line that describes the answer, then its body as it came. Files are
written beside their place and renamed into it, so a reader sees a whole entry or none, and no
locks are needed. Methods block on the disk: call them in a thread.
"""

import json
import os
import tempfile
import time
import zlib
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

# Evicting a tenth at once makes the scan behind it rare.
KEEP_SHARE = 0.9
# Look at the folder again after writing a twentieth of the cap: other processes write too, and
# their writes are only seen by looking.
SCAN_SHARE = 0.05
# A part file so old belongs to a process that died while writing it.
PART_MAX_AGE_S = 600.0


@dataclass(frozen=True)
class Entry:
    """One stored answer. *body* is as it came (see *encoding*); *fresh_until* is unix time."""

    url: str
    status: int
    content_type: str
    encoding: str
    etag: str
    last_modified: str
    fresh_until: float
    body: bytes


class HttpCache:
    """Answers in *folder*, at most about *max_bytes* of them, the least recently used evicted."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._written: float = float("inf")  # unknown until the first scan
        self.evictions = 0

    def get(self, url: str) -> Entry | None:
        """Return the entry of *url*, fresh or stale; None when absent or damaged."""
        path = self._path(url)
        try:
            entry = _unpack(path.read_bytes())
            if entry.url != url:
                raise ValueError("another URL's entry")
            os.utime(path)  # the modification time is the time of last use
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as err:
            log.warning("cache_entry_dropped", file=path.name, cause=repr(err))
            path.unlink(missing_ok=True)
            return None
        return entry

    def put(self, entry: Entry) -> None:
        """Store *entry*, replacing an older one. A full or broken disk is logged, not raised."""
        path = self._path(entry.url)
        packed = _pack(entry)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(path, packed)
            self._written += len(packed)
            if self._written > self._max_bytes * SCAN_SHARE:
                self._evict()
        except OSError as err:
            log.warning("cache_write_failed", cause=repr(err))

    def _path(self, url: str) -> Path:
        name = sha256(url.encode()).hexdigest()
        return self._folder / name[:2] / name[2:4] / name

    def _evict(self) -> None:
        """Remove the entries unused for longest until 90 % of the cap is left, if above it."""
        found = sorted(self._scan())
        total = sum(size for _, size, _ in found)
        self._written = 0
        if total <= self._max_bytes:
            return
        for _, size, path in found:
            if total <= self._max_bytes * KEEP_SHARE:
                break
            path.unlink(missing_ok=True)
            total -= size
            self.evictions += 1

    def _scan(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob("*/*/*"):
            try:
                stat = path.stat()
            except FileNotFoundError:  # evicted by another process meanwhile
                continue
            if path.suffix == ".part" and time.time() - stat.st_mtime > PART_MAX_AGE_S:
                path.unlink(missing_ok=True)
                continue
            found.append((stat.st_mtime, stat.st_size, path))
        return found


def _write(path: Path, packed: bytes) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        Path(part).replace(path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def _pack(entry: Entry) -> bytes:
    about = asdict(replace(entry, body=b"")) | {"crc": zlib.crc32(entry.body)}
    del about["body"]
    return json.dumps(about).encode() + b"\n" + entry.body


def _unpack(packed: bytes) -> Entry:
    head, _, body = packed.partition(b"\n")
    about = json.loads(head)
    if about.pop("crc") != zlib.crc32(body):
        raise ValueError("the body does not fit its checksum")
    return Entry(**about, body=body)
