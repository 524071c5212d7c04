"""One poster through the whole service, judged: behind `make demo`.

Starts a stack of its own, asks it for the sample city by HTTP, follows the job, downloads the
poster, stops everything. The last line on stdout says what came of it.
"""

import hashlib
import io
import os
import shutil
import sys
import threading
import time
from typing import Any

from PIL import Image

from deploy.local.client import Client, Unanswered, fetch
from deploy.local.plan import make_plan
from deploy.local.refusal import CannotRun, exit_with
from deploy.local.report import Report
from deploy.local.setup import ROOT
from deploy.local.stack import Stack, interrupt_on_signals

WIDTH, HEIGHT = 2400, 3600
POSTER = {
    "location": {"lng": 71.43, "lat": 51.145},
    "style": "minimal",
    "text": {"title": "Astana", "subtitle": "Kazakhstan"},
    "camera": {"zoom": 13.1},
    "options": {"labels": False, "landcover_grass": True, "landcover_wood": True},
    "resolution": {"width": WIDTH, "height": HEIGHT},
    "priority": "high",
}
ENDED = ("completed", "failed", "cancelled")

FOLDER = ROOT / "build" / "demo"
IMAGE = FOLDER / "astana.png"
# The job's own timeout is 120 s and it is alone in the queue: later it is lost, not late.
JOB_S = 180.0
_POLL_S = 0.2
# What names other services or leads out of this machine; the demo needs neither.
_NOT_OURS = ("REDIS_URL", "TILES_URL", "EXPORT_PUBLIC_URL", "EXPORT_STORAGE", "EXPORT_DEV_API_KEY")


def main() -> int:
    """Make the poster and judge it; leaves it and the report in build/demo."""
    interrupt_on_signals()
    shutil.rmtree(FOLDER, ignore_errors=True)
    report = Report("demo", FOLDER / "report.json")
    given = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    free_ports = {"PORT": "0", "FLOWER_PORT": "0", "REDIS_PORT": "0"}
    try:
        say("starting Redis, API, two workers and Flower")
        with Stack(make_plan(ROOT, FOLDER, {**given, **free_ports})) as stack:
            stack.await_ready(say)
            last_line = make_poster(Client(stack.plan.api_url, stack.plan.api_key), report)
            say("stopping everything")
    except (CannotRun, Unanswered, KeyboardInterrupt) as err:
        reason = str(err) or "interrupted"
        report.could_not_run(reason)
        raise CannotRun(reason) from err
    code = report.close()
    for goal in report.goals:
        if not goal.met:
            say(f"missed: {goal.name}: wanted {goal.wanted}, got {goal.measured}")
    if not code:
        print(last_line, flush=True)
    return code


def make_poster(client: Client, report: Report) -> str:
    """Ask for the poster, follow it, keep and judge it; return the line that says so."""
    begun = time.monotonic()
    answer = client.generate(POSTER)
    if not report.goal("accepted", wanted=202, measured=answer.status):
        say(f"the API refused: {answer.text}")
        return ""
    job = follow(client, answer.json["job_id"])
    report.facts["job"] = job
    if not report.goal("completed", wanted="completed", measured=job["status"]):
        say(f"the job {job['status']}: {job.get('error')}")
        return ""
    result = job["result"]
    download = fetch(result["download_url"])
    seconds = time.monotonic() - begun
    if report.goal("downloaded without a key", wanted=200, measured=download.status):
        IMAGE.write_bytes(download.body)
        judge(download.body, result, report)
    report.facts["seconds_to_poster"] = round(seconds, 1)
    path, url = IMAGE.relative_to(ROOT), result["download_url"]
    return f"poster {path} {WIDTH}x{HEIGHT} {seconds:.1f}s {url}"


def follow(client: Client, job_id: str) -> dict[str, Any]:
    """Tell each step of the job and return it ended, or as it stood after JOB_S.

    Raises Unanswered when the API does not show it.
    """
    deadline = time.monotonic() + JOB_S
    told = ""
    while True:
        answer = client.job(job_id)
        if answer.status != 200:
            raise Unanswered(f"asked for the job, the API said {answer.status}: {answer.text}")
        job: dict[str, Any] = answer.json
        step = describe(job)
        if step != told:
            say(step)
            told = step
        if job["status"] in ENDED or time.monotonic() > deadline:
            return job
        threading.Event().wait(_POLL_S)


def describe(job: dict[str, Any]) -> str:
    """Return how *job* stands in one line: status, percent, stage and, of tiles, how many."""
    tiles = job.get("tiles")
    counted = f" {tiles['done']}/{tiles['total']}" if tiles and tiles["total"] else ""
    return f"{job['status']} {job['progress']:3d} % {job['stage']}{counted}"


def judge(png: bytes, result: dict[str, Any], report: Report) -> None:
    """Record whether *png* is the picture that was asked for and that *result* describes."""
    report.goal("sha256", wanted=result["sha256"], measured=hashlib.sha256(png).hexdigest())
    report.goal("file size", wanted=result["file_size"], measured=len(png))
    report.goal("PNG", wanted=f"PNG {WIDTH}x{HEIGHT}", measured=picture(png))


def picture(data: bytes) -> str:
    """Return format and size of the image *data*, read to its end; what is wrong if it is none."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return f"{image.format} {image.width}x{image.height}"
    except OSError as err:
        return f"no image: {err}"


def say(line: str) -> None:
    print(f"demo: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_with(main)
