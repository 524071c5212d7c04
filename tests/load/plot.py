"""A load over time as SVG: exports in flight, jobs that wait, and exports completed so far."""

from collections.abc import Sequence
from html import escape

from tests.load.criteria import LEAST_IN_FLIGHT
from tests.load.measured import Load

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 380, 50, 50, 20, 160
IN_FLIGHT, WAITING, COMPLETED, STEADY = "#1f5fa8", "#c2571a", "#3a7d44", "#eef3f8"
_TICKS = 5
_ROUND = (1, 2, 5)

Point = tuple[float, float]


def plot(load: Load) -> str:
    """Return the SVG: shaded is when every caller had an export in flight, dashed the criterion."""
    begun = min((export.asked_at for export in load.exports), default=0.0)
    lines = _lines(load, begun)
    lasts = max((at for _, _, line in lines for at, _ in line), default=1.0) or 1.0
    highest = max((value for _, _, line in lines for _, value in line), default=1.0) or 1.0

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * at / lasts, 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / highest), 1)

    begin, end = [max(0.0, moment - begun) for moment in load.steady]
    bottom = HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<rect class="steady" x="{x(begin)}" y="{TOP}" width="{max(0.0, x(end) - x(begin)):.1f}" '
        f'height="{bottom - TOP}" fill="{STEADY}"/>',
        f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="#888"/>',
    ]
    if highest >= LEAST_IN_FLIGHT:
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(LEAST_IN_FLIGHT)}" '
            f'y2="{y(LEAST_IN_FLIGHT)}" stroke="{IN_FLIGHT}" stroke-dasharray="3 4"/>'
        )
    for value in _ticks(highest):
        parts.append(
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    for at in _ticks(lasts):
        parts.append(f'<text x="{x(at)}" y="{bottom + 18}" text-anchor="middle">{at:g}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
        "seconds since the first export was asked for</text>"
    )
    for n, (name, colour, line) in enumerate(lines):
        path = " ".join(f"{x(at)},{y(value)}" for at, value in line)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
            f'<text x="{WIDTH - RIGHT + 12}" y="{TOP + 14 + 20 * n}" fill="{colour}">'
            f"{escape(name)}</text>",
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lines(load: Load, begun: float) -> list[tuple[str, str, Sequence[Point]]]:
    seen = [look for look in load.looks if look.at >= begun]
    ended = sorted(export.ended_at - begun for export in load.completed)
    return [
        ("exports in flight", IN_FLIGHT, [(s.at - begun, s.in_flight) for s in seen]),
        ("jobs that wait", WAITING, [(s.at - begun, s.waiting) for s in seen]),
        ("exports completed", COMPLETED, [(0.0, 0), *((at, n + 1) for n, at in enumerate(ended))]),
    ]


def _ticks(highest: float) -> list[float]:
    """Return round numbers from 0 to *highest*, about five."""
    step = next(
        step
        for decade in range(-3, 9)
        for step in (float(f"{digit}e{decade}") for digit in _ROUND)
        if highest / step <= _TICKS
    )
    return [n * step for n in range(int(highest / step) + 1)]
