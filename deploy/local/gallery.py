"""Contact sheets of all styles and of all palettes, drawn by the service: behind `make gallery`.

Leaves `build/gallery/styles.png`, `palettes.png` and the report; look at them.
"""

import io
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw

from deploy.local.client import Client, Unanswered, fetch
from deploy.local.plan import make_plan
from deploy.local.refusal import CannotRun, exit_with
from deploy.local.report import Report
from deploy.local.setup import ROOT
from deploy.local.stack import Stack, interrupt_on_signals

FOLDER = ROOT / "build" / "gallery"
PLACE = {"location": {"lng": 71.43, "lat": 51.145}, "camera": {"zoom": 13.0}}
OPTIONS = {"labels": False, "landcover_grass": True, "landcover_wood": True}
STYLE_SIZE, PALETTE_SIZE = (600, 900), (240, 360)
STYLE_COLUMNS, PALETTE_COLUMNS = 4, 12
# A poster of this size takes about a second; what is not there by then never comes.
ALL_S = 900.0
_POLL_S = 0.3
_GAP_PX, _NAME_PX = 12, 18


def main() -> int:
    """Draw every style and every palette and paste the sheets."""
    interrupt_on_signals()
    shutil.rmtree(FOLDER, ignore_errors=True)
    report = Report("gallery", FOLDER / "report.json")
    free_ports = {"PORT": "0", "FLOWER_PORT": "0", "REDIS_PORT": "0"}
    try:
        with Stack(make_plan(ROOT, FOLDER / "stack", {**os.environ, **free_ports})) as stack:
            stack.await_ready(say)
            client = Client(stack.plan.api_url, stack.plan.api_key)
            styles = fetch(f"{client.url}/api/v1/styles").json["styles"]
            draw_sheets(client, styles, report)
    except (CannotRun, Unanswered, KeyboardInterrupt) as err:
        report.could_not_run(str(err) or "interrupted")
        raise CannotRun(str(err) or "interrupted") from err
    shutil.rmtree(FOLDER / "stack", ignore_errors=True)
    return report.close()


def draw_sheets(client: Client, styles: Sequence[dict[str, Any]], report: Report) -> None:
    """Write both sheets; each poster that did not come is a goal missed."""
    default = {style["id"]: poster(style["id"], "", STYLE_SIZE) for style in styles}
    every = {
        palette["id"]: poster(style["id"], palette["id"], PALETTE_SIZE)
        for style in styles
        for palette in style["palettes"]
    }
    for name, orders, columns in (
        ("styles", default, STYLE_COLUMNS),
        ("palettes", every, PALETTE_COLUMNS),
    ):
        pictures = draw_all(client, orders)
        report.goal(f"{name} drawn", wanted=len(orders), measured=len(pictures))
        path = FOLDER / f"{name}.png"
        contact_sheet(pictures, columns).save(path, optimize=True)
        print(path.relative_to(ROOT), flush=True)


def poster(style: str, palette: str, size: tuple[int, int]) -> dict[str, Any]:
    """Return the order of one small poster of the sample city."""
    words = {"title": "Astana", "subtitle": palette.replace("-", " ") or "Kazakhstan"}
    resolution = {"width": size[0], "height": size[1]}
    order = {**PLACE, "style": style, "text": words, "options": OPTIONS, "resolution": resolution}
    return {**order, "palette": palette} if palette else order


def draw_all(client: Client, orders: dict[str, dict[str, Any]]) -> dict[str, Image.Image]:
    """Ask for all *orders* at once and return the pictures that were made, in their order."""
    jobs = {name: client.generate(order).json["job_id"] for name, order in orders.items()}
    pictures: dict[str, Image.Image] = {}
    for name, job_id in jobs.items():
        job = ended(client, job_id)
        if job["status"] != "completed":
            say(f"{name} {job['status']}: {job['error']}")
            continue
        pictures[name] = Image.open(io.BytesIO(fetch(job["result"]["download_url"]).body))
        say(f"{name} ({len(pictures)} of {len(jobs)})")
    return pictures


def ended(client: Client, job_id: str) -> dict[str, Any]:
    """Return the job once it has ended. Raises CannotRun when it does not."""
    pause = threading.Event()
    for _ in range(int(ALL_S / _POLL_S)):
        job: dict[str, Any] = client.job(job_id).json
        if job["status"] in ("completed", "failed", "cancelled"):
            return job
        pause.wait(_POLL_S)
    raise CannotRun(f"Job {job_id} had not ended after {ALL_S:g} s; see {FOLDER}/stack/log.")


def contact_sheet(pictures: dict[str, Image.Image], columns: int) -> Image.Image:
    """Paste *pictures* of one size in rows of *columns*, each with its name above it."""
    width, height = next(iter(pictures.values())).size
    cell = (width + _GAP_PX, height + _GAP_PX + _NAME_PX)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * cell[0] + _GAP_PX, rows * cell[1] + _GAP_PX), "#8c8c88")
    write = ImageDraw.Draw(sheet)
    for n, (name, picture) in enumerate(pictures.items()):
        x, y = (n % columns) * cell[0] + _GAP_PX, (n // columns) * cell[1] + _GAP_PX
        write.text((x, y), name, fill="white")
        sheet.paste(picture.convert("RGB"), (x, y + _NAME_PX))
    return sheet


def say(line: str) -> None:
    print(f"gallery: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_with(main)
