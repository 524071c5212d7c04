"""One drawing for all who ask for the same poster: through the real API, on a real Redis.

A worker is played by the scripts it would call; tests/functional/test_reuse.py has a real one.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from exporter.errors import LeaseLost, StorageUnavailable
from exporter.jobs import MOST_FOLLOWERS, PREFIX, Failure, Likeness
from exporter.outbox import Outbox
from exporter.queues import Priority
from exporter.sweeper import Sweeper
from tests import api as apis
from tests.api import RESULT
from tests.corpus.cases import GENERATE, JOBS, place
from tests.factories import poster_job
from webapi import create_app
from webapi.catalogue import Catalogue

LASTING = replace(RESULT, warnings=())
PASSING = Failure("tiles_unavailable", "The map tiles could not be fetched.", True)
FOR_GOOD = Failure("style_error", "The map style cannot be drawn.", False)
TOO_LATE = Failure("deadline_exceeded", "Not finished within its timeout.", False)


class TestInFlight:
    def test_a_second_request_waits_for_the_drawing_of_the_first(self, api):
        first, second = ask(api), ask(api)

        assert second["job_id"] != first["job_id"]
        assert (first["reused_from"], second["reused_from"]) == (None, first["job_id"])
        assert second["status"] == "queued"
        assert shown(api, second)["reused_from"] == first["job_id"]
        assert api.sent == [(first["job_id"], Priority.NORMAL)]
        assert draw(api, second) is None

    def test_both_are_completed_by_one_drawing(self, api):
        first, second = ask(api), ask(api)

        complete(api, first)

        jobs = [shown(api, each) for each in (first, second)]
        assert [job["status"] for job in jobs] == ["completed"] * 2
        assert [job["reused_from"] for job in jobs] == [None, first["job_id"]]
        assert jobs[1]["result"] == jobs[0]["result"]
        assert (jobs[1]["progress"], jobs[1]["attempts"]) == (100, 0)
        assert counted(api, "export_jobs") == {"completed": 2}
        assert counted(api, "export_reused") == {"in_flight": 1}

    def test_one_that_comes_while_it_is_drawn_waits_too(self, api):
        first = ask(api)
        claim = draw(api, first)
        second = ask(api)

        api.jobs.complete(first["job_id"], claim.token, LASTING)

        assert shown(api, second)["status"] == "completed"

    def test_twenty_at_once_are_one_drawing(self, api):
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _: ask(api), range(20)))

        assert len({answer["job_id"] for answer in answers}) == 20
        [(drawn, _)] = api.sent
        assert [a["reused_from"] for a in answers if a["job_id"] != drawn] == [drawn] * 19
        complete(api, {"job_id": drawn})
        assert {shown(api, answer)["status"] for answer in answers} == {"completed"}

    def test_a_drawing_told_twice_is_no_second_ending_of_a_follower(self, api):
        first, second = ask(api), ask(api)
        token = complete(api, first)
        ended = shown(api, second)

        api.jobs.complete(first["job_id"], token, LASTING)

        assert ended["finished_at"] == shown(api, second)["finished_at"]
        assert counted(api, "export_jobs") == {"completed": 2}

    def test_no_more_follow_than_can_end_in_one_step(self, api, monkeypatch):
        monkeypatch.setattr("exporter.jobs.MOST_FOLLOWERS", 2)
        jobs = [ask(api) for _ in range(5)]

        assert [job["reused_from"] for job in jobs] == [
            None, jobs[0]["job_id"], jobs[0]["job_id"], None, jobs[3]["job_id"],
        ]  # fmt: skip
        assert [job_id for job_id, _ in api.sent] == [jobs[0]["job_id"], jobs[3]["job_id"]]


class TestFinished:
    def test_a_kept_poster_is_given_at_once(self, api):
        first = ask(api)
        complete(api, first)

        second = ask(api)

        assert (second["status"], second["estimated_time"]) == ("completed", 0)
        assert second["reused_from"] == first["job_id"]
        job = shown(api, second)
        assert job["result"] == shown(api, first)["result"]
        assert (job["started_at"], job["finished_at"]) == (None, job["created_at"])
        assert len(api.sent) == 1
        assert counted(api, "export_reused") == {"finished": 1}

    def test_it_is_named_by_the_job_that_was_drawn(self, api):
        """Also when the job it was given by had it from another one."""
        first = ask(api)
        complete(api, first)
        ask(api)
        forget(api, first)

        assert ask(api)["reused_from"] == first["job_id"]

    def test_a_poster_with_gaps_that_may_pass_is_not_given_to_later_requests(self, api):
        first, follower = ask(api), ask(api)
        gap = {"code": "failed_tiles", "message": "1 tile could not be fetched."}
        complete(api, first, replace(RESULT, warnings=(gap,)))

        assert shown(api, follower)["status"] == "completed"
        assert ask(api)["reused_from"] is None

    @pytest.mark.parametrize("end", ["fail", "cancel"])
    def test_of_a_failed_or_cancelled_job_nothing_is_given(self, api, end):
        {"fail": fail, "cancel": cancel}[end](api, ask(api))

        assert ask(api)["reused_from"] is None


class TestWhatIsTheSame:
    @pytest.mark.parametrize(
        "beside",
        [
            {"priority": "low"},
            {"timeout": 5000},
            {"user_id": "u1"},
            {"webhook": {"url": "https://hooks.example/posters"}},
            {"style": "minimal"},
            {"output": {"format": "png"}},
        ],
    )
    def test_what_decides_no_file_may_differ(self, api, beside):
        first = ask(api)

        assert ask(api, place(**beside))["reused_from"] == first["job_id"]

    @pytest.mark.parametrize(
        "other",
        [
            {"style": "blueprint"},
            {"location": {"lat": 51.145, "lng": 71.431}},
            {"output": {"format": "jpeg"}},
            {"output": {"name": "cover"}},
            {"resolution": {"width": 400, "height": 600, "dpi": 150}},
            {"on_missing": "fail"},
        ],
    )
    def test_what_decides_a_file_may_not(self, api, other):
        ask(api)

        assert ask(api, place(**other))["reused_from"] is None

    def test_another_key_gets_a_drawing_of_its_own(self, api):
        first = ask(api)
        complete(api, first)

        assert ask(api, as_=api.make_key())["reused_from"] is None

    def test_changed_styles_or_tiles_are_another_poster(self, api):
        first = ask(api)
        styles = Catalogue.read()
        newer = Catalogue(styles.styles, "another version")
        elsewhere = replace(api.settings, tiles_url="https://tiles.example/planet")

        answers = [asked_of(api, catalogue=newer), asked_of(api, settings=elsewhere)]

        assert [answer["reused_from"] for answer in answers] == [None, None]
        assert asked_of(api)["reused_from"] == first["job_id"]


class TestNoCache:
    def test_always_draws(self, api):
        complete(api, ask(api))

        waiting, second = ask(api, fresh=True), ask(api, fresh=True)

        assert (waiting["reused_from"], second["reused_from"]) == (None, None)
        assert len(api.sent) == 3

    def test_what_it_drew_is_given_from_then_on(self, api):
        old = ask(api)
        complete(api, old)
        new = ask(api, fresh=True)
        assert ask(api)["reused_from"] == old["job_id"]

        complete(api, new)

        assert ask(api)["reused_from"] == new["job_id"]

    def test_while_it_is_drawn_and_nothing_is_kept_others_follow_it(self, api):
        fresh = ask(api, fresh=True)

        assert ask(api)["reused_from"] == fresh["job_id"]


class TestIdempotency:
    def test_a_replay_is_the_same_job_and_not_another_follower(self, api):
        first = ask(api)
        second = ask(api, once="a")

        again = ask(api, once="a")

        assert (again["job_id"], again["reused_from"]) == (second["job_id"], first["job_id"])
        assert api.redis.zcard(f"{PREFIX}followers:{first['job_id']}") == 1
        complete(api, first)
        assert ask(api, once="a")["status"] == "completed"

    def test_a_replay_with_no_cache_draws_nothing(self, api):
        first = ask(api, once="a")

        assert ask(api, once="a", fresh=True)["job_id"] == first["job_id"]
        assert len(api.sent) == 1


class TestCancelling:
    def test_a_follower_leaves_the_others_alone(self, api):
        first, second, third = ask(api), ask(api), ask(api)

        cancel(api, second)

        complete(api, first)
        states = [shown(api, each)["status"] for each in (first, second, third)]
        assert states == ["completed", "cancelled", "completed"]
        assert shown(api, second)["reused_from"] is None

    def test_a_queued_job_hands_its_drawing_on(self, api, sweeper):
        first, second, third = ask(api), ask(api), ask(api)

        cancel(api, first)
        sweeper.tick()

        assert shown(api, first)["status"] == "cancelled"
        assert api.sent[1:] == [(second["job_id"], Priority.NORMAL)]
        assert shown(api, second)["reused_from"] is None
        assert shown(api, third)["reused_from"] == second["job_id"]
        assert ask(api)["reused_from"] == second["job_id"]
        complete(api, second)
        assert shown(api, third)["status"] == "completed"
        assert shown(api, first)["status"] == "cancelled"

    def test_a_running_job_hands_it_on_at_once_and_keeps_nothing(self, api, sweeper):
        first, second = ask(api), ask(api)
        claim = draw(api, first)

        cancel(api, first)
        sweeper.tick()

        assert api.sent[1:] == [(second["job_id"], Priority.NORMAL)]
        api.jobs.end_cancelled(first["job_id"], claim.token)
        assert shown(api, second)["status"] == "queued"
        assert ask(api)["reused_from"] == second["job_id"]
        complete(api, second)
        assert shown(api, first)["status"] == "cancelled"

    def test_a_request_after_the_cancellation_follows_nobody(self, api):
        first = ask(api)
        draw(api, first)
        cancel(api, first)

        assert ask(api)["reused_from"] is None


class TestFailing:
    def test_what_would_fail_for_all_fails_for_all(self, api):
        first, second = ask(api), ask(api)

        fail(api, first, FOR_GOOD)

        job = shown(api, second)
        assert (job["status"], job["error"]["code"]) == ("failed", "style_error")
        assert job["reused_from"] is None
        assert ask(api)["reused_from"] is None

    @pytest.mark.parametrize("failure", [PASSING, TOO_LATE])
    def test_what_may_go_better_is_tried_for_the_next(self, api, sweeper, failure):
        first, second, third = ask(api), ask(api), ask(api)

        fail(api, first, failure)
        sweeper.tick()

        assert shown(api, first)["status"] == "failed"
        assert shown(api, third)["reused_from"] == second["job_id"]
        assert api.sent[1:] == [(second["job_id"], Priority.NORMAL)]
        complete(api, second)
        assert shown(api, third)["status"] == "completed"

    def test_a_poster_that_kills_its_workers_is_not_given_to_more_of_them(self, api, sweeper):
        first, second = ask(api), ask(api)
        for _ in range(api.settings.max_starts):
            draw(api, first)
            api.redis.hset(f"{PREFIX}job:{first['job_id']}", "lease", 1)
            api.redis.zadd(f"{PREFIX}running", {first["job_id"]: 1})
        sweeper.sweep()

        assert shown(api, second)["error"]["code"] == "worker_crashed"
        assert len(api.sent) == 1

    def test_the_lost_attempt_of_a_job_completes_nobody(self, api):
        first, second = ask(api), ask(api)
        claim = draw(api, first)
        api.jobs.fail(first["job_id"], claim.token, PASSING)

        with pytest.raises(LeaseLost):
            api.jobs.complete(first["job_id"], claim.token, LASTING)

        assert shown(api, second)["status"] == "queued"


class TestRollingUpdate:
    """The job that is followed is ended by a worker of a version that knew of no followers."""

    def test_followers_of_a_completed_job_get_its_files(self, api, sweeper, deleted):
        first, second = ask(api), ask(api)
        apart(api, first)
        complete(api, first)
        rejoin(api, first, second)

        sweeper.sweep()

        assert shown(api, second)["status"] == "completed"
        assert shown(api, second)["reused_from"] == first["job_id"]
        expire(api, first)
        sweeper.sweep()
        assert deleted == []

    @pytest.mark.parametrize("end", ["fail", "cancel", "forget"])
    def test_of_followers_of_another_one_is_drawn(self, api, sweeper, end):
        first, second, third = ask(api), ask(api), ask(api)
        apart(api, first)
        cancel(api, first) if end == "cancel" else fail(api, first)
        if end == "forget":
            api.jobs.forget(first["job_id"])
        rejoin(api, first, second, third)

        sweeper.sweep()
        sweeper.tick()

        assert api.sent[1:] == [(second["job_id"], Priority.NORMAL)]
        assert shown(api, third)["reused_from"] == second["job_id"]


class TestUrgency:
    def test_a_more_urgent_follower_moves_the_drawing_up(self, api):
        slow = ask(api, place(priority="low"))

        urgent = ask(api, place(priority="high"))

        assert urgent["reused_from"] == slow["job_id"]
        assert api.sent == [(slow["job_id"], Priority.LOW), (slow["job_id"], Priority.HIGH)]
        jobs = [shown(api, each) for each in (slow, urgent)]
        assert [job["priority"] for job in jobs] == ["low", "high"]

    def test_a_lost_message_and_a_retry_keep_that_queue(self, api, sweeper):
        slow = ask(api, place(priority="low"))
        ask(api, place(priority="high"))
        claim = draw(api, slow)
        api.jobs.retry(slow["job_id"], claim.token, PASSING, 0)

        sweeper.tick()

        assert api.sent[2:] == [(slow["job_id"], Priority.HIGH)]

    def test_the_heir_goes_to_the_queue_of_the_most_urgent(self, api, sweeper):
        first = ask(api, place(priority="high"))
        heir = ask(api, place(priority="low"))
        ask(api, place(priority="normal"))

        cancel(api, first)
        sweeper.tick()

        assert api.sent[1:] == [(heir["job_id"], Priority.NORMAL)]


class TestTime:
    def test_the_timeout_of_a_follower_counts_from_the_start_of_the_drawing(self, api, sweeper):
        first, hasty = ask(api), ask(api, place(timeout=1000))
        assert deadline_s(api, hasty) > 60
        draw(api, first)
        late = ask(api, place(timeout=2000))
        assert deadline_s(api, hasty) == pytest.approx(1, abs=0.5)
        assert deadline_s(api, late) == pytest.approx(2, abs=0.5)
        api.redis.zadd(f"{PREFIX}deadlines", {hasty["job_id"]: 1})

        sweeper.sweep()

        assert shown(api, hasty)["error"]["code"] == "deadline_exceeded"
        assert [shown(api, each)["status"] for each in (first, late)] == ["running", "queued"]

    def test_it_counts_anew_when_the_drawing_begins_anew(self, api):
        first, second = ask(api), ask(api, place(timeout=1000))
        claim = draw(api, first)

        api.jobs.fail(first["job_id"], claim.token, PASSING)

        assert shown(api, second)["started_at"] is None
        assert deadline_s(api, second) > 60
        assert draw(api, second).remaining_s == pytest.approx(1, abs=0.5)

    def test_a_follower_waits_no_longer_than_any_job(self, api, sweeper):
        ask(api)
        second = ask(api)
        api.redis.zadd(f"{PREFIX}deadlines", {second["job_id"]: 1})

        sweeper.sweep()

        assert shown(api, second)["error"]["code"] == "queue_timeout"


class TestRetention:
    def test_files_stay_until_the_last_job_that_holds_them_goes(self, api, sweeper, deleted):
        first, second = ask(api), ask(api)
        complete(api, first)
        third = ask(api)

        for job in (first, third):
            expire(api, job)
            sweeper.sweep()
            assert api.job(job["job_id"]).status_code == 404
            assert deleted == []
        assert shown(api, second)["status"] == "completed"

        expire(api, second)
        sweeper.sweep()

        assert deleted == [RESULT.key]
        assert remains(api) == []

    def test_also_when_the_drawn_job_goes_last(self, api, sweeper, deleted):
        first, second = ask(api), ask(api)
        complete(api, first)

        expire(api, second)
        sweeper.sweep()
        assert deleted == []
        assert ask(api, once="x")["reused_from"] == first["job_id"]
        forget(api, ask(api, once="x"))

        expire(api, first)
        sweeper.sweep()

        assert deleted == [RESULT.key]
        assert remains(api) == []

    def test_all_at_once_delete_them_once(self, api, sweeper, deleted):
        first, second = ask(api), ask(api)
        complete(api, first)
        for job in (first, second):
            expire(api, job)

        sweeper.sweep()

        assert deleted == [RESULT.key]

    def test_files_about_to_be_deleted_are_given_to_nobody(self, api, sweeper, monkeypatch):
        """A request between the sweeper's look and its deletion."""
        first = ask(api)
        complete(api, first)
        expire(api, first)
        between = []
        monkeypatch.setattr(sweeper._storage, "delete", lambda _: between.append(ask(api)))

        sweeper.sweep()

        assert between[0]["reused_from"] is None

    def test_a_deletion_that_failed_is_tried_again(self, api, sweeper, deleted, monkeypatch):
        first = ask(api)
        complete(api, first)
        expire(api, first)
        with monkeypatch.context() as broken:
            broken.setattr(sweeper._storage, "delete", out_of_order)
            sweeper.sweep()
        assert ask(api)["reused_from"] is None

        sweeper.sweep()

        assert deleted == [RESULT.key]

    def test_an_operator_removes_no_file_that_is_held(self, api):
        first, second = ask(api), ask(api)
        complete(api, first)

        assert api.jobs.release(first["job_id"]) == []
        assert api.jobs.release(second["job_id"]) == [RESULT.key]


