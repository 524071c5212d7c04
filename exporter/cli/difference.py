"""Two pictures compared as a person would: how many pixels differ visibly, and where."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

# A channel that differs by so many of 255 levels is seen; less is rounding in another CPU's
# vector units, which a software renderer shows.
VISIBLE_LEVELS = 16
# One pixel in a thousand may: the edge of a letter that another FreeType hints differently.
TOLERATED_SHARE = 0.001


@dataclass(frozen=True)
class Difference:
    """*share* of all pixels that differ visibly; *strongest* difference in levels."""

    share: float
    strongest: int

    @property
    def tolerable(self) -> bool:
        return self.share <= TOLERATED_SHARE


def compare(golden: Image.Image, seen: Image.Image) -> Difference:
    """Compare two RGBA pictures; different sizes are wholly different."""
    if golden.size != seen.size:
        return Difference(1.0, 255)
    strongest = _strongest(golden, seen)
    counts = strongest.histogram()
    visible = sum(counts[VISIBLE_LEVELS + 1 :])
    return Difference(
        visible / (golden.width * golden.height), max(i for i, n in enumerate(counts) if n)
    )


def write_side_by_side(
    path: Path,
    golden: Image.Image,
    seen: Image.Image,
    names: tuple[str, str] = ("golden", "seen"),
) -> None:
    """Write two pictures and their difference (visible pixels in red) next to each other."""
    width, height = max(golden.width, seen.width), max(golden.height, seen.height)
    sheet = Image.new("RGB", (3 * width + 20, height + 16), "white")
    marked = seen.convert("L").convert("RGB")
    if golden.size == seen.size:
        visible = _strongest(golden, seen).point(lambda level: 255 * (level > VISIBLE_LEVELS))
        marked.paste("red", mask=visible)
    write = ImageDraw.Draw(sheet)
    for i, (name, picture) in enumerate(
        ((names[0], golden), (names[1], seen), ("differs", marked))
    ):
        write.text((i * (width + 10), 2), name, fill="black")
        sheet.paste(picture.convert("RGB"), (i * (width + 10), 16))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _strongest(one: Image.Image, other: Image.Image) -> Image.Image:
    """Return the largest difference of any channel, for each pixel."""
    channels = ImageChops.difference(one.convert("RGBA"), other.convert("RGBA")).split()
    strongest = channels[0]
    for channel in channels[1:]:
        strongest = ImageChops.lighter(strongest, channel)
    return strongest
