"""The file formats of an export: what each is called and what it can hold.

Read by the API, which refuses what a format cannot hold, and by the worker, which writes it.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Format:
    """*quality*: it loses some. *alpha*: it can be transparent. *press*: bleed, marks, inks."""

    content_type: str
    extension: str
    quality: bool = False
    alpha: bool = False
    press: bool = False
    # Its own limits, apart from ours: what it can say, and what can be made within little memory.
    max_side_px: int = 2**31 - 1
    max_area_px: int = 2**62


# libwebp holds all of the picture, 6 bytes a pixel: 700 MB.
_WEBP_PX = 120_000_000
FORMATS = {
    "png": Format("image/png", "png", alpha=True),
    "jpeg": Format("image/jpeg", "jpg", quality=True, max_side_px=65_500),
    "webp": Format(
        "image/webp", "webp", quality=True, alpha=True, max_side_px=16_383, max_area_px=_WEBP_PX
    ),
    "pdf": Format("application/pdf", "pdf", press=True),
}
_BY_EXTENSION = {each.extension: each.content_type for each in FORMATS.values()}
OTHER = "application/octet-stream"


def content_type_of(key: str) -> str:
    """Return the content type of the object *key*, by its extension."""
    return _BY_EXTENSION.get(PurePosixPath(key).suffix.removeprefix("."), OTHER)
