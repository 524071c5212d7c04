"""Where the seconds of a warm poster go: `python -m tests.bench.profile`, behind `make profile`.

Two views of the same posters: CPU-seconds of each thread of worker and Chromium, as a table, and
the page's JavaScript by V8's sampling profiler, as a flame graph. Leaves both in build/profile;
BENCH_DOCS=1 also puts the picture into docs/pictures.
"""

import asyncio
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from deploy.local.refusal import MET, exit_with
from deploy.local.setup import ROOT
from tests.bench.flames import flames, stacks
from tests.bench.table import aligned
from tests.rendering import LARGE, Renderer, offline, renderer

FOLDER = ROOT / "build" / "profile"
WARM_UP, POSTERS = 3, 6
SAMPLE_EVERY_US = 250
_TICKS = os.sysconf("SC_CLK_TCK")
# Below this share of the whole a thread is one of the rest.
_WORTH = 0.01


async def profile(folder: Path) -> tuple[dict[str, Any], Counter[str]]:
    """Draw warm posters of 2400 x 3600; return V8's profile and CPU-seconds a poster by thread."""
    async with renderer(offline(folder)) as draw:
        for _ in range(WARM_UP):
            await _draw(draw)
        session = await draw._page._page.target.createCDPSession()
        await session.send("Profiler.enable")
        await session.send("Profiler.setSamplingInterval", {"interval": SAMPLE_EVERY_US})
        before = _threads(os.getpid())
        await session.send("Profiler.start")
        for n in range(POSTERS):
            await _draw(draw)
            print(f"profile: poster {n + 1} of {POSTERS}", file=sys.stderr, flush=True)
        told = (await session.send("Profiler.stop"))["profile"]
        used = _threads(os.getpid())
        used.subtract(before)
    return told, Counter({name: ticks / _TICKS / POSTERS for name, ticks in used.items()})


async def _draw(draw: Renderer) -> None:
    drawing = await draw(size=LARGE, zoom=13.2)
    drawing.pieces.remove()


def _threads(root: int) -> Counter[str]:
    """Return the clock ticks of every thread at and below *root*, by process and thread name."""
    parents, names = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = _stat(stat)
            kind = _kind(stat.parent / "cmdline", name)
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        pid = int(stat.parent.name)
        parents[pid], names[pid] = int(rest[1]), kind
    family, more = {root}, {root}
    while more := {pid for pid, parent in parents.items() if parent in more} - family:
        family |= more
    ticks: Counter[str] = Counter()
    for pid in family & set(names):
        for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
            try:
                thread, rest = _stat(stat)
            except (FileNotFoundError, ProcessLookupError):
                continue
            ticks[f"{names[pid]}: {thread}"] += int(rest[11]) + int(rest[12])
    return ticks


def _stat(file: Path) -> tuple[str, list[str]]:
    """Return the name and the fields after it, numbered as in proc(5) from 3 on."""
    head, _, rest = file.read_text().rpartition(")")
    # llvmpipe-0, llvmpipe-1 … are one kind of thread.
    return head.partition("(")[2].rstrip("0123456789-"), rest.split()


def _kind(cmdline: Path, name: str) -> str:
    # Chromium's children write their command line anew, with spaces.
    for word in cmdline.read_bytes().decode(errors="replace").replace("\0", " ").split():
        if word.startswith("--type="):
            return f"chromium {word.removeprefix('--type=')}"
    return "worker" if name.startswith("python") else name


def table(used: Counter[str]) -> str:
    """Return the threads that cost something, dearest first."""
    whole = sum(used.values())
    dear = [(name, s) for name, s in used.most_common() if s >= _WORTH * whole]
    rows = [(name, f"{s:.3f}", f"{s / whole:.0%}") for name, s in dear]
    rest = whole - sum(s for _, s in dear)
    rows += [("all others", f"{rest:.3f}", f"{rest / whole:.0%}"), ("whole", f"{whole:.3f}", "")]
    return aligned([("thread", "CPU s a poster", "share"), *rows], left=1)


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="profile-", dir=FOLDER) as work:
        told, used = asyncio.run(profile(Path(work)))
    picture = flames(
        stacks(told), f"JavaScript of a warm poster, {LARGE.width_px} x {LARGE.height_px}"
    )
    (FOLDER / "profile.svg").write_text(picture)
    (FOLDER / "threads.txt").write_text(table(used) + "\n")
    if os.environ.get("BENCH_DOCS") == "1":
        (ROOT / "docs" / "pictures" / "profile.svg").write_text(picture)
    print(table(used), flush=True)
    return MET


if __name__ == "__main__":
    exit_with(main)
