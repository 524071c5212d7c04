"""The ICC profiles of what the page draws and of what a press prints, and the way between them."""

import io
from functools import cache
from importlib.resources import files

from PIL import Image, ImageCms

# ICC.1: the header's date and time of making, twelve bytes.
_DATE = slice(24, 36)
_NEW_YEAR_2000 = bytes.fromhex("07d000010001000000000000")
# What PDF calls the printing condition of `coated`.
COATED_CONDITION = "FOGRA39"


@cache
def srgb() -> bytes:
    """Return an sRGB profile, the same bytes always: lcms writes the time of day into its own."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_DATE] = _NEW_YEAR_2000
    return bytes(profile)


@cache
def coated() -> bytes:
    """Return the profile of offset printing on coated paper (exporter/profiles/README.md)."""
    return files("exporter").joinpath("profiles/fogra39-coated.icc").read_bytes()


def in_inks(image: Image.Image) -> Image.Image:
    """Return *image*, RGB, as CMYK for coated paper; of a large one, strips may be given.

    Relative to the paper, so that white stays without ink, and with the blacks made to meet, so
    that shades of night do not run together.
    """
    made = ImageCms.applyTransform(image, _to_press())
    assert made is not None  # noqa: S101 - only of a conversion in place
    return made


@cache
def _to_press() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(srgb())),
        ImageCms.ImageCmsProfile(io.BytesIO(coated())),
        "RGB",
        "CMYK",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
