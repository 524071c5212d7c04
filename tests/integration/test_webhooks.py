"""What a webhook is told, when, how often, and by whom: real Redis, real HTTP, a clock we move."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import redis
from standardwebhooks.webhooks import Webhook as Verifier

from exporter.addresses import AddressRules
from exporter.errors import JobCancelled, NoticeNotFound
from exporter.events import Event, Webhook
from exporter.http_client import HttpClient, resolve_by_system
from exporter.jobs import PREFIX, Delivered, Failure, Jobs, Result
from exporter.outbox import CLAIM_S, PER_HOST, Delivery, NoticeState, Outbox
from exporter.settings import Settings
from exporter.webhooks import MAX_ANSWER_BYTES, SCHEDULE_S, Sender
from tests.conftest import free_port
from tests.factories import poster_job
from tests.receivers import BUSY, DRIP, ERROR, GONE, HANG, HUGE, OK, REDIRECT, receiver
from tests.servers import canary

SECRET = "whsec_" + "c2VjcmV0" * 4
FAULT = Failure("tiles_unavailable", "The map tiles could not be fetched.", True)
RESULT = Result("api-posters/a.png", 10, 400, 600, "ab" * 32, 1500, 20, ({"code": "x"},), {"a": 1})


class TestNotice:
    """A row is written in the step that ends the job, whoever ends it."""

    def test_of_a_completed_job(self, jobs, outbox, host):
        job_id = completed(jobs, host.webhook())

        [notice] = outbox.of_job(job_id)
        assert (notice.event, notice.result, notice.failure) == (Event.COMPLETED, RESULT, None)
        assert (notice.state, notice.attempts) == (NoticeState.WAITING, 0)
        assert notice.id == f"msg_{job_id.replace('-', '')}_1"

    def test_of_a_failed_job(self, jobs, outbox, host):
        job_id, token = claimed(jobs, host.webhook())
        jobs.fail(job_id, token, FAULT)

        [notice] = outbox.of_job(job_id)
        assert (notice.event, notice.result, notice.failure) == (Event.FAILED, None, FAULT)

    @pytest.mark.parametrize("how", ["waiting", "running", "as it completes"])
    def test_of_a_cancelled_job(self, jobs, outbox, host, how):
        if how == "waiting":
            job_id = submitted(jobs, host.webhook())
            jobs.cancel(job_id)
        else:
            job_id, token = claimed(jobs, host.webhook())
            jobs.cancel(job_id)
            assert outbox.of_job(job_id) == []
            if how == "running":
                jobs.end_cancelled(job_id, token)
            else:
                with pytest.raises(JobCancelled):
                    jobs.complete(job_id, token, RESULT)

        [notice] = outbox.of_job(job_id)
        assert (notice.event, notice.result, notice.failure) == (Event.CANCELLED, None, None)

    @pytest.mark.parametrize(
        "code", ["queue_timeout", "deadline_exceeded", "worker_crashed", "worker_crashed at claim"]
    )
    def test_of_a_job_the_sweeper_ended(self, jobs, outbox, client, host, settings, code):
        job_id = submitted(jobs, host.webhook())
        if code.startswith("worker_crashed"):
            for _ in range(settings.max_starts):
                jobs.claim(job_id, "w")
                client.hset(f"{PREFIX}job:{job_id}", "lease", 1)
                client.zadd(f"{PREFIX}running", {job_id: 1})
            jobs.claim(job_id, "w") if "claim" in code else jobs.expired()
        else:
            jobs.claim(job_id, "w") if code == "deadline_exceeded" else None
            client.zadd(f"{PREFIX}deadlines", {job_id: 1})
            jobs.overdue()

        [notice] = outbox.of_job(job_id)
        assert (notice.event, notice.failure.code) == (Event.FAILED, code.split()[0])

    def test_an_ending_told_twice_has_one(self, jobs, outbox, host):
        job_id, token = claimed(jobs, host.webhook())
        for _ in range(2):
            jobs.complete(job_id, token, RESULT)

        assert len(outbox.of_job(job_id)) == 1

    def test_is_written_for_the_events_asked_for_only(self, jobs, outbox, host):
        failures_only = host.webhook(events=(Event.FAILED,))

        assert outbox.of_job(completed(jobs, failures_only)) == []
        assert outbox.of_job(completed(jobs, None)) == []
        assert outbox.claim(10) == []

    def test_goes_with_its_job(self, jobs, outbox, client, host):
        job_id = completed(jobs, host.webhook())

        jobs.forget(job_id)

        assert outbox.of_job(job_id) == []
        assert outbox.claim(10) == []
        assert {*client.scan_iter("*notice*"), *client.scan_iter("*deliver*")} == set()


class TestPost:
    @pytest.mark.parametrize("own", [True, False])
    async def test_it_is_signed_by_the_specification(self, jobs, outbox, sender, host, own):
        job_id = completed(jobs, host.webhook(secret=SECRET if own else ""))

        await told(sender)

        [got] = host.got
        secret = SECRET if own else outbox.secret_of(KEY_ID)
        verified = Verifier(secret).verify(got.body, dict(got.headers))
        assert verified["type"] == "job.completed"
        assert got.id == outbox.of_job(job_id)[0].id
        assert got.headers["Content-Type"] == "application/json"

    async def test_it_says_how_the_job_ended(self, jobs, sender, host):
        job_id = completed(jobs, host.webhook())

        await told(sender)

        said = json.loads(host.got[0].body)
        data = said["data"]
        assert datetime.fromisoformat(said["timestamp"]).tzinfo
        assert (data["job_id"], data["status"], data["error"]) == (job_id, "completed", None)
        assert data["status_url"].endswith(f"/api/v1/posters/jobs/{job_id}")
        assert data["result"]["download_url"] == f"https://bucket.example/{RESULT.key}?signed"
        assert data["result"]["sha256"] == data["result"]["outputs"][0]["sha256"] == "ab" * 32
        assert not {"key", "manifest", "warnings"} & data["result"].keys()

    async def test_it_says_why_the_job_failed(self, jobs, sender, host):
        job_id, token = claimed(jobs, host.webhook())
        jobs.fail(job_id, token, FAULT)

        await told(sender)

        data = json.loads(host.got[0].body)["data"]
        assert (data["status"], data["result"]) == ("failed", None)
        assert data["error"] == {**FAULT.__dict__}

    async def test_it_stays_below_20_kb(self, jobs, make_sender, host):
        """Six files, each with a link as long as a signed one of S3 gets."""
        files = tuple(
            Delivered("n" * 50, f"k/{n}.png", "png", 9**9, 8192, 8192, 300.0, "cd" * 32)
            for n in range(6)
        )
        long = replace(RESULT, outputs=files, warnings=({"code": "x" * 9_000},) * 9)
        completed(jobs, host.webhook(), long)

        await told(make_sender(link_to=lambda key: "https://bucket.example/" + "s" * 2000))

        assert len(host.got[0].body) < 20_000

    async def test_a_2xx_delivers_it_once(self, jobs, outbox, sender, host, clock):
        job_id = completed(jobs, host.webhook())
        await told(sender)
        clock.ahead_s += 10 * 86_400
        await told(sender)

        [notice] = outbox.of_job(job_id)
        assert len(host.got) == 1
        assert (notice.state, notice.attempts, notice.due_at) == ("delivered", 1, 0)
        [delivery] = notice.deliveries
        assert (delivery.outcome, delivery.status) == ("delivered", 204)

    async def test_a_redirect_is_not_followed(self, jobs, outbox, sender, host):
        host.mode = REDIRECT
        with canary() as bird:
            host.location = f"http://127.0.0.1:{bird.port}/"
            job_id = completed(jobs, host.webhook())
            await told(sender)

        assert bird.hits == 0
        assert outcome(outbox, job_id) == ("waiting", "answered_302", 302)

    async def test_a_receiver_that_hangs_is_given_up(self, jobs, outbox, sender, host, monkeypatch):
        monkeypatch.setattr("exporter.webhooks.POST_TIMEOUT_S", 0.1)
        host.mode = HANG
        job_id = completed(jobs, host.webhook())

        await told(sender)

        assert outcome(outbox, job_id) == ("waiting", "timed_out", 0)

    async def test_an_answer_that_drips_is_given_up(self, jobs, outbox, sender, host, monkeypatch):
        monkeypatch.setattr("exporter.webhooks.POST_TIMEOUT_S", 0.1)
        host.mode = DRIP
        job_id = completed(jobs, host.webhook())

        await told(sender)

        assert outcome(outbox, job_id) == ("waiting", "timed_out", 0)

    async def test_an_answer_without_end_is_not_read(self, jobs, outbox, sender, host):
        host.mode = HUGE
        job_id = completed(jobs, host.webhook())

        await told(sender)

        assert outcome(outbox, job_id) == ("delivered", "delivered", 200)
        # What was read, and what the kernel's buffers took.
        assert host.sent_bytes < MAX_ANSWER_BYTES + 10_000_000

    async def test_a_receiver_that_is_not_there_is_tried_again(self, jobs, outbox, make_sender):
        authority = f"127.0.0.1:{free_port()}"
        job_id = completed(jobs, Webhook(f"http://{authority}/"))

        await told(make_sender(allow=authority))

        assert outcome(outbox, job_id) == ("waiting", "egress_failed", 0)

    async def test_a_private_address_is_never_called(self, jobs, outbox, make_sender, host):
        by_address = completed(jobs, host.webhook())
        by_name = completed(jobs, Webhook(f"https://localhost:{host.port}/"))

        await told(make_sender(allow=""))

        assert host.got == []
        for job_id in (by_address, by_name):
            assert outcome(outbox, job_id) == ("waiting", "egress_denied", 0)

    async def test_what_nobody_foresaw_is_a_failed_attempt(self, jobs, outbox, make_sender, host):
        job_id = completed(jobs, host.webhook())

        def fail(_key):
            raise RuntimeError("no link")

        await told(make_sender(link_to=fail))

        assert outcome(outbox, job_id) == ("waiting", "internal_error", 0)

    async def test_no_secret_is_logged(self, jobs, outbox, sender, host, capsys):
        token = "t0ken"
        completed(jobs, Webhook(f"{host.url}?auth={token}", secret=SECRET))
        completed(jobs, host.webhook())
        await told(sender)

        said = capsys.readouterr()
        assert "webhook posted" in said.out
        assert not [
            s for s in (SECRET, outbox.secret_of(KEY_ID), token) if s in said.out + said.err
        ]


class TestSchedule:
    async def test_ten_attempts_under_one_id_by_senders_that_come_and_go(
        self, jobs, outbox, make_sender, host, clock, client
    ):
        """K7: a receiver that stays broken, a new sender each time, the broker's queues lost."""
        host.mode = ERROR
        job_id = completed(jobs, host.webhook())
        for nth, wait_s in enumerate(SCHEDULE_S):
            if wait_s:
                clock.ahead_s += wait_s - 2
                await told(make_sender())
                assert len(host.got) == nth, f"attempt {nth + 1} came too early"
                clock.ahead_s += 2
            client.delete("high", "normal", "low", "unacked", "unacked_index")
            await told(make_sender())
            assert len(host.got) == nth + 1

        clock.ahead_s += 100 * 86_400
        await told(make_sender())

        [notice] = outbox.of_job(job_id)
        assert (len(host.got), len({got.id for got in host.got})) == (10, 1)
        assert (notice.state, notice.attempts, notice.due_at) == ("exhausted", 10, 0)
        assert sum(SCHEDULE_S) == 75 * 3600 + 35 * 60 + 5
        waits = [
            b.at - a.at for a, b in zip(notice.deliveries, notice.deliveries[1:], strict=False)
        ]
        assert waits == pytest.approx(SCHEDULE_S[1:], rel=0.1, abs=3)

    async def test_each_wait_is_a_tenth_longer_or_shorter(self, jobs, outbox, make_sender, host):
        host.mode = ERROR
        seen = []

        def longest(low, high):
            seen.append((low, high))
            return high

        job_id = completed(jobs, host.webhook())
        await told(make_sender(uniform=longest))

        [notice] = outbox.of_job(job_id)
        assert seen == [(0.9, 1.1), (1, 1.1)]
        assert notice.due_at - notice.deliveries[0].at == pytest.approx(5.5, abs=1)

    @pytest.mark.parametrize(
        ("retry_after", "wait_s"),
        [
            ("90", 90),
            (lambda: http_date_in(90), 90),
            ("2", SCHEDULE_S[1]),
            ("99999999999", max(SCHEDULE_S)),
            ("9" * 400, max(SCHEDULE_S)),
            ("-90", SCHEDULE_S[1]),
            ("soon", SCHEDULE_S[1]),
        ],
        ids=["seconds", "date", "too-soon", "too-late", "endless", "negative", "no-time"],
    )
    async def test_a_receiver_that_asks_for_time_has_it(
        self, jobs, outbox, sender, host, clock, retry_after, wait_s
    ):
        host.mode = BUSY
        host.retry_after = retry_after() if callable(retry_after) else retry_after
        job_id = completed(jobs, host.webhook())
        await told(sender)
        [notice] = outbox.of_job(job_id)
        host.mode = OK

        clock.ahead_s += wait_s - 3
        await told(sender)
        assert len(host.got) == 1
        clock.ahead_s += 3
        await told(sender)

        assert notice.due_at - notice.deliveries[0].at == pytest.approx(wait_s, abs=2)
        assert [d.status for d in outbox.of_job(job_id)[0].deliveries] == [429, 204]

    async def test_a_receiver_that_is_well_again_is_told(self, jobs, outbox, sender, host, clock):
        host.mode = ERROR
        job_id = completed(jobs, host.webhook())
        await told(sender)
        host.mode = OK
        clock.ahead_s += 6

        await told(sender)

        [notice] = outbox.of_job(job_id)
        assert (notice.state, [d.status for d in notice.deliveries]) == ("delivered", [500, 204])


