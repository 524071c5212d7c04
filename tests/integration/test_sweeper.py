"""What nobody is doing any more is found and done: against a real Redis and real messages."""

import json
import time
from dataclasses import replace

import pytest
import redis

from exporter.errors import JobNotFound, QueueUnavailable, StorageUnavailable
from exporter.jobs import PREFIX, Delivered, Failure, Jobs, Progress, Result, State, connect
from exporter.queues import Priority
from exporter.sweeper import Sweeper
from tests.factories import poster_job
from tests.messages import FOREIGN, message, odd

FAULT = Failure("browser_crashed", "The browser died.", True)
RESULT = Result("api-posters/a.png", 1, 1, 1, "", 1, 1)


class TestTick:
    def test_a_due_retry_is_sent_to_its_queue(self, jobs, sweeper, client, sent):
        job = submitted(jobs, priority=Priority.HIGH)
        jobs.retry(job.job_id, jobs.claim(job.job_id, "w").token, FAULT, 60)
        sweeper.tick()
        assert sent == []
        client.zadd(f"{PREFIX}retrying", {job.job_id: 1})

        sweeper.tick()

        assert sent == [(job.job_id, Priority.HIGH)]
        assert jobs.get(job.job_id).state is State.QUEUED

    def test_one_process_at_a_time_does_the_dear_part(self, jobs, make, client, sent):
        first, second = make(), make()
        first.tick()
        job = submitted(jobs)
        lose(client, job)

        second.tick()
        assert sent == []
        client.delete(f"{PREFIX}sweeping")
        second.tick()

        assert sent == [(job.job_id, Priority.NORMAL)]

    def test_a_redis_that_is_away_is_named(self, settings, storage, sent):
        away = replace(settings, redis_url="redis://127.0.0.1:1/0")
        client = redis.Redis.from_url(away.redis_url)
        sweeper = Sweeper(Jobs(client, away), client, storage, away, send_to(sent))

        with pytest.raises(QueueUnavailable):
            sweeper.tick()


class TestLostMessages:
    def test_a_lost_message_is_sent_again_once(self, jobs, sweeper, client, sent):
        job = submitted(jobs)
        lose(client, job)

        sweeper.sweep()
        sweeper.sweep()

        assert sent == [(job.job_id, Priority.NORMAL)]

    def test_what_others_put_into_queues_does_not_keep_it_from_being_found(
        self, jobs, settings, storage, client, sent
    ):
        job = submitted(jobs)
        lose(client, job)
        for each in FOREIGN.values():
            client.lpush("normal", each)

        with connect(settings) as redis:
            Sweeper(jobs, redis, storage, settings, send_to(sent)).sweep()

        assert sent == [(job.job_id, Priority.NORMAL)]

    def test_a_job_just_submitted_is_left_alone(self, jobs, sweeper, sent):
        submitted(jobs)

        sweeper.sweep()

        assert sent == []

    def test_a_message_that_waits_in_its_queue_is_not_lost(self, jobs, sweeper, client, sent):
        job = submitted(jobs, priority=Priority.LOW)
        lose(client, job)
        client.lpush("low", message(job.job_id))

        sweeper.sweep()

        assert sent == []

    def test_a_message_just_taken_by_a_worker_is_not_lost(self, jobs, sweeper, client, sent):
        job = submitted(jobs)
        lose(client, job)
        take(client, job, ago_s=1)

        sweeper.sweep()

        assert sent == []

    def test_a_message_in_dead_hands_is_lost(self, jobs, sweeper, client, sent, settings):
        """Its worker was killed between taking the message and claiming the job."""
        job = submitted(jobs)
        lose(client, job)
        take(client, job, ago_s=settings.lost_after_s + 1)

        sweeper.sweep()

        assert sent == [(job.job_id, Priority.NORMAL)]

    def test_a_running_job_needs_no_message(self, jobs, sweeper, client, sent):
        job = submitted(jobs)
        lose(client, job)
        jobs.claim(job.job_id, "w")

        sweeper.sweep()

        assert sent == []