def test_each_job_tells_its_own_webhook(api):
    urls = [f"https://hooks.example/{n}" for n in range(3)]
    jobs = [ask(api, place(webhook={"url": url})) for url in urls[:2]]
    complete(api, jobs[0])
    jobs.append(ask(api, place(webhook={"url": urls[2]})))

    notices = [Outbox(api.redis).of_job(job["job_id"]) for job in jobs]

    assert [[n.url for n in each] for each in notices] == [[url] for url in urls]
    assert {n.result.key for [n] in notices} == {RESULT.key}
    assert len({n.id for [n] in notices}) == 3


def test_a_failure_for_all_is_told_to_all(api):
    first, second = (ask(api, place(webhook={"url": "https://hooks.example/"})) for _ in range(2))

    fail(api, first, FOR_GOOD)

    for job in (first, second):
        [notice] = Outbox(api.redis).of_job(job["job_id"])
        assert (notice.event, notice.failure) == ("job.failed", FOR_GOOD)


def test_a_failed_job_begun_anew_is_drawn_itself(api):
    first, second = ask(api), ask(api)
    fail(api, first, FOR_GOOD)

    api.jobs.requeue(second["job_id"])

    complete(api, second)
    assert shown(api, second)["reused_from"] is None
    assert ask(api)["reused_from"] == second["job_id"]


