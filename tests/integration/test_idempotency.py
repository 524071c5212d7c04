"""The same Idempotency-Key and body stand for one job, whatever happens to the answers."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from exporter.jobs import ONCE_S, PREFIX
from tests import api as apis
from tests.corpus.cases import GENERATE, JOBS, place

KEY = "order 17/a"


class TestTheSameRequest:
    def test_gets_the_job_of_the_first(self, api):
        first, again = ask(api), ask(api)

        assert (first.status_code, again.status_code) == (202, 202)
        assert again.json["job_id"] == first.json["job_id"]
        assert again.headers["Location"] == first.headers["Location"]
        assert ("Idempotency-Replayed" in first.headers) is False
        assert again.headers["Idempotency-Replayed"] == "true"
        assert records(api) == 1
        assert len(api.sent) == 1
        assert api.redis.hget(f"{PREFIX}metrics", "export_submitted|normal") == "1"

    def test_is_told_how_the_job_stands_by_then(self, api):
        job_id = ask(api).json["job_id"]
        api.jobs.claim(job_id, "w")
        running = ask(api).json
        api.ask("DELETE", f"{JOBS}/{job_id}")
        api.jobs.end_cancelled(job_id, 1)
        ended = ask(api).json

        assert (running["status"], ended["status"]) == ("running", "cancelled")
        assert running["estimated_time"] >= 1
        assert ended["estimated_time"] == 0

    def test_may_be_written_in_another_way(self, api):
        body = place(priority="low")
        spaced = json.dumps(dict(reversed(body.items())), indent=2)

        assert ask(api, body).json["job_id"] == ask(api, data=spaced).json["job_id"]

    def test_twenty_times_at_once_is_one_job(self, api):
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _: ask(api), range(20)))

        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json["job_id"] for answer in answers}) == 1
        assert records(api) == 1

    def test_after_an_api_that_died_before_its_answer_is_the_same_job(self, api):
        """Killed behind the record: the message is the sweeper's business."""

        class Killed(BaseException):
            pass

        def die(*_):
            raise Killed

        services = api.http.application.extensions["poster-exporter"]
        send, services.send = services.send, die
        with pytest.raises(Killed):
            ask(api)
        [job_id] = api.redis.zrange(f"{PREFIX}queued", 0, -1)
        services.send = send

        assert ask(api).json["job_id"] == job_id
        assert records(api) == 1


class TestAnotherRequest:
    def test_with_the_same_key_is_refused_and_leaves_nothing(self, api):
        ask(api)
        before = api.footprint()

        answer = ask(api, place(priority="high"))

        assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")
        assert api.footprint() == before

    def test_with_another_key_or_none_is_another_job(self, api):
        answers = [ask(api), ask(api, key="other"), api.generate(place()), api.generate(place())]

        assert len({answer.json["job_id"] for answer in answers}) == 4

    def test_of_another_caller_is_another_job(self, api):
        mine, theirs = ask(api), ask(api, as_=api.make_key())

        assert mine.json["job_id"] != theirs.json["job_id"]

    def test_after_a_refused_one_is_free_to_use_the_key(self, api):
        assert ask(api, {"location": 1}).status_code == 422

        assert ask(api).status_code == 202


def test_a_key_is_kept_for_a_day(api):
    ask(api)

    [kept] = api.redis.scan_iter(f"{PREFIX}once:*")

    assert 0 < api.redis.pttl(kept) <= ONCE_S * 1000
    assert KEY not in kept


def test_a_key_whose_job_is_past_its_retention_is_free_again(api):
    first = ask(api).json["job_id"]
    api.ask("DELETE", f"{JOBS}/{first}")
    api.jobs.forget(first)

    assert ask(api).json["job_id"] != first
    assert records(api) == 1


def ask(api, body=None, *, key=KEY, as_=None, data=None):
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    data = data or json.dumps(place() if body is None else body)
    # A client of its own: threads must not share one.
    http = api.http.application.test_client()
    headers["Authorization"] = f"Bearer {as_ or api.key}"
    return http.post(GENERATE, data=data, headers=headers, buffered=True)


def records(api):
    return len(list(api.redis.scan_iter(f"{PREFIX}job:*")))


@pytest.fixture
def api(settings):
    return apis.api(settings)