class TestGone:
    async def test_410_ends_it_for_all_later_jobs_of_this_key(
        self, jobs, outbox, sender, host, clock
    ):
        host.mode = GONE
        first = completed(jobs, host.webhook())
        await told(sender)
        host.mode, later = OK, completed(jobs, host.webhook())
        clock.ahead_s += 86_400
        await told(sender)

        assert len(host.got) == 1
        assert outcome(outbox, first) == ("disabled", "answered_410", 410)
        assert outbox.of_job(later)[0].state == "disabled"

        elsewhere = completed(jobs, Webhook(host.url + "/other"))
        others = completed(jobs, host.webhook(), key_id="ca_live_11111111")
        await told(sender)

        for job_id in (elsewhere, others):
            assert outbox.of_job(job_id)[0].state == "delivered"

    async def test_a_redelivery_takes_the_receiver_back(self, jobs, outbox, sender, host):
        host.mode = GONE
        first = completed(jobs, host.webhook())
        await told(sender)
        host.mode = OK

        outbox.redeliver(first)
        await told(sender)
        later = completed(jobs, host.webhook())
        await told(sender)

        assert outbox.of_job(first)[0].state == outbox.of_job(later)[0].state == "delivered"


class TestRedelivery:
    async def test_sends_the_same_notice_again(self, jobs, outbox, sender, host):
        job_id = completed(jobs, host.webhook())
        await told(sender)

        outbox.redeliver(job_id)
        await told(sender)

        assert len(host.got) == 2
        assert len({got.id for got in host.got}) == 1
        assert [d.outcome for d in outbox.of_job(job_id)[0].deliveries] == ["delivered"] * 2

    async def test_while_it_is_sent_changes_nothing(self, jobs, outbox, sender, host):
        host.mode = HANG
        job_id = completed(jobs, host.webhook())
        await sender.turn()
        outbox.redeliver(job_id)
        await sender.turn()

        assert len(sender._posting) == 1
        await cancelled(sender)

    def test_of_nothing_is_refused(self, jobs, outbox, host):
        for job_id in (completed(jobs, None), submitted(jobs, host.webhook())):
            with pytest.raises(NoticeNotFound):
                outbox.redeliver(job_id)