class TestClock:
    """Redis' clock jumps by an hour: ours does the opposite here, and the leases with it."""

    HOUR_S = 3600

    @pytest.fixture
    def ours(self):
        return Monotonic()

    @pytest.fixture
    def jumped(self, jobs, make, client, ours):
        """A job that is being drawn, met by the first sweep after the clock was put forward."""
        sweeper = make(monotonic=ours)
        job = submitted(jobs)
        token = jobs.claim(job.job_id, "w").token
        sweeper.tick()
        ours.ahead_s -= self.HOUR_S
        lease(client, job, -self.HOUR_S)
        sweeper.tick()
        return sweeper, job, token

    def test_put_forward_no_living_workers_job_is_taken(self, jobs, jumped, client, sent, ours):
        sweeper, job, token = jumped
        assert jobs.get(job.job_id).state is State.RUNNING

        jobs.beat(job.job_id, token, Progress("tiles"))
        self.let_a_lease_pass(sweeper, client, ours)

        assert sent == []
        assert jobs.get(job.job_id).state is State.RUNNING

    def test_put_forward_a_dead_workers_job_is_taken_a_lease_later(
        self, jumped, client, sent, ours
    ):
        sweeper, job, _ = jumped
        assert sent == []

        self.let_a_lease_pass(sweeper, client, ours)

        assert sent == [(job.job_id, Priority.NORMAL)]

    def test_put_forward_no_deadline_is_over_by_that(self, jobs, make, client, sent, ours):
        sweeper = make(monotonic=ours)
        drawn, waiting = submitted(jobs), submitted(jobs)
        token = jobs.claim(drawn.job_id, "w").token
        jobs.retry(waiting.job_id, jobs.claim(waiting.job_id, "w").token, FAULT, 1)
        sweeper.tick()
        ours.ahead_s -= self.HOUR_S
        for job in (drawn, waiting):
            deadline(client, job, -self.HOUR_S)
        sweeper.tick()

        jobs.beat(drawn.job_id, token, Progress("tiles"))
        self.let_a_lease_pass(sweeper, client, ours)
        client.hset(f"{PREFIX}job:{waiting.job_id}", "due_at", 1)
        again = jobs.claim(waiting.job_id, "w")

        assert jobs.get(drawn.job_id).state is State.RUNNING
        assert again.remaining_s == pytest.approx(waiting.timeout_s, abs=1)

    def test_after_a_while_deadlines_count_again(self, jobs, make, client, ours, settings):
        sweeper = make(monotonic=ours)
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        sweeper.tick()
        ours.ahead_s -= self.HOUR_S
        deadline(client, job, -self.HOUR_S)
        sweeper.tick()
        left_ms = client.pttl(f"{PREFIX}put_forward")
        assert settings.timeout_max_s - 10 < left_ms / 1000 <= settings.timeout_max_s

        client.delete(f"{PREFIX}put_forward")
        self.let_a_lease_pass(sweeper, client, ours)

        assert jobs.get(job.job_id).failure.code == "deadline_exceeded"

    def test_put_back_again_they_count_at_once(self, make, client, ours):
        """The mark would last an hour longer, by a clock that was set back by one."""
        sweeper = make(monotonic=ours)
        sweeper.tick()
        ours.ahead_s -= self.HOUR_S
        sweeper.tick()
        assert client.exists(f"{PREFIX}put_forward")

        ours.ahead_s += 10
        sweeper.tick()
        assert client.exists(f"{PREFIX}put_forward"), "a small step back takes no hour back"
        ours.ahead_s += self.HOUR_S - 10
        sweeper.tick()

        assert not client.exists(f"{PREFIX}put_forward")

    def test_a_slow_answer_is_no_jump(self, make, client, monkeypatch, ours):
        """Nor is one that this process, stopped meanwhile, read an hour after it was given."""
        sweeper = make(monotonic=ours)
        sweeper.tick()
        at = client.time()

        def slowly():
            ours.ahead_s += self.HOUR_S
            return at

        with monkeypatch.context() as patch:
            patch.setattr(client, "time", slowly)
            sweeper.tick()
        ours.ahead_s -= self.HOUR_S
        sweeper.tick()

        assert not client.exists(f"{PREFIX}put_forward")
        assert sweeper._hold_until_s == 0

    def test_a_jump_that_redis_could_not_be_told_of_is_told_later(
        self, jobs, make, client, monkeypatch, ours
    ):
        sweeper = make(monotonic=ours)
        sweeper.tick()
        ours.ahead_s -= self.HOUR_S
        with monkeypatch.context() as patch, pytest.raises(QueueUnavailable):
            patch.setattr(jobs, "clock_jumped", fail_to_tell)
            sweeper.tick()

        sweeper.tick()

        assert client.exists(f"{PREFIX}put_forward")

    def test_put_back_a_retry_is_not_kept_for_an_hour(self, jobs, make, client, sent, ours):
        sweeper = make(monotonic=ours)
        job = submitted(jobs)
        jobs.retry(job.job_id, jobs.claim(job.job_id, "w").token, FAULT, 60)
        sweeper.tick()
        assert sent == []
        client.zincrby(f"{PREFIX}retrying", self.HOUR_S * 1000, job.job_id)
        ours.ahead_s += self.HOUR_S

        sweeper.tick()

        assert sent == [(job.job_id, Priority.NORMAL)]
        assert jobs.claim(job.job_id, "w2")

    def test_put_back_no_attempt_has_an_hour_more(self, jobs, client):
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        deadline(client, job, self.HOUR_S)
        expire(client, job)

        again = jobs.claim(job.job_id, "w2")

        assert again.remaining_s == pytest.approx(job.timeout_s, abs=1)

    def let_a_lease_pass(self, sweeper, client, ours):
        """Let two leases pass by our clock, and by Redis' for all that the sweeper can tell."""
        seen_s = ours()
        ours.ahead_s += 120
        sweeper._ahead_s -= ours() - seen_s
        client.delete(f"{PREFIX}sweeping")
        sweeper.tick()

    def test_put_back_a_dead_workers_job_is_not_kept_for_an_hour(
        self, jobs, make, client, sent, settings
    ):
        ours = Monotonic()
        sweeper = make(monotonic=ours)
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        sweeper.tick()

        ours.ahead_s += self.HOUR_S
        lease(client, job, self.HOUR_S)
        sweeper.sweep()

        left_s = int(client.hget(f"{PREFIX}job:{job.job_id}", "lease")) / 1000 - time.time()
        assert 0 < left_s <= settings.lease_s + 1

    def test_time_that_just_passes_is_no_jump(self, jobs, make, client, sent):
        sweeper = make()
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        sweeper.tick()
        expire(client, job)
        client.delete(f"{PREFIX}sweeping")

        sweeper.tick()

        assert sent == [(job.job_id, Priority.NORMAL)]


