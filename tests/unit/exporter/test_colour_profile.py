"""The colours named in files, and the inks they become."""

import io
import math
import subprocess
import sys

import pytest
from PIL import Image, ImageCms

from exporter.colour_profile import coated, in_inks, srgb

# Fogra's measurements of inks and overprints on coated paper: CMYK in percent, CIE L*a*b*.
MEASURED = {
    (0, 0, 0, 0): (95, 0, -2),
    (100, 0, 0, 0): (55, -37, -50),
    (0, 100, 0, 0): (48, 74, -3),
    (0, 0, 100, 0): (89, -5, 93),
    (0, 0, 0, 100): (16, 0, 0),
    (0, 100, 100, 0): (47, 68, 48),
    (100, 0, 100, 0): (50, -65, 27),
    (100, 100, 0, 0): (24, 22, -46),
    (0, 40, 0, 0): (76.42, 25.78, -6.91),
    (10, 10, 0, 0): (87.17, 2.62, -8.14),
}


@pytest.mark.parametrize("inks", MEASURED)
def test_the_profile_tells_what_was_measured(inks):
    """Within 2: what a trained eye would just see, and mostly the rounding to 8 bits."""
    paint = Image.new("CMYK", (1, 1), tuple(round(2.55 * ink) for ink in inks))
    lab = ImageCms.profileToProfile(
        paint, opened(coated()), ImageCms.createProfile("LAB", 5000), outputMode="LAB",
        renderingIntent=ImageCms.Intent.ABSOLUTE_COLORIMETRIC,
    )  # fmt: skip

    level, a, b = lab.getpixel((0, 0))
    assert math.dist((level / 2.55, a - 128, b - 128), MEASURED[inks]) < 2


def test_white_paper_stays_without_ink():
    assert inks_of("white") == (0, 0, 0, 0)


def test_a_pure_colour_becomes_the_inks_a_printer_expects():
    cyan, magenta, yellow, black = inks_of("red")

    assert (cyan, black) == (0, 0)
    assert min(magenta, yellow) > 85


def test_grey_is_mostly_black_ink():
    cyan, magenta, yellow, black = inks_of("grey")

    assert black > 2 * max(cyan, magenta, yellow)


def test_no_colour_takes_more_ink_than_coated_paper_bears():
    """In whole percent of each of the four inks together."""
    steps = range(0, 256, 15)
    colours = [(r, g, b) for r in steps for g in steps for b in steps]
    image = Image.new("RGB", (len(colours), 1))
    image.putdata(colours)

    assert max(sum(pixel) for pixel in in_inks(image).get_flattened_data()) / 2.55 <= 300


def test_shades_of_night_stay_apart():
    levels = [Image.new("RGB", (1, 1), (v, v, v)) for v in (0, 8, 16, 24, 32)]

    black = [sum(in_inks(level).getpixel((0, 0))) for level in levels]

    assert black == sorted(set(black), reverse=True)


def test_the_profile_of_the_page_is_the_same_in_every_process():
    code = "import sys; from exporter.colour_profile import srgb; sys.stdout.buffer.write(srgb())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout

    assert other == srgb()
    assert "sRGB" in ImageCms.getProfileDescription(opened(srgb()))


def inks_of(colour):
    """Return the four inks of *colour* in whole percent."""
    pixel = in_inks(Image.new("RGB", (1, 1), colour)).getpixel((0, 0))
    return tuple(round(ink / 2.55) for ink in pixel)


def opened(profile):
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))
