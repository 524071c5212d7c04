"""The job record against a real Redis: who may change it, when, and what is refused."""

import json
from dataclasses import replace

import pytest
import redis

from exporter.errors import JobCancelled, JobNotFound, JobTerminal, LeaseLost, QueueUnavailable
from exporter.jobs import PREFIX, Delivered, Failure, Jobs, Progress, Result, State
from exporter.queues import Priority
from exporter.settings import Settings
from tests.factories import poster_job

FAULT = Failure("tiles_unavailable", "The map tiles could not be fetched.", True)
RESULT = Result("api-posters/a.png", 10, 400, 600, "ab" * 32, 1500, 20, ({"code": "x"},), {})


FILES = tuple(
    Delivered(format_, f"api-posters/{format_}", format_, 9, 40, 60, 72.0, "cd" * 32)
    for format_ in ("pdf", "png", "webp")
)


class TestClaim:
    def test_a_queued_job_is_claimed_once(self, jobs, job):
        claim = jobs.claim(job.job_id, "w1")

        assert claim.job == job
        assert claim.remaining_s == pytest.approx(job.timeout_s)
        assert jobs.claim(job.job_id, "w2") is None
        assert jobs.get(job.job_id).state is State.RUNNING

    def test_an_unknown_job_is_refused(self, jobs):
        assert jobs.claim("nobody", "w") is None

    def test_an_expired_lease_may_be_claimed_with_a_higher_token(self, jobs, job, client):
        first = jobs.claim(job.job_id, "w1")
        expire_lease(client, job.job_id)

        second = jobs.claim(job.job_id, "w2")

        assert second.token > first.token
        with pytest.raises(LeaseLost):
            jobs.complete(job.job_id, first.token, RESULT)
        with pytest.raises(LeaseLost):
            jobs.beat(job.job_id, first.token, Progress("drawn", 70))

    def test_a_job_that_kills_its_workers_ends_after_three_starts(self, jobs, job, client):
        for _ in range(3):
            assert jobs.claim(job.job_id, "w")
            expire_lease(client, job.job_id)

        assert jobs.claim(job.job_id, "w") is None

        record = jobs.get(job.job_id)
        assert (record.state, record.failure.code) == (State.FAILED, "worker_crashed")
        assert client.zscore(f"{PREFIX}dead", job.job_id)

    def test_a_job_that_waited_too_long_ends(self, client, settings):
        jobs = Jobs(client, Settings(**{**settings.__dict__, "queue_timeout_s": 0}))
        job = poster_job()
        jobs.submit(job)

        assert jobs.claim(job.job_id, "w") is None

        assert jobs.get(job.job_id).failure.code == "queue_timeout"

    def test_the_timeout_counts_from_the_first_claim(self, jobs, client):
        job = poster_job(timeout_s=0.001)
        jobs.submit(job)
        assert jobs.claim(job.job_id, "w")
        expire_lease(client, job.job_id)

        assert jobs.claim(job.job_id, "w") is None

        assert jobs.get(job.job_id).failure.code == "deadline_exceeded"


