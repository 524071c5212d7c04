"""Undo the gzip of a fetched or stored body without letting it grow past a cap.

Stands under exporter/egress.py and exporter/archives.py; aiohttp's own decoding has no cap.
"""

import zlib

from exporter.errors import ResponseTooLarge

GZIP_MAGIC = b"\x1f\x8b"


def gunzip(packed: bytes, max_bytes: int) -> bytes:
    """Return *packed* decoded, at most *max_bytes* long.

    Raises ResponseTooLarge as soon as the cap is passed (a gzip bomb costs no more than the cap),
    and `zlib.error` when the data is broken or ends early.
    """
    pieces: list[bytes] = []
    size = 0
    while packed:
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        piece = member.decompress(packed, max_bytes - size + 1)
        size += len(piece)
        if size > max_bytes:
            raise ResponseTooLarge(f"a gzip body decodes to more than {max_bytes} bytes")
        if not member.eof:
            raise zlib.error("gzip data ends early")
        pieces.append(piece)
        packed = member.unused_data
    return b"".join(pieces)
