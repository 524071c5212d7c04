"""One drawing, several files: each of its format, size and dpi, and the same picture."""

import io
from hashlib import sha256

import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageStat

from exporter import pdf, raster
from exporter.errors import ImageError
from exporter.outputs import Sheet
from exporter.poster import Output, Resolution

SIZE = Resolution(400, 600, dpi=200)


class TestFormats:
    def test_a_whole_png_keeps_the_pages_pixels_and_says_its_dpi(self, sheet, page):
        file = sheet(page).make(Output())

        image = opened(file)
        assert (image.format, image.size, file.format) == ("PNG", (400, 600), "png")
        assert image.info["dpi"] == pytest.approx((200, 200), abs=0.01)
        assert image.info["srgb"] == 0
        assert image.tobytes() == Image.open(io.BytesIO(page)).tobytes()

    @pytest.mark.parametrize("name", ["jpeg", "webp"])
    def test_a_lossy_file_looks_like_the_drawing(self, sheet, page, name):
        image = opened(sheet(page).make(Output(format=name)))

        assert (image.format, image.size) == (name.upper(), (400, 600))
        assert difference(image, Image.open(io.BytesIO(page))) < 2

    @pytest.mark.parametrize("name", ["jpeg", "webp"])
    def test_its_colours_are_named(self, sheet, page, name):
        image = opened(sheet(page).make(Output(format=name)))

        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)

    def test_a_jpeg_says_its_dpi(self, sheet, page):
        assert opened(sheet(page).make(Output(format="jpeg"))).info["dpi"] == (200, 200)

    def test_a_webp_says_its_dpi_in_its_exif(self, sheet, page):
        exif = opened(sheet(page).make(Output(format="webp"))).getexif()

        assert (exif[0x011A], exif[0x011B], exif[0x0128]) == (200, 200, 2)

    @pytest.mark.parametrize("name", ["jpeg", "webp"])
    def test_more_quality_is_more_bytes_and_nearer_to_the_drawing(self, sheet, page, name):
        low, high = [sheet(page).make(Output(format=name, quality=q)) for q in (20, 95)]

        original = Image.open(io.BytesIO(page))
        assert low.size_bytes < high.size_bytes
        assert difference(opened(low), original) > difference(opened(high), original)

    def test_thin_red_lines_stay_red_in_a_jpeg(self, sheet):
        image = Image.new("RGB", (400, 600), "white")
        ImageDraw.Draw(image).line((0, 300, 400, 300), fill="red")

        made = opened(sheet(png(image)).make(Output(format="jpeg")))

        red, green, blue = made.getpixel((200, 300))
        assert red > 230
        assert max(green, blue) < 40

    @pytest.mark.parametrize("name", ["png", "jpeg", "webp"])
    def test_the_same_drawing_makes_the_same_file(self, sheet, page, name):
        one, other = [sheet(page).make(Output(format=name)) for _ in range(2)]

        assert one.path.read_bytes() == other.path.read_bytes()
        assert one.sha256 == sha256(one.path.read_bytes()).hexdigest()


class TestSizes:
    def test_a_smaller_file_is_the_whole_picture_smaller(self, sheet, page):
        file = sheet(page).make(Output(width_px=100, height_px=150))

        assert (file.width, file.height) == opened(file).size == (100, 150)
        shrunk = (
            Image.open(io.BytesIO(page)).convert("RGB").resize((100, 150), Image.Resampling.BOX)
        )
        assert difference(opened(file), shrunk) < 4

    def test_its_size_on_paper_stays_unless_it_says_its_dpi(self, sheet, page):
        of = sheet(page)

        assert of.make(Output(width_px=100, height_px=150)).dpi == 50
        assert of.make(Output(width_px=100, height_px=150, dpi=72)).dpi == 72

    def test_the_bleed_is_cut_off_where_it_is_not_wanted(self, sheet):
        file = sheet(png(framed(bleed=10)), bleed_px=10).make(Output())

        assert opened(file).convert("RGB").tobytes() == framed(bleed=0).tobytes()

    def test_downscaling_does_not_draw_the_bleed_in(self, sheet):
        of = sheet(png(framed(bleed=10)), bleed_px=10)

        small = opened(of.make(Output(width_px=200, height_px=300))).convert("RGB")

        assert small.getpixel((0, 0)) == small.getpixel((199, 299)) == (0, 0, 128)


class TestTransparency:
    @pytest.mark.parametrize("name", ["png", "webp"])
    def test_it_survives(self, sheet, name):
        alpha = opened(
            sheet(png(glass())).make(Output(format=name, background="transparent"))
        ).getchannel("A")
        assert alpha.getpixel((5, 5)) == 0
        assert alpha.getpixel((200, 300)) == 255

    def test_a_smaller_file_has_no_dark_rim(self, sheet):
        """Unseen pixels are black: weighed by their alpha, they do not darken the edge."""
        small = opened(
            sheet(png(glass())).make(Output(width_px=100, height_px=150, background="transparent"))
        )

        rim = [pixel for pixel in small.get_flattened_data() if 0 < pixel[3] < 255]
        assert rim
        assert all(min(red, green) > 240 for red, green, _, alpha in rim if alpha > 16)


class TestTruth:
    @pytest.mark.parametrize("name", ["png", "jpeg", "webp", "pdf"])
    def test_a_file_that_does_not_decode_is_no_file(self, sheet, page, monkeypatch, name):
        module, write = (pdf, pdf.write) if name == "pdf" else (raster, raster.write)

        def torn(path, *args, **kwargs):
            write(path, *args, **kwargs)
            body = path.read_bytes()
            path.write_bytes(body[: len(body) // 2])

        monkeypatch.setattr(module, "write", torn)

        with pytest.raises(ImageError, match=name):
            sheet(page).make(Output(format=name, width_px=200, height_px=300))

    def test_a_file_of_another_size_is_no_file(self, sheet, page, monkeypatch):
        write = raster.write
        monkeypatch.setattr(
            raster, "write", lambda path, image, *args: write(path, image.crop(0, 0, 9, 9), *args)
        )

        with pytest.raises(ImageError, match="400x600"):
            sheet(page).make(Output(format="jpeg"))


def opened(file):
    image = Image.open(file.path)
    image.load()
    return image


def difference(one, other):
    """Return the mean difference of two pictures in levels."""
    apart = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return max(ImageStat.Stat(apart).mean)


def framed(bleed):
    """A navy sheet with a white middle, in a red bleed."""
    image = Image.new("RGB", (400 + 2 * bleed, 600 + 2 * bleed), "red")
    pen = ImageDraw.Draw(image)
    pen.rectangle((bleed, bleed, bleed + 399, bleed + 599), fill="navy")
    pen.rectangle((bleed + 99, bleed + 99, bleed + 299, bleed + 499), fill="white")
    return image


def glass():
    """A yellow disc on nothing."""
    image = Image.new("RGBA", (400, 600), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((50, 150, 350, 450), fill=(255, 255, 0, 255))
    return image


def png(image):
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def sheet(tmp_path):
    """A sheet of a PNG, kept in a file."""

    def sheet(png, **given):
        (tmp_path / "sheet").write_bytes(png)
        return Sheet(tmp_path / "sheet", SIZE, **given)

    return sheet


@pytest.fixture
def page():
    """What the page would send: soft and hard edges, opaque, yet with an alpha channel."""
    image = Image.radial_gradient("L").resize((400, 600)).convert("RGBA")
    ImageDraw.Draw(image).rectangle((100, 100, 200, 300), outline="red", width=3)
    return png(image)
