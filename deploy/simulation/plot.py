"""Queue and pods over time, as SVG: one panel for each demand."""

from collections.abc import Sequence
from html import escape

from deploy.simulation.demand import HOUR_S
from deploy.simulation.model import Run

WIDTH, PANEL, LEFT, TOP, RIGHT = 760, 190, 50, 30, 20
PLOT = PANEL - TOP - 30
QUEUE, PODS = "#c2571a", "#1f5fa8"
# More points than pixels show nothing more.
MOST_POINTS = 700


def plot(panels: Sequence[tuple[str, Run]]) -> str:
    """Return an SVG of what happened in each run, below its title."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {PANEL * len(panels)}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{PANEL * len(panels)}" fill="white"/>',
    ]
    for number, (title, run) in enumerate(panels):
        parts += [
            f'<g transform="translate(0 {number * PANEL})">',
            *_panel(title, run, legend=number == 0),
            "</g>",
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(title: str, run: Run, *, legend: bool) -> list[str]:
    lasts = max(run.ended_at, 1.0)
    highest = max(1, *(max(queue, pods) for _, queue, pods in run.series))

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * at / lasts

    def y(value: float) -> float:
        return TOP + PLOT * (1 - value / highest)

    def line(which: int, colour: str) -> str:
        step = max(1, len(run.series) // MOST_POINTS)
        # The highest of each step, so that no spike is lost.
        chunks = [run.series[n : n + step] for n in range(0, len(run.series), step)]
        points = [(chunk[0][0], max(each[which] for each in chunk)) for chunk in chunks]
        path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'

    parts = [
        f'<text x="{LEFT}" y="{TOP - 12}" font-weight="bold">{escape(title)}</text>',
        f'<path d="M{LEFT} {TOP}V{TOP + PLOT}H{WIDTH - RIGHT}" fill="none" stroke="#888"/>',
        *(
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>'
            for value in sorted({0, highest // 2, highest})
        ),
        *(
            f'<text x="{x(lasts * n / 4):.1f}" y="{TOP + PLOT + 16}" text-anchor="middle">'
            f"{_time(lasts * n / 4)}</text>"
            for n in range(5)
        ),
        line(1, QUEUE),
        line(2, PODS),
    ]
    if legend:
        parts += [
            f'<text x="{WIDTH - RIGHT}" y="{TOP - 12}" text-anchor="end">'
            f'<tspan fill="{QUEUE}">jobs that wait</tspan>, '
            f'<tspan fill="{PODS}">worker pods</tspan></text>'
        ]
    return parts


def _time(seconds: float) -> str:
    return f"{seconds / HOUR_S:.3g} h"
