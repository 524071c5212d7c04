import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from deploy.local import demo
from deploy.local.client import Answer, Unanswered
from deploy.local.refusal import MET, MISSED
from deploy.local.report import Report

URL = "http://127.0.0.1:1/poster.png"


def test_a_poster_as_ordered_meets_all_goals(report: Report, api: "FakeApi") -> None:
    line = demo.make_poster(api, report)

    assert report.close() == MET
    path, size = demo.IMAGE.relative_to(demo.ROOT), "2400x3600"
    assert line.startswith(f"poster {path} {size} ")
    assert line.endswith(f"s {URL}")
    assert demo.IMAGE.read_bytes() == api.poster


def test_a_poster_of_another_size_misses_the_goal(report: Report, api: "FakeApi") -> None:
    api.poster = png(2400, 3599)

    demo.make_poster(api, report)

    assert report.close() == MISSED
    assert [g.measured for g in report.goals if not g.met] == ["PNG 2400x3599"]


def test_bytes_other_than_the_result_says_miss_the_goal(report: Report, api: "FakeApi") -> None:
    api.changes = {"sha256": "0" * 64}

    demo.make_poster(api, report)

    assert [g.name for g in report.goals if not g.met] == ["sha256"]


def test_something_that_is_no_image_misses_the_goal(report: Report, api: "FakeApi") -> None:
    api.poster = b"<html>"

    demo.make_poster(api, report)

    assert [g.name for g in report.goals if not g.met] == ["PNG"]


def test_a_failed_job_misses_the_goal(report: Report, api: "FakeApi") -> None:
    api.jobs = [{"status": "failed", "progress": 12, "stage": "tiles", "error": {"code": "x"}}]

    assert demo.make_poster(api, report) == ""
    assert report.close() == MISSED


def test_a_refused_request_misses_the_goal(report: Report, api: "FakeApi") -> None:
    api.accepts = 422

    assert demo.make_poster(api, report) == ""
    assert report.close() == MISSED


def test_an_api_that_does_not_show_the_job_is_no_missed_goal(
    report: Report, api: "FakeApi"
) -> None:
    api.shows = 500

    with pytest.raises(Unanswered, match="500"):
        demo.make_poster(api, report)


def test_each_step_is_told_once(
    report: Report, api: "FakeApi", capsys: pytest.CaptureFixture[str]
) -> None:
    tiles = {"status": "running", "progress": 40, "stage": "tiles"}
    api.jobs = [
        {**tiles, "tiles": {"done": 3, "total": 6}},
        {**tiles, "tiles": {"done": 3, "total": 6}},
        {**tiles, "tiles": None, "stage": "drawn", "progress": 70},
        *api.jobs,
    ]

    demo.make_poster(api, report)

    assert capsys.readouterr().err.splitlines() == [
        "demo: running  40 % tiles 3/6",
        "demo: running  70 % drawn",
        "demo: completed 100 % completed",
    ]


def test_the_report_says_what_was_measured(report: Report, api: "FakeApi", tmp_path: Path) -> None:
    demo.make_poster(api, report)
    report.close()

    written = json.loads((tmp_path / "report.json").read_text())
    assert (written["exit_code"], written["verdict"]) == (0, "all met")
    assert written["job"]["status"] == "completed"
    assert all(goal["met"] for goal in written["goals"])


def test_a_run_that_could_not_be_judged_says_why(report: Report, tmp_path: Path) -> None:
    assert report.could_not_run("no Redis") == 2

    written = json.loads((tmp_path / "report.json").read_text())
    assert (written["verdict"], written["reason"]) == ("could not run", "no Redis")


class FakeApi:
    """Stands for a Client, at an API whose one job ends as the test says."""

    def __init__(self) -> None:
        self.accepts, self.shows = 202, 200
        self.jobs = [{"status": "completed", "progress": 100, "stage": "completed"}]
        self.poster = png(2400, 3600)
        self.changes: dict[str, Any] = {}

    def generate(self, body: dict[str, Any]) -> Answer:
        return Answer(self.accepts, json.dumps({"job_id": "1"}).encode())

    def job(self, job_id: str) -> Answer:
        job = self.jobs.pop(0)
        if job["status"] == "completed":
            job = {**job, "result": {**_result(self.poster), **self.changes}}
        return Answer(self.shows, json.dumps(job).encode())


def _result(poster: bytes) -> dict[str, Any]:
    return {
        "download_url": URL,
        "file_size": len(poster),
        "sha256": hashlib.sha256(poster).hexdigest(),
    }


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report("demo", tmp_path / "report.json")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(demo, "IMAGE", tmp_path / "astana.png")
    monkeypatch.setattr(demo, "fetch", lambda _url: Answer(200, fake.poster))
    return fake