def test_many_followers_end_in_a_moment(api):
    """One script keeps Redis from everyone else, so MOST_FOLLOWERS bounds its length."""
    first, *followers = [poster_job() for _ in range(MOST_FOLLOWERS + 1)]
    alike = Likeness("a" * 64)
    for job in (first, *followers):
        api.jobs.submit(job, likeness=alike)
    claim = api.jobs.claim(first.job_id, "w")
    api.redis.config_resetstat()

    api.jobs.complete(first.job_id, claim.token, replace(LASTING, manifest={"x": "y" * 5000}))

    spent = api.redis.info("commandstats")["cmdstat_evalsha"]["usec"]
    assert spent < 500_000
    assert counted(api, "export_jobs") == {"completed": MOST_FOLLOWERS + 1}


def ask(api, body=None, *, fresh=False, once="", as_=None):
    """Ask for a poster as a client would and return the answer."""
    headers = {"Authorization": f"Bearer {as_ or api.key}"}
    headers |= {"Cache-Control": "no-cache"} if fresh else {}
    headers |= {"Idempotency-Key": once} if once else {}
    # A client of its own: threads must not share one.
    http = api.http.application.test_client()
    answer = http.post(GENERATE, json=body or place(), headers=headers, buffered=True)
    assert answer.status_code == 202, answer.text
    return answer.json