class TestEnding:
    def test_a_completed_job_keeps_its_result_for_good(self, jobs, job):
        claim = jobs.claim(job.job_id, "w")

        jobs.complete(job.job_id, claim.token, RESULT)

        record = jobs.get(job.job_id)
        assert (record.state, record.result, record.progress.percent) == ("completed", RESULT, 100)
        with pytest.raises(LeaseLost):
            jobs.fail(job.job_id, claim.token, FAULT)
        with pytest.raises(LeaseLost):
            jobs.complete(job.job_id, claim.token, replace(RESULT, key="api-posters/b.png"))

    def test_an_ending_told_again_is_no_other_ending(self, jobs, job):
        """The first answer was lost on the way; its poster must not be taken for a loser's."""
        claim = jobs.claim(job.job_id, "w")
        jobs.complete(job.job_id, claim.token, RESULT)
        ended_at = jobs.get(job.job_id).ended_at

        jobs.complete(job.job_id, claim.token, RESULT)

        record = jobs.get(job.job_id)
        assert (record.result, record.ended_at) == (RESULT, ended_at)

    def test_a_retry_waits_in_the_schedule_and_returns_to_its_queue(self, jobs, client):
        job = poster_job(priority=Priority.HIGH)
        jobs.submit(job)
        claim = jobs.claim(job.job_id, "w")
        jobs.retry(job.job_id, claim.token, FAULT, 60)
        assert jobs.get(job.job_id).state is State.RETRYING
        assert (jobs.due(), jobs.claim(job.job_id, "w")) == ([], None)
        client.zadd(f"{PREFIX}retrying", {job.job_id: 1})

        assert jobs.due() == [(job.job_id, Priority.HIGH)]

        again = jobs.claim(job.job_id, "w")
        assert again.attempts == 1
        assert jobs.get(job.job_id).starts == 1

    def test_progress_never_goes_back(self, jobs, job):
        claim = jobs.claim(job.job_id, "w")
        jobs.beat(job.job_id, claim.token, Progress("drawn", 70))

        jobs.beat(job.job_id, claim.token, Progress("tiles", 30, 3, 9))

        assert jobs.get(job.job_id).progress == Progress("tiles", 70, 3, 9)


class TestCancel:
    def test_a_queued_job_is_cancelled_and_never_claimed(self, jobs, job):
        jobs.cancel(job.job_id)

        assert jobs.get(job.job_id).state is State.CANCELLED
        assert jobs.claim(job.job_id, "w") is None

    def test_a_running_job_is_asked_to_stop_and_ended_by_its_worker(self, jobs, job, client):
        claim = jobs.claim(job.job_id, "w")
        assert not jobs.cancel_requested(job.job_id)

        jobs.cancel(job.job_id)
        jobs.cancel(job.job_id)

        record = jobs.get(job.job_id)
        assert (record.state, record.cancel_requested) == (State.RUNNING, True)
        assert jobs.cancel_requested(job.job_id)
        for _ in range(2):  # told again after a lost answer
            jobs.end_cancelled(job.job_id, claim.token)
        assert jobs.get(job.job_id).state is State.CANCELLED
        assert counted(client) == {"cancelled": 1}

    @pytest.mark.parametrize("how", ["complete", "fail", "retry"])
    def test_a_job_asked_to_stop_ends_in_no_other_way(self, jobs, job, client, how):
        claim = jobs.claim(job.job_id, "w")
        jobs.cancel(job.job_id)

        with pytest.raises(JobCancelled):
            tell(jobs, how, job.job_id, claim.token)

        record = jobs.get(job.job_id)
        assert (record.state, record.result, record.failure) == (State.CANCELLED, None, None)
        with pytest.raises(LeaseLost):
            tell(jobs, how, job.job_id, claim.token)
        assert counted(client) == {"cancelled": 1}

    def test_a_completed_job_is_not_cancelled_any_more(self, jobs, job, client):
        claim = jobs.claim(job.job_id, "w")
        jobs.complete(job.job_id, claim.token, RESULT)

        with pytest.raises(JobTerminal):
            jobs.cancel(job.job_id)
        with pytest.raises(LeaseLost):
            jobs.end_cancelled(job.job_id, claim.token)

        assert jobs.get(job.job_id).state is State.COMPLETED
        assert counted(client) == {"completed": 1}

    @pytest.mark.parametrize("seen_by", ["sweeper", "worker", "deadline"])
    def test_a_job_asked_to_stop_is_not_begun_again(self, jobs, job, client, seen_by):
        """Its worker died before it could stop."""
        jobs.claim(job.job_id, "w")
        jobs.cancel(job.job_id)
        expire_lease(client, job.job_id)

        if seen_by == "sweeper":
            assert jobs.expired() == []
        elif seen_by == "worker":
            assert jobs.claim(job.job_id, "w2") is None
        else:
            client.zadd(f"{PREFIX}deadlines", {job.job_id: 1})
            assert jobs.overdue() == 1

        assert jobs.get(job.job_id).state is State.CANCELLED
        assert counted(client) == {"cancelled": 1}
        assert client.zcard(f"{PREFIX}dead") == 0

    def test_ended_and_unknown_jobs_are_refused(self, jobs, job):
        claim = jobs.claim(job.job_id, "w")
        jobs.fail(job.job_id, claim.token, FAULT)
        with pytest.raises(JobTerminal):
            jobs.cancel(job.job_id)
        with pytest.raises(JobNotFound):
            jobs.cancel("nobody")


