"""How many pixels a poster gets."""

import pytest

from exporter.poster import Format, Resolution
from exporter.settings import Settings
from webapi.sizes import MEDIUM, complaint, from_format


@pytest.mark.parametrize(
    ("ratio", "portrait", "landscape"),
    [
        ("2:3", (2400, 3600), (3600, 2400)),
        ("3:4", (2700, 3600), (3600, 2700)),
        ("4:5", (2880, 3600), (3600, 2880)),
        ("1:1", (3600, 3600), (3600, 3600)),
        ("ISO", (2546, 3600), (3600, 2546)),
        ("16:9", (3600, 2025), (2025, 3600)),
        ("16:10", (3600, 2250), (2250, 3600)),
        ("9:16", (2025, 3600), (3600, 2025)),
        ("9:19.5", (1662, 3600), (3600, 1662)),
    ],
)
def test_a_format_has_the_size_of_the_existing_export(ratio, portrait, landscape):
    for orientation, size in (("portrait", portrait), ("landscape", landscape)):
        made = from_format(Format(aspect_ratio=ratio, orientation=orientation))
        assert (made.width_px, made.height_px) == size


def test_high_resolution_is_half_as_much_again():
    assert from_format(Format(), MEDIUM) == Resolution(3600, 5400)


@pytest.mark.parametrize(
    "size",
    [
        Resolution(64, 64),
        Resolution(64, 1280),
        Resolution(8192, 4050),
        Resolution(5760, 5760),
        Resolution(100, 150, 0.64),
    ],
)
def test_the_limits_themselves_are_allowed(size):
    assert complaint(size, Settings()) is None


@pytest.mark.parametrize(
    ("size", "code"),
    [
        (Resolution(63, 64), "size_too_small"),
        (Resolution(100, 100, 0.6), "size_too_small"),
        (Resolution(8193, 4000), "pixel_limit"),
        (Resolution(8192, 4051), "pixel_limit"),
        (Resolution(2881, 2880, 2), "pixel_limit"),
        (Resolution(64, 1281), "aspect_limit"),
        (Resolution(1, 10_000), "aspect_limit"),
    ],
)
def test_one_more_is_too_much(size, code):
    assert complaint(size, Settings())[0] == code


def test_every_format_fits_the_limits_at_high_resolution():
    for ratio in ("2:3", "3:4", "4:5", "1:1", "ISO", "16:9", "16:10", "9:16", "9:19.5"):
        assert complaint(from_format(Format(aspect_ratio=ratio), MEDIUM), Settings()) is None