def asked_of(api, *, settings=None, catalogue=None):
    """Ask another process of the service, which may have been set up in another way."""
    app = create_app(
        settings or api.settings,
        catalogue=catalogue,
        client=api.redis,
        storage=api.store,
        send=lambda *_: None,
    )
    headers = {"Authorization": f"Bearer {api.key}"}
    return app.test_client().post(GENERATE, json=place(), headers=headers).json


def shown(api, job):
    return api.job(job["job_id"]).json


def draw(api, job):
    return api.jobs.claim(job["job_id"], "w")


def complete(api, job, result=LASTING):
    token = draw(api, job).token
    api.jobs.complete(job["job_id"], token, result)
    return token


def fail(api, job, failure=PASSING):
    api.jobs.fail(job["job_id"], draw(api, job).token, failure)


def cancel(api, job):
    assert api.ask("DELETE", f"{JOBS}/{job['job_id']}").status_code == 200


def expire(api, job):
    api.redis.zadd(f"{PREFIX}ended", {job["job_id"]: 1})


def apart(api, job):
    """Hide the followers of *job*, as from a script that does not know of them."""
    api.redis.delete(f"{PREFIX}followers:{job['job_id']}")


def rejoin(api, job, *followers):
    places = {each["job_id"]: n for n, each in enumerate(followers)}
    api.redis.zadd(f"{PREFIX}followers:{job['job_id']}", places)


def forget(api, job):
    api.jobs.release(job["job_id"])
    api.jobs.forget(job["job_id"])


def deadline_s(api, job):
    return api.redis.zscore(f"{PREFIX}deadlines", job["job_id"]) / 1000 - time.time()


def counted(api, name):
    counters = api.redis.hgetall(f"{PREFIX}metrics")
    return {k.split("|")[1]: int(v) for k, v in counters.items() if k.startswith(f"{name}|")}


def remains(api):
    """Return what is still kept of jobs and who may be given what."""
    names = ("job", "same", "holders", "followers")
    return [key for name in names for key in api.redis.scan_iter(f"{PREFIX}{name}:*")]


def out_of_order(_key):
    raise StorageUnavailable("away")


@pytest.fixture
def api(settings):
    return apis.api(settings)


@pytest.fixture
def deleted():
    return []


@pytest.fixture
def sweeper(api, deleted):
    class Bucket:
        def delete(self, key):
            deleted.append(key)

    def send(*job):
        api.sent.append(job)

    return Sweeper(api.jobs, api.redis, Bucket(), api.settings, send)