class TestSweeping:
    def test_an_expired_lease_goes_back_to_its_queue(self, jobs, job, client):
        jobs.claim(job.job_id, "w")
        expire_lease(client, job.job_id)

        assert jobs.expired() == [(job.job_id, Priority.NORMAL)]

        assert jobs.get(job.job_id).state is State.QUEUED
        assert jobs.expired() == []

    def test_overdue_waiting_jobs_are_ended(self, jobs, job, client):
        client.zadd(f"{PREFIX}deadlines", {job.job_id: 1})

        assert jobs.overdue() == 1

        assert jobs.get(job.job_id).failure.code == "queue_timeout"

    def test_an_old_record_is_forgotten_with_its_key(self, jobs, job, client):
        claim = jobs.claim(job.job_id, "w")
        jobs.complete(job.job_id, claim.token, RESULT)
        client.zadd(f"{PREFIX}ended", {job.job_id: 1})

        assert jobs.forgotten() == [(job.job_id, [RESULT.key])]

        jobs.forget(job.job_id)
        with pytest.raises(JobNotFound):
            jobs.get(job.job_id)

    def test_all_files_of_a_job_are_forgotten_together(self, jobs, job, client):
        claim = jobs.claim(job.job_id, "w")
        jobs.complete(job.job_id, claim.token, replace(RESULT, key=FILES[0].key, outputs=FILES))
        client.zadd(f"{PREFIX}ended", {job.job_id: 1})

        assert jobs.forgotten() == [(job.job_id, [file.key for file in FILES])]


def test_a_redis_that_is_away_is_named(settings):
    away = Jobs.connect(Settings(**{**settings.__dict__, "redis_url": "redis://127.0.0.1:1/0"}))

    with pytest.raises(QueueUnavailable):
        away.get("a")


def test_all_files_come_back_as_they_were_told(jobs, job):
    claim = jobs.claim(job.job_id, "w")
    result = replace(RESULT, format="pdf", dpi=72.0, outputs=FILES)
    jobs.complete(job.job_id, claim.token, result)

    assert jobs.get(job.job_id).result == result


def test_a_result_from_before_there_were_several_files_has_one(jobs, job, client):
    claim = jobs.claim(job.job_id, "w")
    jobs.complete(job.job_id, claim.token, RESULT)
    record = f"{PREFIX}job:{job.job_id}"
    ending = json.loads(client.hget(record, "ending"))
    for name in ("format", "dpi", "outputs"):
        del ending[name]
    client.hset(record, "ending", json.dumps(ending))

    [file] = jobs.get(job.job_id).result.files

    assert (file.key, file.format, file.sha256) == (RESULT.key, "png", RESULT.sha256)


def test_the_record_holds_the_whole_request(jobs, job, client):
    request = json.loads(client.hget(f"{PREFIX}job:{job.job_id}", "request"))

    assert request == job.to_message()
    assert jobs.get(job.job_id).job() == job


def tell(jobs, how, job_id, token):
    if how == "complete":
        jobs.complete(job_id, token, RESULT)
    elif how == "fail":
        jobs.fail(job_id, token, FAULT)
    else:
        jobs.retry(job_id, token, FAULT, 60)


def counted(client):
    """Return how many jobs ended in which state, as the metrics tell it."""
    counts = client.hgetall(f"{PREFIX}metrics").items()
    return {name.split("|")[1]: int(n) for name, n in counts if name.startswith("export_jobs|")}


def expire_lease(client, job_id):
    """Make the lease end in the past, as if its worker had been silent for its whole length."""
    client.hset(f"{PREFIX}job:{job_id}", "lease", 1)
    client.zadd(f"{PREFIX}running", {job_id: 1})


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def jobs(client, settings):
    return Jobs(client, settings)


@pytest.fixture
def job(jobs):
    job = poster_job()
    jobs.submit(job)
    return job
