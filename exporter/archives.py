"""Tiles from PMTiles archives on this host: one file, or all those of a folder.

The offline kind of source behind exporter/tiles.py.
"""

import asyncio
import json
import mmap
import zlib
from contextlib import ExitStack
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    HeaderDict,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from exporter.content import gunzip
from exporter.errors import InvalidSettings, TilesCorrupt
from exporter.tile_kinds import VECTOR, TileKind
from exporter.vector_tiles import (
    TileJson,
    TileMemory,
    joined,
    plain_text,
    sane_bounds,
    within,
)

# The format allows three levels of directories below its root.
MAX_DEPTH = 4
# Reading a directory costs milliseconds in Python; 64 of them hold a city and its surroundings.
DIRECTORIES_KEPT = 64
HEADER_BYTES = 127
MAX_METADATA_BYTES = 10_000_000

_NOT_AN_ARCHIVE = (
    OSError,
    ValueError,
    IndexError,
    EOFError,
    zlib.error,
    MagicNumberNotFound,
    SpecVersionUnsupported,
)


class Archive:
    """One open PMTiles file. Its methods block on the disk."""

    def __init__(self, path: Path, data: mmap.mmap, kind: TileKind) -> None:
        self._data = data
        self._header: HeaderDict = deserialize_header(self._read(0, HEADER_BYTES))
        _check_header(path, self._header, kind)
        self._gzipped = self._header["tile_compression"] is Compression.GZIP
        self._directory = lru_cache(DIRECTORIES_KEPT)(self._read_directory)
        self.tilejson = _tilejson(self._header, self._metadata())

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the tile as stored, None where the archive has none."""
        if not within(self.tilejson, z, x, y):
            return None
        tile_id = zxy_to_tileid(z, x, y)
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(MAX_DEPTH):
            entry = find_tile(self._directory(offset, length), tile_id)
            if entry is None:
                return None
            if entry.run_length:
                return self._read(self._header["tile_data_offset"] + entry.offset, entry.length)
            offset, length = self._header["leaf_directory_offset"] + entry.offset, entry.length
        raise TilesCorrupt(f"an archive's directories are more than {MAX_DEPTH} deep")

    def decoded(self, stored: bytes, max_bytes: int) -> bytes:
        """Return *stored* without its gzip."""
        return gunzip(stored, max_bytes) if self._gzipped else stored

    def _read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def _metadata(self) -> dict[str, Any]:
        packed = self._read(self._header["metadata_offset"], self._header["metadata_length"])
        metadata = json.loads(gunzip(packed, MAX_METADATA_BYTES))
        if not isinstance(metadata, dict):
            raise ValueError("its metadata is no JSON object")
        return metadata

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._read(offset, length))


class ArchiveTiles:
    """The tiles of all archives of *kind* at *path*; the first that has a tile answers."""

    def __init__(self, path: Path, max_bytes: int, kind: TileKind = VECTOR) -> None:
        """*max_bytes* bounds a decoded tile. Raises InvalidSettings without a usable archive."""
        self._kind = kind
        self._max_bytes = max_bytes
        self._memory = TileMemory()
        self._files = ExitStack()
        files = _archive_files(path, kind)
        self._names = ", ".join(f"{file.name} ({file.stat().st_size} bytes)" for file in files)
        self._archives = [self._open(file) for file in files]
        self._tilejson = _union([archive.tilejson for archive in self._archives], kind)

    async def tilejson(self) -> TileJson:
        """Return the union of what the archives cover."""
        return self._tilejson

    async def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the decoded tile, empty where no archive holds one inside the zoom range."""
        if not within(self._tilejson, z, x, y):
            return None
        key = f"{z}/{x}/{y}"
        tile = self._memory.get(key, now=0.0)
        if tile is None:
            tile = await asyncio.to_thread(self._tile, z, x, y)
            self._memory.put(key, tile, fresh_until=inf)
        return tile

    def origin(self) -> str:
        """Return the names and sizes of the archives."""
        return self._names

    async def close(self) -> None:
        """Unmap the archives."""
        self._files.close()

    def _tile(self, z: int, x: int, y: int) -> bytes:
        try:
            for archive in self._archives:
                stored = archive.tile(z, x, y)
                if stored is not None:
                    tile = archive.decoded(stored, self._max_bytes)
                    self._kind.check(tile)
                    return tile
        except (zlib.error, EOFError, OSError, ValueError, IndexError) as err:
            raise TilesCorrupt(f"tile {z}/{x}/{y} of an archive cannot be read: {err}") from err
        return b""

    def _open(self, path: Path) -> Archive:
        try:
            with path.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._files.enter_context(data)
            return Archive(path, data, self._kind)
        except _NOT_AN_ARCHIVE as err:
            raise InvalidSettings(
                f"{self._kind.setting}: {path} is not a PMTiles archive: {err!r}"
            ) from err


def _archive_files(path: Path, kind: TileKind) -> list[Path]:
    files = sorted(path.glob("*.pmtiles")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise InvalidSettings(
            f"{kind.setting} must name a .pmtiles file or a folder of them, got {path}"
        )
    return files


def _check_header(path: Path, header: HeaderDict, kind: TileKind) -> None:
    if header["tile_type"] is not kind.archived:
        raise InvalidSettings(f"{kind.setting}: {path} holds no {kind.word} tiles")
    # What PMTiles tools write for both kinds; brotli and zstd would need packages of their own.
    plain = (Compression.GZIP, Compression.NONE)
    if header["internal_compression"] is not Compression.GZIP or (
        header["tile_compression"] not in plain
    ):
        raise InvalidSettings(f"{kind.setting}: {path} must be compressed with gzip")


def _tilejson(header: HeaderDict, metadata: dict[str, Any]) -> TileJson:
    edges = [
        header[name] / 1e7 for name in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    ]
    credit = plain_text(str(metadata.get("attribution") or ""))
    return TileJson(header["min_zoom"], header["max_zoom"], sane_bounds(edges), credit)


def _union(parts: list[TileJson], kind: TileKind) -> TileJson:
    west, south, east, north = zip(*(part.bounds for part in parts), strict=True)
    return TileJson(
        minzoom=min(part.minzoom for part in parts),
        maxzoom=max(part.maxzoom for part in parts),
        bounds=(min(west), min(south), max(east), max(north)),
        attribution=joined((part.attribution for part in parts), kind.credit),
    )
