"""A plot of cost against pixels as SVG: both axes logarithmic, a line a contender."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 420, 60, 50, 20, 190
COLOURS = ("#1f5fa8", "#c2571a", "#3a7d44", "#7a4fa3")
STEPS = (1, 2, 5)

Point = tuple[float, float]


def plot(lines: Mapping[str, Sequence[Point]], *, across: str, up: str) -> str:
    """Return an SVG of *lines* (name -> points, all above 0); a dashed one ends with "CPU"."""
    points = [point for line in lines.values() for point in line]
    x, y = [Axis.around([point[n] for point in points]) for n in (0, 1)]
    place = _Place(x, y)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *(_tick(place.x(value), HEIGHT - BOTTOM, value, up=False) for value in x.ticks()),
        *(_tick(LEFT, place.y(value), value, up=True) for value in y.ticks()),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">'
        f"{escape(across)}</text>",
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(up)}</text>',
    ]
    for n, (name, line) in enumerate(lines.items()):
        parts += _line(place, name, sorted(line), n)
    return "\n".join([*parts, "</svg>"]) + "\n"


class Axis:
    """A logarithmic range from *low* to *high*, both of 1, 2 or 5 times a power of ten."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    @classmethod
    def around(cls, values: Sequence[float]) -> "Axis":
        every = _steps(min(values), max(values))
        low = max(step for step in every if step <= min(values))
        high = min(step for step in every if step >= max(values) and step > low)
        return cls(low, high)

    def share(self, value: float) -> float:
        """Return how far *value* is along the axis, from 0 to 1."""
        return math.log(value / self.low) / math.log(self.high / self.low)

    def ticks(self) -> list[float]:
        return [step for step in _steps(self.low, self.high) if self.low <= step <= self.high]


class _Place:
    """Turns values into the picture's coordinates."""

    def __init__(self, x: Axis, y: Axis) -> None:
        self._x, self._y = x, y

    def x(self, value: float) -> float:
        return round(LEFT + self._x.share(value) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - self._y.share(value) * (HEIGHT - BOTTOM - TOP), 1)


def _steps(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    return [float(f"{step}e{decade}") for decade in decades for step in STEPS]


def _tick(x: float, y: float, value: float, *, up: bool) -> str:
    if up:
        line = f'<line x1="{x}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        return f'{line}<text x="{x - 6}" y="{y + 4}" text-anchor="end">{value:g}</text>'
    line = f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{y}" stroke="#ddd"/>'
    return f'{line}<text x="{x}" y="{y + 16}" text-anchor="middle">{value:g}</text>'


def _line(place: _Place, name: str, line: Sequence[Point], n: int) -> list[str]:
    colour = COLOURS[n // 2 % len(COLOURS)]
    dashes = ' stroke-dasharray="5 4"' if name.endswith("CPU") else ""
    at = [(place.x(x), place.y(y)) for x, y in line]
    path = " ".join(f"{x},{y}" for x, y in at)
    key_y = TOP + 14 + 20 * n
    key_x = WIDTH - RIGHT + 14
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>',
        *(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in at),
        f'<line x1="{key_x}" x2="{key_x + 24}" y1="{key_y}" y2="{key_y}" stroke="{colour}" '
        f'stroke-width="2"{dashes}/><text x="{key_x + 30}" y="{key_y + 4}">{escape(name)}</text>',
    ]
