"""`Prefer: wait`: callers of the old export get the poster itself, as they always did."""

import threading
import time

import pytest

from exporter.directory_store import DirectoryStore
from exporter.jobs import Failure, Result
from tests import api as apis
from tests.corpus.cases import GENERATE
from webapi import prefer

PLACE = {"location": {"lat": 51.145, "lng": 71.43}}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 512
RESULT = Result("api-posters/a.png", len(PNG), 2400, 3600, "ab" * 32, 1500, 20)


class TestAWaitingCaller:
    def test_gets_what_the_old_export_answered(self, api, worker):
        answer = ask(api, wait="wait=60")

        told = answer.json
        assert answer.status_code == 200
        assert set(told) == {"id", "status", "download_url", "metadata"}
        assert told["status"] == "completed"
        assert told["metadata"] == {
            "render_time_ms": 1500,
            "file_size_bytes": len(PNG),
            "dimensions": "2400x3600",
        }
        assert answer.headers["Preference-Applied"] == "wait=60"
        assert api.ask("GET", told["download_url"].removeprefix(apis.BASE_URL)).data == PNG

    @pytest.mark.parametrize("accept", ["image/png", "image/*", "image/png, application/json"])
    def test_who_accepts_pictures_gets_the_picture(self, api, worker, accept):
        answer = ask(api, wait="wait=60", accept=accept)

        assert (answer.status_code, answer.content_type) == (200, "image/png")
        assert answer.data == PNG
        assert answer.headers["Content-Length"] == str(len(PNG))
        assert answer.headers["X-Render-Time-Ms"] == "1500"
        assert api.job(answer.headers["X-Poster-ID"]).json["status"] == "completed"

    def test_who_accepts_anything_gets_json(self, api, worker):
        assert ask(api, wait="wait=60", accept="*/*").json["status"] == "completed"

    @pytest.mark.parametrize(
        ("said", "applied"),
        [("respond-async, wait=5", "wait=5"), ('WAIT="7"', "wait=7"), ("wait=9999", "wait=60")],
    )
    def test_the_wish_is_read_as_rfc_7240_writes_it(self, api, worker, said, applied):
        assert ask(api, wait=said).headers["Preference-Applied"] == applied

    @pytest.mark.parametrize("said", ["", "waiting=5", "wait", "wait=soon", "wait=-1", "await=3"])
    def test_who_does_not_wait_gets_a_job(self, api, said):
        answer = ask(api, wait=said)

        assert answer.status_code == 202
        assert "Preference-Applied" not in answer.headers

    def test_who_waits_too_short_gets_a_job_that_goes_on(self, api):
        began = time.monotonic()
        answer = ask(api, wait="wait=1")

        assert answer.status_code == 202
        assert 0.5 < time.monotonic() - began < 5
        assert api.job(answer.json["job_id"]).json["status"] == "queued"

    def test_a_job_that_fails_is_an_error_that_names_it(self, api, ending):
        ending(
            lambda job_id, token: api.jobs.fail(
                job_id, token, Failure("map_blank", "Nothing.", False)
            )
        )

        answer = ask(api, wait="wait=60")

        assert (answer.status_code, answer.json["code"]) == (500, "drawing_failed")
        assert "map_blank: Nothing." in answer.json["detail"]

    def test_a_picture_only_without_waiting_is_refused_before_anything_is_made(self, api):
        before = api.footprint()

        answer = ask(api, accept="image/png")

        assert (answer.status_code, answer.json["code"]) == (406, "not_acceptable")
        assert "Prefer: wait=60" in answer.json["detail"]
        assert api.footprint() == before

    def test_one_too_many_gets_a_job_at_once(self, api, monkeypatch):
        monkeypatch.setattr(prefer, "_places", threading.BoundedSemaphore(1))
        with prefer._places:
            answer = ask(api, wait="wait=60")

        assert answer.status_code == 202

    def test_a_place_is_given_back(self, api, worker, monkeypatch):
        monkeypatch.setattr(prefer, "_places", threading.BoundedSemaphore(1))

        statuses = [ask(api, wait="wait=60", fresh=n).status_code for n in range(3)]

        assert statuses == [200, 200, 200]


def ask(api, *, wait="", accept="", fresh=0):
    headers = {"Prefer": wait} if wait else {}
    headers |= {"Accept": accept} if accept else {}
    body = {**PLACE, "text": {"title": f"nr {fresh}"}}
    return api.ask("POST", GENERATE, json=body, headers=headers)


@pytest.fixture
def api(settings):
    running = apis.api(settings)
    store = DirectoryStore(running.settings)
    store.put(RESULT.key, PNG, content_type="image/png", deadline_s=time.monotonic() + 5)
    running.http.application.extensions["poster-exporter"].storage = store
    return running


@pytest.fixture
def ending(api):
    """Start a thread that claims every job and ends it as it is told, as a worker does."""
    stop = threading.Event()
    threads = []

    def start(end):
        def work():
            done = set()
            while not stop.wait(0.02):
                for job_id, _ in list(api.sent):
                    if job_id not in done and (claim := api.jobs.claim(job_id, "w")):
                        done.add(job_id)
                        end(job_id, claim.token)

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def worker(api, ending):
    ending(lambda job_id, token: api.jobs.complete(job_id, token, RESULT))
