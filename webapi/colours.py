"""Which colours are taken: #hex, rgb(), rgba(), hsl(), hsla() in their comma forms, CSS names."""

import re

from PIL import ImageColor

_HEX = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})")
_CALL = re.compile(r"(rgb|hsl)(a?)\(([^()]*)\)")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)", re.ASCII)
FORMS = "#rgb, #rrggbb, #rrggbbaa, rgb(), rgba(), hsl(), hsla() or a CSS name"


def is_colour(text: str) -> bool:
    """Tell whether *text* is a colour every renderer reads alike; nothing is clamped."""
    word = text.strip(" ").lower()
    if word in ImageColor.colormap or _HEX.fullmatch(word):
        return True
    call = _CALL.fullmatch(word)
    if call is None:
        return False
    parts = [part.strip(" ") for part in call[3].split(",")]
    if len(parts) != (4 if call[2] else 3):
        return False
    tone = _is_rgb(parts[:3]) if call[1] == "rgb" else _is_hsl(parts[:3])
    return tone and all(_within(part, 1) or _percent(part) for part in parts[3:])


def normal(text: str) -> str:
    """Return the colour *text* in a form the page can reckon with: a CSS name as `#rrggbb`."""
    word = text.strip(" ").lower()
    if word not in ImageColor.colormap:
        return text.strip(" ")
    red, green, blue, *_ = ImageColor.getrgb(word)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _is_rgb(parts: list[str]) -> bool:
    return all(_within(part, 255) for part in parts) or all(_percent(part) for part in parts)


def _is_hsl(parts: list[str]) -> bool:
    hue, saturation, lightness = parts
    return _within(hue.removesuffix("deg"), 360) and _percent(saturation) and _percent(lightness)


def _percent(part: str) -> bool:
    return part.endswith("%") and _within(part[:-1], 100)


def _within(part: str, high: float) -> bool:
    return bool(_NUMBER.fullmatch(part)) and 0 <= float(part) <= high
