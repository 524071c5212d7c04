"""The comparison itself: it must see what a person sees, and nothing else."""

from PIL import Image

from tests.visual.compare import compare, write_side_by_side


def test_the_same_picture_does_not_differ():
    picture = Image.new("RGBA", (40, 50), "#336699")

    assert compare(picture, picture.copy()).share == 0


def test_rounding_is_not_seen_and_a_line_is():
    picture = Image.new("RGBA", (100, 100), "#336699")
    rounded = Image.new("RGBA", (100, 100), "#346799")
    lined = picture.copy()
    lined.paste("#ffffff", (0, 50, 100, 51))

    assert compare(picture, rounded).tolerable
    assert compare(picture, lined).share == 0.01
    assert not compare(picture, lined).tolerable


def test_another_transparency_is_seen():
    opaque, clear = Image.new("RGBA", (9, 9), "#000000ff"), Image.new("RGBA", (9, 9), "#00000000")

    assert compare(opaque, clear).share == 1


def test_another_size_differs_wholly():
    assert compare(Image.new("RGBA", (9, 9)), Image.new("RGBA", (9, 8))).share == 1


def test_the_side_by_side_picture_shows_all_three(tmp_path):
    golden, seen = Image.new("RGBA", (40, 50), "white"), Image.new("RGBA", (40, 50), "black")

    write_side_by_side(tmp_path / "a" / "case.png", golden, seen)

    with Image.open(tmp_path / "a" / "case.png") as sheet:
        assert sheet.size == (140, 66)
        assert sheet.getpixel((120, 40)) == (255, 0, 0)
