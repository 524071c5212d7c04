import io

import pytest
from PIL import Image, PngImagePlugin

from tests.load.export import Export
from tests.load.measured import Idle
from tests.load.pictures import differences, pixels_apart
from tests.unit.load.factory import export

IDLE = {"usual": Idle("same", 1.0)}


def test_the_same_bytes_are_the_same_pixels_and_nothing_is_fetched() -> None:
    assert differences([export(0), export(1)], IDLE, {"usual": "idle"}, fetch={}.__getitem__) == []


def test_other_bytes_with_the_same_pixels_do_not_differ() -> None:
    files = {"idle": png("white"), "job-0": png("white", note="later")}
    assert files["idle"] != files["job-0"]

    assert differences([export(sha256="other")], IDLE, {"usual": "idle"}, files.__getitem__) == []


def test_a_poster_with_another_pixel_is_named_with_its_job() -> None:
    files = {"idle": png("white"), "job-0": png("white", other=(3, 4))}

    [found] = differences([export(sha256="other")], IDLE, {"usual": "idle"}, files.__getitem__)

    assert str(found) == "usual in 1 pixels (job job-0)"


def test_what_was_not_completed_has_no_picture_to_compare() -> None:
    failed: Export = export(sha256="", outcome="failed: render_timeout")

    assert differences([failed], IDLE, {"usual": "idle"}, fetch={}.__getitem__) == []


@pytest.mark.parametrize("channel", [(254, 255, 255), (255, 254, 255), (255, 255, 254)])
def test_the_least_difference_in_any_channel_counts(channel: tuple[int, int, int]) -> None:
    assert pixels_apart(png("white"), png("white", other=(0, 0), colour=channel)) == 1


def test_another_size_is_another_picture() -> None:
    assert pixels_apart(png("white"), png("white", size=(8, 9))) == -1


def png(
    ground: str,
    *,
    other: tuple[int, int] | None = None,
    colour: tuple[int, int, int] = (0, 0, 0),
    size: tuple[int, int] = (8, 8),
    note: str = "",
) -> bytes:
    picture = Image.new("RGB", size, ground)
    if other:
        picture.putpixel(other, colour)
    about, file = PngImagePlugin.PngInfo(), io.BytesIO()
    if note:
        about.add_text("note", note)
    picture.save(file, "PNG", pnginfo=about)
    return file.getvalue()