class TestDeadWorkers:
    def test_the_job_of_a_dead_worker_is_sent_again(self, jobs, sweeper, client, sent):
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        expire(client, job)

        sweeper.sweep()

        assert sent == [(job.job_id, Priority.NORMAL)]
        assert jobs.claim(job.job_id, "w2")

    def test_a_job_that_kills_its_workers_is_not(self, jobs, sweeper, client, sent, settings):
        job = submitted(jobs)
        for _ in range(settings.max_starts):
            jobs.claim(job.job_id, "w")
            expire(client, job)

        sweeper.sweep()

        assert sent == []
        assert jobs.get(job.job_id).failure.code == "worker_crashed"

    def test_what_could_not_be_sent_is_not_forgotten(self, jobs, make, client, sent):
        """The broker went away between taking the job back and sending it."""
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        expire(client, job)
        with pytest.raises(QueueUnavailable):
            make(send=fail_to_send).sweep()
        lose(client, job)

        make().sweep()

        assert sent == [(job.job_id, Priority.NORMAL)]

    def test_the_job_of_a_dead_worker_goes_before_those_that_wait(self, jobs, make, client):
        first, *waiting = [submitted(jobs) for _ in range(3)]
        jobs.claim(first.job_id, "w")
        expire(client, first)
        for job in waiting:
            client.lpush("normal", message(job.job_id))

        make(send=lambda job_id, priority: client.lpush(priority.value, message(job_id))).sweep()

        # Workers take from the right.
        assert json.loads(client.lindex("normal", -1))["headers"]["id"] == first.job_id
        assert client.llen("normal") == 3

    @pytest.mark.parametrize(
        ("ended", "ago_s", "kept"),
        [(True, 3600, False), (True, 1, True), (False, 3600, True)],
    )
    def test_a_message_of_an_ended_job_in_dead_hands_is_dropped(
        self, jobs, sweeper, client, ended, ago_s, kept
    ):
        job = submitted(jobs)
        if ended:
            jobs.cancel(job.job_id)
        else:
            jobs.claim(job.job_id, "w")
        take(client, job, ago_s=ago_s)

        sweeper.sweep()

        assert bool(client.hlen("unacked")) is kept
        assert bool(client.zcard("unacked_index")) is kept

    def test_one_of_another_application_is_left_to_it(self, sweeper, client):
        client.hset("unacked", "tag", json.dumps([json.loads(odd(headers={"task": "x"})), "", "x"]))
        client.zadd("unacked_index", {"tag": 1})

        sweeper.sweep()

        assert client.hlen("unacked") == client.zcard("unacked_index") == 1


