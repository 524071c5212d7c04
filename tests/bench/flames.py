"""A flame graph as SVG: a box for each function, as wide as the time spent in and below it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

WIDTH, ROW, TOP = 1200, 17, 30
# Narrower boxes show nothing; about so many pixels a letter takes.
NARROWEST, LETTER = 2.0, 6.2
# From the root outwards, so that neighbours can be told apart.
COLOURS = ("#f4b183", "#f8cbad", "#ffd966", "#ffe699")
# Time in which the page waited for others.
NOT_WORK = frozenset({"(idle)"})

Stack = tuple[str, ...]


@dataclass
class _Box:
    time: float = 0.0
    below: "dict[str, _Box]" = field(default_factory=dict)


def stacks(profile: Mapping[str, Any]) -> dict[Stack, float]:
    """Return the milliseconds in each stack of functions of a V8 *profile* (`.cpuprofile`)."""
    nodes = {node["id"]: node for node in profile["nodes"]}
    above = {child: node["id"] for node in profile["nodes"] for child in node.get("children", ())}
    times: dict[Stack, float] = {}
    for leaf, micros in zip(profile["samples"], profile["timeDeltas"], strict=True):
        names: list[str] = []
        node: int | None = leaf
        while node is not None:
            names.append(_name(nodes[node]["callFrame"]))
            node = above.get(node)
        stack = tuple(reversed(names))[1:]
        if stack and stack[0] not in NOT_WORK:
            times[stack] = times.get(stack, 0.0) + max(micros, 0) / 1000
    return times


def flames(times: Mapping[Stack, float], title: str) -> str:
    """Return the SVG of *times*, callers above what they call."""
    root = _Box()
    for stack, ms in times.items():
        box = root
        box.time += ms
        for name in stack:
            box = box.below.setdefault(name, _Box())
            box.time += ms
    boxes = list(_placed(root, 0.0, 0, root.time))
    deepest = max((depth for _, _, depth, _, _ in boxes), default=0)
    height = TOP + (deepest + 1) * ROW + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="8" y="18" font-size="13">{escape(title)}: {root.time:.0f} ms in all</text>',
        *(_drawn(*box, whole=root.time) for box in boxes),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _placed(
    box: _Box, left: float, depth: int, whole: float
) -> Iterator[tuple[str, float, int, float, float]]:
    """Yield name, left edge, depth, width and milliseconds of all below *box*, widest first."""
    for name, below in sorted(box.below.items(), key=lambda item: -item[1].time):
        width = below.time / whole * WIDTH
        if width >= NARROWEST:
            yield name, left, depth, width, below.time
            yield from _placed(below, left, depth + 1, whole)
        left += width


def _drawn(name: str, left: float, depth: int, width: float, ms: float, *, whole: float) -> str:
    y = TOP + depth * ROW
    told = f"{name}: {ms:.1f} ms, {ms / whole:.1%}"
    letters = int((width - 6) / LETTER)
    shown = name if len(name) <= letters else name[: max(letters - 1, 0)] + "…"
    text = f'<text x="{left + 3:.1f}" y="{y + 12}">{escape(shown)}</text>' if letters > 3 else ""
    return (
        f'<g><title>{escape(told)}</title><rect x="{left:.1f}" y="{y}" width="{width - 0.5:.1f}" '
        f'height="{ROW - 1}" fill="{COLOURS[depth % len(COLOURS)]}"/>{text}</g>'
    )


def _name(frame: Mapping[str, Any]) -> str:
    """Return a function's name with its file, as "redraw map.js"."""
    name: Sequence[str] = frame["functionName"] or "(anonymous)"
    file = str(frame["url"]).rpartition("/")[2]
    return f"{name} {file}".rstrip()