class TestSenders:
    async def test_two_of_them_tell_everything_once(self, jobs, make_sender, host):
        ids = [completed(jobs, host.webhook()) for _ in range(20)]
        both = [make_sender(), make_sender()]

        for _ in range(10):
            await asyncio.gather(*(told(sender) for sender in both))

        assert len(host.got) == len(ids)
        assert len({got.id for got in host.got}) == len(ids)
        assert host.busiest <= PER_HOST

    async def test_one_host_that_hangs_does_not_delay_the_others(self, jobs, make_sender, host):
        with receiver(HANG) as slow:
            for _ in range(3 * PER_HOST):
                completed(jobs, slow.webhook())
            completed(jobs, host.webhook())
            senders = [make_sender(allow=f"{slow.authority},{host.authority}") for _ in range(2)]

            for _ in range(3):
                for sender in senders:
                    await sender.turn()
            await until(lambda: host.got and len(slow.got) == PER_HOST)
            # Another ending has its host looked at again.
            completed(jobs, slow.webhook())
            for sender in senders:
                await sender.turn()

            assert sum(len(sender._posting) for sender in senders) == PER_HOST
            assert slow.busiest == PER_HOST
            for sender in senders:
                await cancelled(sender)

    async def test_what_a_dead_one_had_is_told_by_another(
        self, jobs, outbox, make_sender, host, clock
    ):
        completed(jobs, host.webhook())
        assert len(outbox.claim(10)) == 1  # and never heard of again
        await told(make_sender())
        assert host.got == []
        clock.ahead_s += CLAIM_S + 1

        await told(make_sender())

        assert len(host.got) == 1

    def test_one_that_comes_too_late_has_no_say(self, jobs, outbox, host, clock):
        job_id = completed(jobs, host.webhook())
        [late] = outbox.claim(10)
        clock.ahead_s += CLAIM_S + 1
        [current] = outbox.claim(10)
        outbox.settle(current, NoticeState.DELIVERED, Delivery(1, "delivered", 200, 1))

        outbox.settle(late, NoticeState.WAITING, Delivery(1, "timed_out", 0, 1), 5)

        [notice] = outbox.of_job(job_id)
        assert (notice.state, notice.attempts, len(notice.deliveries)) == ("delivered", 1, 2)
        clock.ahead_s += 86_400
        assert outbox.claim(10) == []

    async def test_one_that_ends_lets_its_posts_end(self, jobs, outbox, make_sender, host):
        job_id = completed(jobs, host.webhook())
        sender = make_sender()
        running = asyncio.ensure_future(sender.run())
        await until(lambda: host.got)
        running.cancel()
        await sender.close()

        assert outbox.of_job(job_id)[0].state == "delivered"

    async def test_a_redis_that_is_away_is_waited_for(self, make_sender, jobs, host, monkeypatch):
        sender, away = make_sender(), [redis.ConnectionError("gone")] * 3
        monkeypatch.setattr("exporter.webhooks.TICK_S", 0.01)
        run = sender._outbox._scripts._scripts["claim"]

        def claim(**given):
            if away:
                raise away.pop()
            return run(**given)

        monkeypatch.setitem(sender._outbox._scripts._scripts, "claim", claim)
        completed(jobs, host.webhook())
        running = asyncio.ensure_future(sender.run())
        await until(lambda: host.got)
        running.cancel()


