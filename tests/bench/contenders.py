"""The four ways to the poster, each as a function that draws it once and says what it cost."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.local.setup import ROOT
from tests.bench.cost import rested_cpu_s
from tests.bench.drawer import Drawer
from tests.bench.measured import COLD, LLVMPIPE, NATIVE, OLD, WARM, Run
from tests.bench.service import Service
from tests.bench.subject import Size, native_order, order
from tests.bench.tile_host import TileHost

Draw = Callable[[Size], Run]
# The page's laps, in their order (static_renderer/src/poster.js).
LAPS = ("prepare", "settle", "draw", "compose", "encode", "deliver")


def old_way(host: TileHost, folder: Path, backend: str) -> Drawer:
    """Return the existing app's way as a process; its gateway caches tiles as ours does."""
    env = {
        **os.environ,
        "TILES_URL": host.url("old"),
        "EXPORT_EGRESS_ALLOW": host.authority,
        "EXPORT_VAR_DIR": str(folder / f"old-{backend}"),
        "EXPORT_GL_BACKEND": backend,
    }
    command = (sys.executable, "-m", "tests.bench.old_way")
    return Drawer(OLD, command, env, ROOT, folder / f"old-{backend}.log")


def native(python: Path, folder: Path) -> Drawer:
    """Return MapLibre Native as a process that stays, as a server of maps would."""
    env = {**os.environ, "EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1"}
    command = (str(python), str(Path(__file__).with_name("native.py")))
    return Drawer(NATIVE, command, env, ROOT, folder / "native.log")


def by_old_way(drawer: Drawer, folder: Path, backend: str) -> Draw:
    def draw(size: Size) -> Run:
        told = drawer.draw(order(size, folder / "old.png"))
        return Run(OLD, size, backend, told.pop("wall_s"), told.pop("cpu_s"), told)

    return draw


def by_native(drawer: Drawer, folder: Path, style: str) -> Draw:
    def draw(size: Size) -> Run:
        before = rested_cpu_s(drawer.pid)
        told = drawer.draw(native_order(size, folder / "native.png", style))
        used_s = rested_cpu_s(drawer.pid) - before
        return Run(NATIVE, size, LLVMPIPE, told.pop("wall_s"), used_s, told)

    return draw


def by_service(service: Service, pid: int, backend: str, contender: str = WARM) -> Draw:
    """Return our way: a job through the API, drawn by the one worker, *pid* its Celery main."""

    def draw(size: Size) -> Run:
        before = rested_cpu_s(pid) if contender != COLD else 0.0
        job = service.completed(service.submit(size))
        used_s = rested_cpu_s(pid) - before
        result = job["result"]
        details = {"queue_ms": result["queue_time_ms"], **_stages(service, job)}
        return Run(contender, size, backend, result["render_time_ms"] / 1000, used_s, details)

    return draw


def _stages(service: Service, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each stage took: the page's own laps, and from the log what came after it."""
    manifest = job["result"]["manifest"]
    reached, total_s = service.stages(job["job_id"]), job["result"]["render_time_ms"] / 1000
    told = manifest["timingsMs"]
    # JSON on its way through Redis keeps no order; what is new in the page comes last.
    laps = {name: told[name] / 1000 for name in sorted(told, key=_place)}
    stages = {"lend page": reached.get("page_ready", 0.0), **laps}
    if {"verified", "uploaded"} <= set(reached):
        # Between the page's last lap and the verdict lie the page's answer and the check itself.
        stages["verify"] = reached["verified"] - sum(stages.values())
        stages["make file, store"] = reached["uploaded"] - reached["verified"]
    return {
        "stages_s": stages, "renderer": manifest["renderer"], "tiles": manifest["tiles"]["loaded"],
        "wall_s": total_s,
    }  # fmt: skip


def _place(lap: str) -> int:
    return LAPS.index(lap) if lap in LAPS else len(LAPS)
