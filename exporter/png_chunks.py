"""Says inside a PNG how large it is printed and in which colours, without decoding it.

The page's PNG says neither. Its pixels stay as the page packed them: reading and writing 9 million
pixels again takes seconds, copying the file milliseconds.
"""

import struct
import zlib
from collections.abc import Iterator

INCH_M = 0.0254
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METRE = 1
_PERCEPTUAL = 0
# Each says in another way what is said here; two of them must not disagree.
_REPLACED = frozenset({b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"iCCP", b"cICP"})


def tagged(png: bytes, dpi: float) -> bytes:
    """Return *png*, a whole one, with a pHYs and an sRGB chunk. Both files are in memory."""
    head, pixels = [_SIGNATURE], len(png)
    for name, start, end in _chunks(png):
        if name == b"IDAT":
            pixels = start
            break
        if name not in _REPLACED:
            head.append(png[start:end])
        if name == b"IHDR":
            # Both belong before the pixels, sRGB before a palette as well.
            head += [_chunk(b"sRGB", bytes([_PERCEPTUAL])), _density(dpi)]
    return b"".join([*head, memoryview(png)[pixels:]])


def pixels_of(png: bytes) -> bytes:
    """Return the compressed pixels of *png*: its IDAT chunks, joined."""
    parts = [png[start + 8 : end - 4] for name, start, end in _chunks(png) if name == b"IDAT"]
    return b"".join(parts)


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk, length and checksum included."""
    start = len(_SIGNATURE)
    while start < len(png):
        length, name = struct.unpack_from(">I4s", png, start)
        end = start + 12 + length
        yield name, start, end
        start = end


def _density(dpi: float) -> bytes:
    per_metre = round(dpi / INCH_M)
    return _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, _METRE))


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)
