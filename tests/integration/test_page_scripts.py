"""Words and map labels in any script, drawn by the real page: real glyphs, in their order."""

import math
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from exporter.poster import Format, Marker, Resolution
from tests.factories import ASTANA
from tests.mvt import EXTENT, Feature, tile, write_archive
from tests.rendering import (
    BARE,
    ONLY_WATER,
    PAPER,
    PLAIN,
    ink_of,
    offline,
    opened,
    picture,
    renderer,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A letter of each script, and a title.
SCRIPTS = {
    "Latin": ("R", "Reykjavík"),
    "Cyrillic": ("Д", "Йошкар-Ола"),
    "Greek": ("Σ", "Θεσσαλονίκη"),
    "Arabic": ("ع", "الدار البيضاء"),
    "Hebrew": ("ש", "ירושלים"),
    "Devanagari": ("क", "नई दिल्ली"),
    "Bengali": ("ক", "কলকাতা"),
    "Tamil": ("அ", "தமிழ்நாடு"),
    "Burmese": ("က", "မြန်မာ"),
    "Thai": ("ก", "กรุงเทพมหานคร"),
    "Georgian": ("თ", "თბილისი"),
    "Chinese": ("京", "北京市朝阳区"),
    "Japanese": ("の", "東京の名所"),
    "Korean": ("서", "서울특별시"),
    "emoji": ("🎉", "Paris 🎉❤️👨‍👩‍👧🇫🇷"),
}
LETTERS = {script: letter for script, (letter, _) in SCRIPTS.items()}
# Less than paper by so many levels of grey: letters, not water.
DARK = 100
# Private use: in no font, so drawn as the box for what is missing.
NOWHERE = "\ue123"
JOINED, APART = "\u0628\u0628\u0628", "\u0628\u200c\u0628\u200c\u0628"  # beh, also with non-joiners
# The same to look at: the first is Hebrew with Latin in it, the second Latin with Hebrew.
HEBREW_FIRST, LATIN_FIRST = "\u05dc HH", "HH \u05dc"
# Lamed, the only Hebrew letter that rises above the others, and two alefs.
LAMED_FIRST = "\u05dc\u05d0\u05d0"
MEDIUM = Resolution(1200, 1800)
# Where such a poster's title is when there is nothing else.
TITLE_AREA = (150, 1582, 1050, 1703)
ONE_TITLE: dict[str, Any] = {
    "show_subtitle": False, "show_coordinates": False, "text_backdrop": "none", "size": MEDIUM,
    "title_all_caps": False, "layers": ONLY_WATER,
}  # fmt: skip


class TestTitles:
    @pytest.mark.parametrize("script", SCRIPTS)
    async def test_each_script_has_real_glyphs(self, draw, box, script):
        letter, title = SCRIPTS[script]

        drawing = await draw(name=title, **ONE_TITLE)

        assert "missing_glyphs" not in {warning["code"] for warning in drawing.warnings}
        assert not alike(await title_of(draw, letter), box)

    async def test_what_no_font_has_is_told(self, draw):
        drawing = await draw(name=f"A{NOWHERE}\U000e1000{NOWHERE}", **ONE_TITLE)

        [warning] = [w for w in drawing.warnings if w["code"] == "missing_glyphs"]
        assert warning["field"] == "title"
        assert warning["characters"] == [NOWHERE, "\U000e1000"]
        assert "U+E123, U+E1000" in warning["message"]

    async def test_arabic_letters_join_whatever_the_tracking(self, draw):
        joined, apart = [
            await title_of(draw, text, title_letter_spacing=0.3) for text in (JOINED, APART)
        ]

        assert (runs(joined), runs(apart)) == (1, 3)

    async def test_the_line_above_devanagari_is_not_broken(self, draw):
        assert runs(await title_of(draw, "नमन", title_letter_spacing=0.3)) == 1

    async def test_hebrew_begins_at_the_right(self, draw):
        assert rises_at(await title_of(draw, LAMED_FIRST)) > 0.67

    async def test_the_first_letter_decides_the_direction(self, draw):
        hebrew, latin = [await title_of(draw, text) for text in (HEBREW_FIRST, LATIN_FIRST)]

        assert alike(hebrew, latin)

    async def test_greek_capitals_have_no_tonos(self, draw):
        drawing = await draw(name="Αθήνα")

        assert drawing.manifest["text"][0]["text"] == "ΑΘΗΝΑ"

    async def test_a_thai_title_is_broken_between_words(self, draw):
        words = ["ภาษา", "ไทย", "สวยงาม", "ประเทศ", "ไทย", "สวยงาม"]

        drawing = await draw(name="".join(words), max_width=40.0)

        lines = drawing.manifest["text"][0]["text"].split("\n")
        ends = {"".join(words[:n]) for n in range(len(words) + 1)}
        assert len(lines) > 1
        assert "".join(lines) == "".join(words)
        assert {"".join(lines[:n]) for n in range(len(lines))} <= ends

    async def test_emoji_have_their_colours(self, draw):
        image = await picture(draw, name="🎉", **ONE_TITLE)

        saturation = image.crop(TITLE_AREA).convert("HSV").getchannel("S")
        assert sum(saturation.histogram()[150:]) > 150

    async def test_other_scripts_are_bold_where_the_title_is(self, draw):
        bold, regular = [
            sum(ink_of(await title_of(draw, "京", title_weight=weight), DARK).histogram()[200:])
            for weight in (800, 400)
        ]

        assert bold > 1.2 * regular

    async def test_a_label_of_a_marker_reads_from_the_right(self, draw):
        hebrew, latin = [
            await picture(
                draw, layers=ONLY_WATER, size=MEDIUM, **BARE,
                markers=(Marker(ASTANA[1], ASTANA[0], label=text, label_style="elevated"),),
            )
            for text in (HEBREW_FIRST, LATIN_FIRST)
        ]  # fmt: skip

        assert alike(hebrew, latin)


class TestMapLabels:
    """MapLibre orders and shapes text itself; its labels have one colour."""

    @pytest.mark.parametrize("script", SCRIPTS)
    async def test_each_script_has_real_glyphs(self, labels, script):
        box, same = labels[NOWHERE], labels[NOWHERE + " "]

        assert alike(box, same)
        assert not alike(labels[LETTERS[script]], box)

    async def test_arabic_letters_join(self, labels):
        assert (runs(labels[JOINED]), runs(labels[APART])) == (1, 3)

    async def test_the_line_above_devanagari_is_not_broken(self, labels):
        assert runs(labels["नमन"]) == 1

    async def test_hebrew_begins_at_the_right(self, labels):
        assert rises_at(labels[LAMED_FIRST]) > 0.6

    async def test_the_first_letter_decides_the_direction(self, labels):
        assert alike(labels[HEBREW_FIRST], labels[LATIN_FIRST])

    async def test_what_no_font_has_is_told(self, names):
        _, warnings = names

        [warning] = [w for w in warnings if w["code"] == "missing_glyphs"]
        assert (warning["field"], warning["characters"]) == ("mapLabels", [NOWHERE])


async def title_of(draw: Any, name: str, **typography: Any) -> Image.Image:
    """Return the part of a poster that has the title *name*, without tracking unless given."""
    given = {"title_letter_spacing": 0.0, **ONE_TITLE, **typography}
    return (await picture(draw, name=name, **given)).crop(TITLE_AREA)


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Tell whether two pictures show the same; the edges of map labels may differ a little."""
    return ImageChops.difference(one, other).convert("L").getextrema()[1] < 64


def runs(image: Image.Image) -> int:
    """Return how many pieces the ink is in, from left to right."""
    mask = ink_of(image, DARK)
    columns = [mask.crop((x, 0, x + 1, mask.height)).getbbox() for x in range(mask.width)]
    return sum(has_ink for has_ink, _ in groupby(columns, key=bool))


def rises_at(image: Image.Image) -> float:
    """Return where, as a share of its width, the middle of the ink's topmost tenth is."""
    mask = ink_of(image, DARK)
    box = mask.getbbox()
    assert box
    left, top, right, bottom = box
    tallest = mask.crop((left, top, right, top + max(1, (bottom - top) // 10))).getbbox()
    assert tallest
    return (tallest[0] + tallest[2]) / 2 / (right - left)


# One tile of level 11, twice enlarged: 4 units are a pixel of a map 1000 pixels wide.
TILE = (11, 1024, 1023)
NAMES = [
    *LETTERS.values(), NOWHERE, NOWHERE + " ", JOINED, APART, "नमन", LAMED_FIRST, HEBREW_FIRST,
    LATIN_FIRST,
]  # fmt: skip


def middle_of_tile() -> tuple[float, float]:
    z, x, y = TILE
    north = math.pi * (1 - (2 * y + 1) / 2**z)
    return ((x + 0.5) / 2**z * 360 - 180, math.degrees(math.atan(math.sinh(north))))


def place_of(n: int) -> tuple[int, int]:
    """Return where in the tile the label of name *n* stands, in its units."""
    return 512 + n % 4 * 1024, 400 + n // 4 * 600


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory) -> AsyncIterator[Any]:
    async with renderer(offline(tmp_path_factory.mktemp("scripts"))) as draw:
        yield draw


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def box(draw) -> Image.Image:
    """The title of a character that is nowhere."""
    return await title_of(draw, NOWHERE)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def names(tmp_path_factory) -> tuple[Image.Image, tuple[dict[str, Any], ...]]:
    """A map of cities with NAMES, and what was said about it."""
    folder = tmp_path_factory.mktemp("names")
    cities = [
        Feature((place_of(n),), {"name": name, "class": "city", "rank": 1})
        for n, name in enumerate(NAMES)
    ]
    archive = write_archive(folder / "names.pmtiles", {TILE: tile({"place": cities})})
    settings = replace(offline(folder), tiles_url=f"pmtiles:{archive}")
    async with renderer(settings) as draw:
        drawing = await draw(
            center=middle_of_tile(), zoom=12.0, size=Resolution(1000, 1000),
            layers=replace(PLAIN, labels_cities=True), sheet=Format(margin=0), **BARE,
        )  # fmt: skip
    return opened(drawing), drawing.warnings


@pytest.fixture(scope="module")
def labels(names) -> dict[str, Image.Image]:
    """The part of the map around each label."""
    image, _ = names
    parts = {}
    for n, name in enumerate(NAMES):
        x, y = ((at - EXTENT // 2) // 4 + 500 for at in place_of(n))
        parts[name] = image.crop((x - 110, y - 40, x + 110, y + 40))
    assert all(part.getextrema() != tuple((c, c) for c in PAPER) for part in parts.values())
    return parts
