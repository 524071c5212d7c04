"""The existing web app's way to a poster, rebuilt by us from its description, to be compared with.

For each poster: a browser is launched, the page loaded, the map settled at full resolution with a
kept drawing buffer, all of it drawn twice, and the picture handed over as base64 in CDP's JSON.
The same Chromium, flags, gateway, tiles, style and layers as ours. An order a line on stdin, an
answer a line on stdout (drawer.py); the settings are those of a worker.
"""

import asyncio
import base64
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from exporter import logs
from exporter.browser import Browser
from exporter.egress import Egress
from exporter.gateway import ORIGIN, Gateway
from exporter.page_files import RENDERER_DIR
from exporter.poster import to_json
from exporter.settings import Settings
from tests.bench.cost import cpu_s
from tests.bench.subject import CONFIG

PAGE = Path(__file__).with_name("old_page")
# It rendered each poster twice (poster.md, section 6, point 7).
RENDERS = 2
STEP_S = 120.0


async def draw(gateway: Gateway, config: Settings, order: dict[str, Any]) -> dict[str, Any]:
    """Make one poster in its way; the seconds end when its file is written."""
    begun, spent = time.monotonic(), cpu_s(os.getpid())
    browser = await Browser.start(config, proxy_port=gateway.port)
    try:
        page = await browser.new_page()
        await browser.call(page.goto(f"{ORIGIN}/"), timeout_s=STEP_S)
        wanted = {"config": to_json(CONFIG), "width": order["width"], "height": order["height"]}
        for _ in range(RENDERS):
            drawing = page.evaluate("wanted => window.drawPoster(wanted)", wanted)
            answer = await browser.call(drawing, timeout_s=STEP_S)
        png = base64.b64decode(answer["image"].partition(",")[2])
        Path(order["out"]).write_bytes(png)
        wall_s = time.monotonic() - begun
        # Before the browser is killed: its children's seconds would go with it.
        used_s = cpu_s(os.getpid()) - spent
    finally:
        await browser.stop()
    return {
        "wall_s": wall_s, "cpu_s": used_s, "bytes": len(png),
        "renderer": answer["renderer"], "timings_ms": answer["timingsMs"],
    }  # fmt: skip


def page_folder(folder: Path) -> Path:
    """Lay out *folder* as the gateway expects it: our page, the service's vendored files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(PAGE / "index.html", folder)
    (folder / "src").symlink_to(PAGE / "src")
    for shared in ("shared-styles", "node_modules"):
        (folder / shared).symlink_to(RENDERER_DIR / shared)
    return folder


async def serve(config: Settings) -> None:
    """Draw each order of stdin; ends with it."""
    gateway = Gateway(config, Egress(config), renderer_dir=page_folder(config.var_dir / "old-page"))
    await gateway.start()
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await draw(gateway, config, json.loads(line))), flush=True)
    finally:
        await gateway.stop()


if __name__ == "__main__":
    logs.configure("WARNING")
    asyncio.run(serve(Settings.from_env()))
