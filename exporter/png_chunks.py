"""Says inside a PNG how large it is printed and in which colours, without decoding it.

The page's PNG says neither. Its pixels stay as the page packed them: reading and writing 9 million
pixels again takes seconds, copying the file milliseconds.
"""

import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

INCH_M = 0.0254
_COPIED_AT_ONCE = 2**20
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METRE = 1
_PERCEPTUAL = 0
# Each says in another way what is said here; two of them must not disagree.
_REPLACED = frozenset({b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"iCCP", b"cICP"})


def tag(png: Path, tagged: Path, dpi: float) -> None:
    """Copy *png*, a whole one, to *tagged* with a pHYs and an sRGB chunk."""
    with png.open("rb") as source, tagged.open("wb") as target:
        target.write(source.read(len(_SIGNATURE)))
        for name, length in _chunks(source):
            if name == b"IDAT":
                break
            body = source.read(length + 4)
            if name not in _REPLACED:
                target.write(struct.pack(">I4s", length, name) + body)
            if name == b"IHDR":
                # Both belong before the pixels, sRGB before a palette as well.
                target.write(_chunk(b"sRGB", bytes([_PERCEPTUAL])) + _density(dpi))
        source.seek(-8, os.SEEK_CUR)
        shutil.copyfileobj(source, target, _COPIED_AT_ONCE)


def pixels_of(png: Path) -> bytes:
    """Return the compressed pixels of *png*: its IDAT chunks, joined."""
    pixels = bytearray()
    with png.open("rb") as source:
        source.seek(len(_SIGNATURE))
        for name, length in _chunks(source):
            body = source.read(length + 4)
            if name == b"IDAT":
                pixels += memoryview(body)[:-4]
    return bytes(pixels)


def _chunks(source: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield name and length of each chunk; its body and checksum are the caller's to read."""
    while head := source.read(8):
        length, name = struct.unpack(">I4s", head)
        yield name, length


def _density(dpi: float) -> bytes:
    per_metre = round(dpi / INCH_M)
    return _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, _METRE))


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)