class TestLosers:
    """Objects of attempts that died, or were beaten, before they could delete them."""

    def test_of_an_attempt_that_another_followed(self, jobs, sweeper, client, storage):
        job = submitted(jobs)
        for nth, key in enumerate(("lost.png", "api-posters/a.png"), 1):
            token = jobs.claim(job.job_id, f"w{nth}").token
            jobs.storing(job.job_id, token, key)
            if nth == 1:
                expire(client, job)

        sweeper.sweep()
        assert storage.deleted == ["lost.png"]
        jobs.complete(job.job_id, token, RESULT)
        sweeper.sweep()

        assert storage.deleted == ["lost.png"]
        assert client.zcard(f"{PREFIX}storing") == 0

    def test_of_a_job_that_ended_otherwise(self, jobs, sweeper, client, storage):
        job = submitted(jobs)
        token = jobs.claim(job.job_id, "w").token
        jobs.storing(job.job_id, token, "lost.png")
        jobs.fail(job.job_id, token, FAULT)

        sweeper.sweep()

        assert storage.deleted == ["lost.png"]

    def test_what_is_being_stored_is_left_alone(self, jobs, sweeper, storage):
        job = submitted(jobs)
        jobs.storing(job.job_id, jobs.claim(job.job_id, "w").token, "a.png")

        sweeper.sweep()

        assert storage.deleted == []

    def test_one_that_cannot_be_deleted_is_tried_again(self, jobs, sweeper, storage):
        job = submitted(jobs)
        token = jobs.claim(job.job_id, "w").token
        jobs.storing(job.job_id, token, "lost.png")
        jobs.fail(job.job_id, token, FAULT)
        storage.broken = True
        sweeper.sweep()
        storage.broken = False

        sweeper.sweep()

        assert storage.deleted == ["lost.png"]


class TestOverdue:
    def test_a_job_nobody_started_ends_when_its_time_is_up(self, jobs, sweeper, client):
        job = submitted(jobs)
        client.zadd(f"{PREFIX}deadlines", {job.job_id: 1})

        sweeper.sweep()

        assert jobs.get(job.job_id).failure.code == "queue_timeout"

    def test_a_retry_past_the_jobs_timeout_ends_it(self, jobs, sweeper, client):
        job = submitted(jobs)
        jobs.retry(job.job_id, jobs.claim(job.job_id, "w").token, FAULT, 60)
        client.zadd(f"{PREFIX}deadlines", {job.job_id: 1})

        sweeper.sweep()

        assert jobs.get(job.job_id).failure.code == "deadline_exceeded"

    def test_a_running_job_is_given_the_time_to_end_itself(self, jobs, sweeper, client):
        job = submitted(jobs)
        jobs.claim(job.job_id, "w")
        client.zadd(f"{PREFIX}deadlines", {job.job_id: round(time.time() * 1000) - 1000})
        sweeper.sweep()
        assert jobs.get(job.job_id).state is State.RUNNING
        client.zadd(f"{PREFIX}deadlines", {job.job_id: 1})

        sweeper.sweep()

        assert jobs.get(job.job_id).failure.code == "deadline_exceeded"


