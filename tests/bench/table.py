"""The bench's one table, as text: what was drawn, where the time went, which goals were met."""

from collections.abc import Mapping, Sequence

from deploy.local.report import Goal
from tests.bench.measured import LLVMPIPE, WARM, Measured, Row
from tests.bench.numbers import figure, spread
from tests.bench.subject import Size

HEAD = ("what", "size", "GL", "n", "wall s", "CPU s", "s/Mpx", "peak MiB")


def table(measured: Measured, more: Mapping[str, str], goals: Sequence[Goal]) -> str:
    """Return the whole table; *more* are lines that are no poster: throughput, submits, stages."""
    parts = [
        aligned([HEAD, *(_cells(row) for row in measured.rows())], left=3),
        aligned([(name, text) for name, text in more.items()], left=2),
        aligned(
            [("goal", "wanted", "measured", "")]
            + [(g.name, str(g.wanted), str(g.measured), _verdict(g)) for g in goals],
            left=4,
        ),
    ]
    return "\n\n".join(part for part in parts if part)


def stages(measured: Measured, size: Size) -> str:
    """Return where the seconds of our warm posters of *size* went, medians in their order."""
    told = [run.details["stages_s"] for run in measured.of((WARM, size, LLVMPIPE))]
    names = [name for name in told[0] if all(name in each for each in told)] if told else []
    return ", ".join(f"{n} {figure(spread([each[n] for each in told]).median)}" for n in names)


def aligned(rows: Sequence[Sequence[str]], *, left: int) -> str:
    """Return *rows* in columns, the first *left* of them flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if n < left else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    peak = f"{row.peak_bytes / 2**20:.0f}" if row.peak_bytes else "-"
    per_megapixel = figure(row.wall_s.median / row.size.megapixels)
    return (
        row.contender, str(row.size), row.backend, str(row.wall_s.n), str(row.wall_s),
        str(row.cpu_s), per_megapixel, peak,
    )  # fmt: skip


def _verdict(goal: Goal) -> str:
    return "met" if goal.met else "MISSED"
