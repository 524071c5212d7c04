"""How many pixels a poster gets."""

import pytest

from exporter.poster import Format, Resolution
from exporter.settings import Settings
from tests.factories import limits
from webapi.sizes import (
    PRESETS,
    SHEETS,
    ByPreset,
    BySheet,
    InPixels,
    OnPaper,
    complaint,
    largest_dpi,
)
from webapi.tiers import Tier, limits_of

LIMITS = limits()
LANDSCAPE = Format(orientation="landscape")
RATIOS = ("2:3", "3:4", "4:5", "1:1", "ISO", "16:9", "16:10", "9:16", "9:19.5")


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
        made = ByPreset().resolution(Format(aspect_ratio=ratio, orientation=orientation))
        assert (made.width_px, made.height_px) == size


@pytest.mark.parametrize(
    ("preset", "dpi", "sizes"),
    [
        ("SOCIAL", 72, ["1365x2048", "1536x2048", "1638x2048", "2048x2048", "1448x2048"]),
        ("MEDIUM", 300, ["3600x5400", "4050x5400", "4320x5400", "5400x5400", "3818x5400"]),
        ("LARGE", 300, ["4800x7200", "5400x7200", "5760x7200", "7200x7200", "5091x7200"]),
        ("ULTRA", 300, ["7200x10800", "8100x10800", "8640x10800", "10800x10800", "7637x10800"]),
        ("THUMBNAIL", 72, ["683x1024", "768x1024", "819x1024", "1024x1024", "724x1024"]),
        ("PHONE_WALLPAPER", 72, ["1688x2532", "1899x2532", "2026x2532", "2532x2532", "1790x2532"]),
        ("LAPTOP_WALLPAPER", 72, ["1920x2880", "2160x2880", "2304x2880", "2880x2880", "2036x2880"]),
        ("DESKTOP_4K", 72, ["2560x3840", "2880x3840", "3072x3840", "3840x3840", "2715x3840"]),
    ],
)
def test_a_preset_has_the_sizes_and_the_dpi_of_the_existing_export(preset, dpi, sizes):
    made = [ByPreset(preset).resolution(Format(aspect_ratio=ratio)) for ratio in RATIOS[:5]]

    assert [f"{size.width_px}x{size.height_px}" for size in made] == sizes
    assert {size.dpi for size in made} == {dpi}


@pytest.mark.parametrize(
    ("asked", "width", "height"),
    [
        (OnPaper(610, 914, "mm", 300), 7205, 10795),
        (OnPaper(61, 91.4, "cm", 300), 7205, 10795),
        (OnPaper(24, 36, "in", 150), 3600, 5400),
        # 10.5 and 11.5 pixels: halves go up, not to even.
        (OnPaper(10.5, 11.5, "in", 1), 11, 12),
        (BySheet("A4", 300), 2480, 3508),
        (BySheet("A5", 300), 1748, 2480),
        (BySheet("A0", 72), 2384, 3370),
        (BySheet("18x24in", 200), 3600, 4800),
        (BySheet("50x70cm", 150), 2953, 4134),
    ],
)
def test_paper_becomes_pixels_by_its_dpi(asked, width, height):
    made = asked.resolution(Format(aspect_ratio="1:1"))

    assert (made.width_px, made.height_px, made.dpi) == (width, height, asked.dpi)


def test_a_sheet_lies_as_the_format_unless_it_says_otherwise():
    assert BySheet("A4", 72).resolution(LANDSCAPE).width_px == 842
    assert BySheet("A4", 72, "portrait").resolution(LANDSCAPE).width_px == 595


def test_pixels_and_paper_do_not_turn_with_the_format():
    assert InPixels(Resolution(80, 120)).resolution(LANDSCAPE) == Resolution(80, 120)
    assert OnPaper(2, 3, "in", 100).resolution(LANDSCAPE) == Resolution(200, 300, dpi=100)


def test_every_sheet_is_upright():
    assert all(width < height for width, height, _ in SHEETS.values())


@pytest.mark.parametrize("name", SHEETS)
def test_the_largest_dpi_offered_for_paper_is_within_the_limits(name):
    size = BySheet(name, 2400).resolution(Format())
    fits = largest_dpi(size, LIMITS)

    assert complaint(BySheet(name, fits).resolution(Format()), LIMITS) is None
    assert complaint(BySheet(name, fits + 2).resolution(Format()), LIMITS)


@pytest.mark.parametrize(
    "size",
    [
        Resolution(64, 64),
        Resolution(64, 1280),
        Resolution(12_000, 10_000),
        Resolution(5000, 6000, 2),
        Resolution(100, 150, 0.64),
    ],
)
def test_the_limits_themselves_are_allowed(size):
    assert complaint(size, LIMITS) is None


@pytest.mark.parametrize(
    ("size", "code"),
    [
        (Resolution(63, 64), "size_too_small"),
        (Resolution(100, 100, 0.6), "size_too_small"),
        (Resolution(12_001, 4000), "pixel_limit"),
        (Resolution(12_000, 10_001), "pixel_limit"),
        (Resolution(5001, 6000, 2), "pixel_limit"),
        (Resolution(64, 1281), "aspect_limit"),
        (Resolution(1, 10_000), "aspect_limit"),
        (OnPaper(0.001, 0.001, "mm", 300).resolution(Format()), "size_too_small"),
        (OnPaper(0.001, 914, "mm", 300).resolution(Format()), "size_too_small"),
    ],
)
def test_one_more_is_too_much(size, code):
    assert complaint(size, LIMITS)[0] == code


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("ratio", RATIOS)
def test_every_preset_fits_the_limits_at_any_ratio(preset, ratio):
    made = ByPreset(preset).resolution(Format(aspect_ratio=ratio))

    assert complaint(made, LIMITS) is None


class TestTiers:
    HUGE = Resolution(14_400, 21_600)

    @pytest.mark.parametrize("tier", [Tier.FREE, Tier.MAKER])
    def test_the_modest_may_not_ask_for_the_huge(self, tier):
        code, detail = complaint(self.HUGE, limits_of(tier, Settings()))

        assert code == "pixel_limit"
        assert f"at most 12000 for a key of tier {tier}, got 14400 x 21600 pixels" in detail

    @pytest.mark.parametrize("tier", [Tier.PRO, Tier.ENTERPRISE, Tier.INTERNAL])
    def test_the_others_may(self, tier):
        assert complaint(self.HUGE, limits_of(tier, Settings())) is None

    def test_limits_are_settings(self):
        small = Settings(large_max_side_px=500, large_max_area_px=90_000)

        assert complaint(Resolution(300, 300), limits_of(Tier.PRO, small)) is None
        for size in (Resolution(501, 100), Resolution(300, 301)):
            assert complaint(size, limits_of(Tier.PRO, small))

    def test_a_refusal_tells_what_it_would_cost(self):
        _, detail = complaint(Resolution(22_000, 22_000), limits_of(Tier.PRO, Settings()))

        assert "in pieces of 9000000 pixels it would take 883 MiB of memory" in detail
        assert "4.4 GB of disk and 39 s" in detail


def test_the_nine_presets_are_there():
    assert len(PRESETS) == 9