class TestRetention:
    def test_the_poster_goes_before_its_record(self, jobs, sweeper, client, storage):
        job = completed(jobs, client)
        storage.on_delete = lambda key: jobs.get(job.job_id)

        sweeper.sweep()

        assert storage.deleted == ["api-posters/a.png"]
        with pytest.raises(JobNotFound):
            jobs.get(job.job_id)

    def test_all_files_of_a_job_go(self, jobs, sweeper, client, storage):
        names = ("png", "jpeg", "pdf")
        files = tuple(Delivered(name, f"a/{name}", name, 1, 1, 1, 72, "") for name in names)
        completed(jobs, client, Result("a/png", 1, 1, 1, "", 1, 1, outputs=files))

        sweeper.sweep()

        assert storage.deleted == ["a/png", "a/jpeg", "a/pdf"]

    def test_a_poster_that_cannot_be_deleted_keeps_its_record(self, jobs, sweeper, client, storage):
        job = completed(jobs, client)
        storage.broken = True
        sweeper.sweep()
        assert jobs.get(job.job_id).state is State.COMPLETED
        storage.broken = False

        sweeper.sweep()

        with pytest.raises(JobNotFound):
            jobs.get(job.job_id)

    def test_a_job_that_ended_without_a_poster_is_forgotten_too(
        self, jobs, sweeper, client, storage
    ):
        job = submitted(jobs)
        jobs.cancel(job.job_id)
        client.zadd(f"{PREFIX}ended", {job.job_id: 1})

        sweeper.sweep()

        assert storage.deleted == []
        assert client.keys(f"{PREFIX}job:*") == []


class FakeStorage:
    """Remembers what was deleted; refuses while `broken`."""

    def __init__(self):
        self.deleted = []
        self.broken = False
        self.on_delete = lambda key: None

    def delete(self, key):
        if self.broken:
            raise StorageUnavailable("away")
        self.on_delete(key)
        self.deleted.append(key)


def submitted(jobs, **given):
    job = poster_job(**given)
    jobs.submit(job)
    return job


def completed(jobs, client, result=RESULT):
    job = submitted(jobs)
    token = jobs.claim(job.job_id, "w").token
    jobs.complete(job.job_id, token, result)
    client.zadd(f"{PREFIX}ended", {job.job_id: 1})
    return job


def lose(client, job):
    """Make the job's message one that was sent long ago."""
    client.zadd(f"{PREFIX}queued", {job.job_id: 1})


def expire(client, job):
    client.hset(f"{PREFIX}job:{job.job_id}", "lease", 1)
    client.zadd(f"{PREFIX}running", {job.job_id: 1})


def take(client, job, *, ago_s):
    """Put the job's message where kombu keeps what a worker took."""
    client.hset("unacked", "tag", json.dumps([json.loads(message(job.job_id)), "normal", "normal"]))
    client.zadd("unacked_index", {"tag": time.time() - ago_s})


def send_to(sent):
    return lambda job_id, priority: sent.append((job_id, priority))


def fail_to_send(job_id, priority):
    raise QueueUnavailable("away")


def fail_to_tell(by_s):
    raise QueueUnavailable("away")


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def jobs(client, settings):
    return Jobs(client, settings)


@pytest.fixture
def storage():
    return FakeStorage()


@pytest.fixture
def sent():
    return []


@pytest.fixture
def make(jobs, client, storage, settings, sent):
    return lambda send=None, **given: Sweeper(
        jobs, client, storage, settings, send or send_to(sent), **given
    )


class Monotonic:
    """A monotonic clock, moved by `ahead_s`."""

    ahead_s = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead_s


def lease(client, job, by_s):
    """Move the end of the lease, as a jump of Redis' clock does."""
    until = int(client.hget(f"{PREFIX}job:{job.job_id}", "lease")) + by_s * 1000
    client.hset(f"{PREFIX}job:{job.job_id}", "lease", until)
    client.zadd(f"{PREFIX}running", {job.job_id: until})


def deadline(client, job, by_s):
    client.zincrby(f"{PREFIX}deadlines", by_s * 1000, job.job_id)


@pytest.fixture
def sweeper(make):
    return make()
