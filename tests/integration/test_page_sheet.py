"""Paper or none, and the bleed: the real page in real Chromium, measured in pixels."""

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from exporter import image as images
from exporter.errors import MapBlank
from exporter.outputs import Sheet
from exporter.poster import Format, Output, Resolution
from tests.rendering import BARE, ONLY_WATER, PAPER, PLAIN, offline, png_of, renderer, with_alpha

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZE = Resolution(600, 900)
NO_PAPER = (Output(background="transparent"),)
BLEED = (Output(format="pdf", bleed_px=18),)
FULL = Format(margin=0)
# A gradient that begins at another pixel of the canvas rounds otherwise.
ROUNDING = 1


class TestWithoutPaper:
    async def test_there_is_nothing_where_nothing_is_drawn(self, draw):
        alpha = opened(await draw(outputs=NO_PAPER)).getchannel("A")

        margin = alpha.crop((0, 0, 600, 29))
        assert margin.getextrema() == (0, 0)
        assert alpha.getextrema() == (0, 255)

    async def test_on_paper_it_is_the_poster_again(self, draw):
        """Nothing but the paper is missing; rounding of half-covered edges is allowed."""
        lying = Image.new("RGBA", (600, 900), PAPER)
        lying.alpha_composite(opened(await draw(outputs=NO_PAPER)))

        assert most_apart(lying, opened(await draw())) <= 6

    async def test_the_map_fades_into_nothing_behind_the_words(self, draw):
        alpha = opened(
            await draw(outputs=NO_PAPER, show_title=False, show_subtitle=False)
        ).getchannel("A")

        below, above = alpha.crop((40, 860, 560, 868)), alpha.crop((40, 100, 560, 500))
        assert below.getextrema()[1] < 10
        assert above.getextrema()[1] == 255

    async def test_the_words_are_whole(self, draw):
        alpha = opened(await draw(outputs=NO_PAPER)).getchannel("A")

        assert alpha.crop((150, 770, 450, 810)).getextrema()[1] == 255

    async def test_a_map_of_dark_ink_alone_is_not_taken_for_blank(self, draw):
        drawing = await draw(outputs=NO_PAPER, layers=PLAIN, **BARE)

        images.verify(images.whole(drawing.pieces, opaque=False), width=600, height=900)

    async def test_a_place_without_map_data_is_refused_all_the_same(self, draw):
        with pytest.raises(MapBlank):
            await draw(outputs=NO_PAPER, center=(0.0, 40.0))

    async def test_what_goes_with_the_paper_is_said(self, draw):
        drawing = await draw(outputs=NO_PAPER, sheet=Format(texture="canvas"))

        assert "texture_not_drawn" in {warning["code"] for warning in drawing.warnings}
        assert opened(drawing).getchannel("A").crop((0, 0, 600, 29)).getextrema() == (0, 0)

    async def test_the_next_poster_has_its_paper(self, draw):
        before = await draw()
        await draw(outputs=NO_PAPER)

        assert png_of(await draw()) == png_of(before)


class TestBleed:
    @pytest.mark.parametrize("sheet", [Format(), Format(border_style="thin", texture="paper")])
    async def test_the_poster_inside_is_the_poster_without(self, draw, sheet):
        inside = opened(await draw(outputs=BLEED, sheet=sheet)).crop((18, 18, 618, 918))

        assert most_apart(inside, opened(await draw(sheet=sheet))) <= ROUNDING

    async def test_the_sheet_is_larger_by_the_bleed_on_each_side(self, draw):
        image = opened(await draw(outputs=BLEED))

        assert image.size == (636, 936)
        assert image.getpixel((0, 0)) == image.getpixel((635, 935)) == (*PAPER, 255)

    async def test_a_map_that_reaches_the_edge_goes_on_beyond_it(self, draw):
        given = {"sheet": FULL, "layers": ONLY_WATER, **BARE}
        spread = opened(await draw(outputs=BLEED, **given)).convert("RGB")
        plain = opened(await draw(**given)).convert("RGB")

        # The same water in the same place, but for rounding at its shores.
        inside = spread.crop((18, 18, 618, 918))
        assert share_apart(inside, plain) < 0.01
        # In the bleed is what lies there: the river goes on, it is not a smear of its edge.
        edges = [spread.crop(box) for box in ((0, 0, 636, 18), (0, 918, 636, 936))]
        assert any(len(edge.getcolors(100_000)) > 1 for edge in edges)

    async def test_what_lies_in_the_bleed_is_the_next_piece_of_the_map(self, draw):
        """A larger poster at the same scale shows there what the bleed must show."""
        given = {"sheet": FULL, "layers": ONLY_WATER, **BARE}
        spread = opened(await draw(outputs=BLEED, **given)).convert("RGB")
        # 636 pixels wide, so that a CSS pixel is as large as before: 0.6 pixels at 1060 CSS pixels,
        # and the whole world seems 1.06 times smaller to a map that is always 1000 wide.
        wide = opened(await draw(size=Resolution(636, 936), zoom=13 - 0.0840642648, **given))

        assert share_apart(spread, wide.convert("RGB")) < 0.03

    async def test_the_backdrop_covers_the_bleed(self, draw):
        image = opened(await draw(outputs=BLEED, sheet=FULL)).convert("RGB")

        assert image.crop((0, 925, 636, 936)).getextrema() == tuple(
            (level, level) for level in PAPER
        )

    async def test_files_without_a_bleed_are_cut_from_the_same_drawing(self, draw):
        both = (*BLEED, Output())
        drawing = await draw(outputs=both)

        whole = images.whole(drawing.pieces, opaque=True)
        file = Sheet(whole, SIZE, bleed_px=18).make(both[1])

        made = Image.open(file.path)
        assert made.size == (600, 900)
        assert most_apart(made, opened(await draw())) <= ROUNDING


def opened(drawing):
    return with_alpha(drawing)


def most_apart(one, other):
    """Return the largest difference of two pictures in levels."""
    apart = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return max(high for _, high in apart.getextrema())


def share_apart(one, other):
    """Return the share of pixels that differ by more than rounding."""
    apart = ImageChops.difference(one, other).convert("L").point(lambda level: 255 * (level > 8))
    return apart.histogram()[255] / (one.width * one.height)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def draw(tmp_path_factory):
    async with renderer(offline(tmp_path_factory.mktemp("page"))) as draw:
        yield draw
