"""A job's record as its owner sees it."""

from dataclasses import replace

import pytest

from exporter.jobs import Delivered, Failure, JobRecord, Progress, Result, State
from exporter.queues import Priority
from webapi.job_view import JobSchema, job_json

FAULT = Failure("render_timeout", "The map did not finish drawing in time.", True)
RESULT = Result("a/b.png", 5, 1, 2, "00", 7, 9)
RECORD = JobRecord(
    job_id="j", key_id="k", state=State.QUEUED, progress=Progress(), priority=Priority.LOW,
    request="{}", attempts=0, starts=0, created_at=1_800_000_000.25, claimed_at=0, due_at=0,
    ended_at=0, result=None, failure=None,
)  # fmt: skip


def test_times_are_utc_with_milliseconds_and_absent_until_they_happen():
    shown = view(RECORD)

    assert shown["created_at"] == "2027-01-15T08:00:00.250Z"
    assert [shown[key] for key in ("started_at", "finished_at", "retry_at")] == [None] * 3


def test_progress_is_whole_percent_and_the_stage_has_a_name():
    shown = view(replace(RECORD, state=State.RUNNING, progress=Progress("drawn", 70)))

    assert (shown["progress"], shown["stage"], shown["tiles"]) == (70, "drawn", None)


def test_tiles_are_counted_while_they_are_loaded():
    shown = view(replace(RECORD, state=State.RUNNING, progress=Progress("tiles", 40, 12, 30)))

    assert shown["tiles"] == {"done": 12, "total": 30}


def test_a_link_is_made_on_each_read_and_the_storage_key_is_not_shown():
    result = view(replace(RECORD, state=State.COMPLETED, result=RESULT))["result"]

    assert result["download_url"] == "link to a/b.png"
    assert "key" not in result
    assert (result["format"], result["content_type"], result["dpi"]) == ("png", "image/png", 300)
    assert (result["render_time_ms"], result["queue_time_ms"]) == (7, 9)


def test_each_file_has_a_link_of_its_own_and_the_first_speaks_for_the_result():
    files = (
        Delivered("print", "a/b.pdf", "pdf", 9, 800, 1200, 300, "aa"),
        Delivered("thumbnail", "a/c.jpg", "jpeg", 3, 80, 120, 30, "bb"),
    )
    main = replace(RESULT, key="a/b.pdf", format="pdf", file_size=9, outputs=files)

    result = view(replace(RECORD, state=State.COMPLETED, result=main))["result"]

    assert result["outputs"] == [
        {
            "name": "print", "download_url": "link to a/b.pdf", "file_size": 9, "width": 800,
            "height": 1200, "dpi": 300, "format": "pdf", "content_type": "application/pdf",
            "sha256": "aa",
        },
        {
            "name": "thumbnail", "download_url": "link to a/c.jpg", "file_size": 3, "width": 80,
            "height": 120, "dpi": 30, "format": "jpeg", "content_type": "image/jpeg",
            "sha256": "bb",
        },
    ]  # fmt: skip
    first = {name: item for name, item in result["outputs"][0].items() if name != "name"}
    assert first.items() <= result.items()


@pytest.mark.parametrize(
    ("state", "error", "last_error"),
    [
        (State.FAILED, "render_timeout", None),
        (State.RETRYING, "render_timeout", None),
        (State.QUEUED, None, "render_timeout"),
        (State.RUNNING, None, "render_timeout"),
        (State.COMPLETED, None, None),
        (State.CANCELLED, None, None),
    ],
)
def test_an_error_is_final_only_where_the_job_ended_or_waits_with_it(state, error, last_error):
    shown = view(replace(RECORD, state=state, failure=FAULT))

    assert code(shown["error"]) == error
    assert code(shown["last_error"]) == last_error


def test_a_retry_tells_its_time_only_while_it_waits():
    waiting = replace(RECORD, state=State.RETRYING, due_at=1_800_000_060)

    assert view(waiting)["retry_at"] == "2027-01-15T08:01:00.000Z"
    assert view(replace(waiting, state=State.CANCELLED))["retry_at"] is None


def test_attempts_are_all_that_were_begun():
    assert view(replace(RECORD, attempts=2, starts=1))["attempts"] == 3


def view(record):
    return JobSchema().dump(job_json(record, lambda key: f"link to {key}", "https://x/jobs/j"))


def code(error):
    return error and error["code"]