KEY_ID = "ca_live_00000000"


@dataclass
class Clock:
    ahead_s: float = 0.0


def submitted(jobs, webhook, **given):
    job = poster_job(**given)
    return jobs.submit(job, webhook=webhook).job_id


def claimed(jobs, webhook, **given):
    job_id = submitted(jobs, webhook, **given)
    return job_id, jobs.claim(job_id, "w").token


def completed(jobs, webhook, result=RESULT, **given):
    job_id, token = claimed(jobs, webhook, **given)
    jobs.complete(job_id, token, result)
    return job_id


def http_date_in(seconds):
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


async def told(sender):
    """Let *sender* do all there is for it to do now."""
    await sender.turn()
    await sender.idle()


async def cancelled(sender):
    for task in list(sender._posting):
        task.cancel()
    await asyncio.gather(*sender._posting, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def outcome(outbox, job_id):
    [notice] = outbox.of_job(job_id)
    return notice.state.value, notice.deliveries[-1].outcome, notice.deliveries[-1].status


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def jobs(client, settings):
    return Jobs(client, settings)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbox(client, clock):
    return Outbox(client, ahead_s=lambda: clock.ahead_s)


@pytest.fixture
def host():
    with receiver() as running:
        yield running


@pytest.fixture
async def make_sender(outbox, settings: Settings, host):
    """Make senders that may call *host*, or whom *allow* names."""
    senders = []

    def make(allow=None, link_to=None, uniform=lambda _low, _high: 1.0):
        allowed = host.authority if allow is None else allow
        config = replace(settings, egress_allow=tuple(filter(None, allowed.split(","))))
        client = HttpClient(config, AddressRules(config.egress_allow), resolve_by_system)
        link_to = link_to or (lambda key: f"https://bucket.example/{key}?signed")
        senders.append(Sender(outbox, client, link_to, config, uniform=uniform))
        return senders[-1]

    yield make
    for sender in senders:
        await sender.close()


@pytest.fixture
def sender(make_sender):
    return make_sender()
