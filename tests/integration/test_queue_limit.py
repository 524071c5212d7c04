"""The queue is full: a poster that would have to be drawn is refused, and nothing else is.

Through the real API, on a real Redis; a worker is played by the scripts it would call.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from exporter.exposition import exposition
from exporter.jobs import Failure
from exporter.metrics import Metrics
from exporter.presence import WorkerState, report
from tests import api as apis
from tests.api import RESULT
from tests.corpus.cases import GENERATE, place
from webapi.tiers import Tier

LIMIT, LIMIT_FREE = 4, 2
FAULT = Failure("tiles_unavailable", "The map tiles could not be fetched.", True)
WORKER = WorkerState("host:1", 2, 1, 10, 1, 0, 0, 300_000_000, "llvmpipe")


class TestFull:
    def test_one_more_is_refused_and_leaves_nothing(self, full):
        before = full.footprint()

        answer = ask(full, LIMIT)

        assert (answer.status_code, answer.json["code"]) == (429, "queue_full")
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["Retry-After"]
        assert full.footprint() == before
        assert b'export_refused_total{reason="queue_full"} 1.0' in exposition(full.redis)

    def test_a_claimed_one_makes_room(self, full, ids):
        assert full.jobs.claim(ids[0], "w")

        assert ask(full, LIMIT).status_code == 202

    def test_one_that_waits_for_its_next_attempt_still_counts(self, full, ids):
        claim = full.jobs.claim(ids[0], "w")
        full.jobs.retry(ids[0], claim.token, FAULT, 60)

        assert ask(full, LIMIT).status_code == 429

    def test_an_idempotency_key_of_a_refused_request_stays_free(self, full, ids):
        once = {"Idempotency-Key": "mine"}
        assert ask(full, LIMIT, headers=once).status_code == 429
        full.jobs.cancel(ids[0])

        answer = ask(full, LIMIT + 1, headers=once)

        assert answer.status_code == 202
        assert "Idempotency-Replayed" not in answer.headers

    def test_of_many_at_once_as_many_are_taken_as_fit(self, limited):
        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(lambda nth: ask(limited, nth), range(16)))

        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {202: LIMIT, 429: 16 - LIMIT}
        assert len(limited.sent) == LIMIT


class TestRetryAfter:
    """When ten places will be free, by the mean drawing and the workers there are.

    Each is asked of another process of the API, since one knows the pace for two seconds.
    """

    def test_it_is_longer_the_slower_the_service_and_the_fuller_its_queue(self, full):
        Metrics(full.redis).observe("export_render_seconds", 6)
        alone = waits(apis.api(full.settings))
        for name in ("host:1", "host:2", "host:3"):
            report(full.redis, replace(WORKER, worker=name))
        other = apis.api(full.settings)
        three = waits(other)
        of_a_free_key = waits(other, key=other.make_key(Tier.FREE))

        assert (alone, three) == (60, 20)
        assert of_a_free_key == 2 * (LIMIT - LIMIT_FREE) + three

    @pytest.mark.parametrize(("render_s", "told_s"), [(0.001, 5), (3600, 600)])
    def test_it_is_some_seconds_and_no_hours(self, full, render_s, told_s):
        Metrics(full.redis).observe("export_render_seconds", render_s)

        assert waits(apis.api(full.settings)) == told_s


class TestNeverRefused:
    def test_a_request_that_is_sent_again(self, limited):
        once = {"Idempotency-Key": "mine"}
        first = ask(limited, 0, headers=once)
        fill(limited)

        again = ask(limited, 0, headers=once)

        assert (again.status_code, again.json["job_id"]) == (202, first.json["job_id"])
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_one_that_waits_for_a_drawing_in_flight(self, full, ids):
        answer = ask(full, 0)

        assert (answer.status_code, answer.json["reused_from"]) == (202, ids[0])

    def test_one_that_is_given_a_finished_drawing(self, limited):
        done = ask(limited, 0).json["job_id"]
        claim = limited.jobs.claim(done, "w")
        limited.jobs.complete(done, claim.token, replace(RESULT, warnings=()))
        fill(limited)

        answer = ask(limited, 0)

        assert (answer.status_code, answer.json["status"]) == (202, "completed")

    def test_but_one_that_is_to_be_drawn_anew_is(self, full):
        answer = ask(full, 0, headers={"Cache-Control": "no-cache"})

        assert answer.status_code == 429


class TestTiers:
    def test_free_keys_are_refused_first(self, limited):
        free = limited.make_key(Tier.FREE)

        answers = [ask(limited, nth, key=free).status_code for nth in range(LIMIT_FREE + 1)]

        assert answers == [202] * LIMIT_FREE + [429]
        assert ask(limited, LIMIT, key=limited.make_key(Tier.MAKER)).status_code == 202

    def test_no_tier_exceeds_the_limit_of_the_service(self, settings):
        small = apis.api(replace(settings, queue_limit=1, queue_limit_free=50))
        free = small.make_key(Tier.FREE)

        assert [ask(small, nth, key=free).status_code for nth in range(2)] == [202, 429]


def ask(running, nth, *, key=None, headers=None):
    """Ask for the poster *nth*; two numbers are two drawings."""
    body = place(text={"title": f"Poster {nth}"})
    return running.ask("POST", GENERATE, json=body, key=key, headers=headers or {})


def waits(running, *, key=None):
    """Return what a full queue says, in seconds."""
    answer = ask(running, 99, key=key)
    assert answer.status_code == 429
    return int(answer.headers["Retry-After"])


def fill(running):
    """Submit posters until one is refused."""
    nth = 100
    while ask(running, nth).status_code == 202:
        nth += 1
        assert nth <= 100 + LIMIT, "it never becomes full"


@pytest.fixture
def limited(settings):
    return apis.api(replace(settings, queue_limit=LIMIT, queue_limit_free=LIMIT_FREE))


@pytest.fixture
def ids(limited):
    """Fill the queue and return the ids of the jobs that wait, the first one first."""
    return [ask(limited, nth).json["job_id"] for nth in range(LIMIT)]


@pytest.fixture
def full(limited, ids):
    return limited
