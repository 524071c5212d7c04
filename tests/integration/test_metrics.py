"""What a scrape says of the whole service."""

import pytest
import redis
from celery import Celery
from prometheus_client.parser import text_string_to_metric_families

from exporter import presence
from exporter.exposition import exposition
from exporter.jobs import PREFIX, Failure, Jobs, Result
from exporter.metrics import Metrics
from exporter.presence import WorkerState
from exporter.queues import RENDER_TASK, Priority
from tests.factories import poster_job


def test_events_of_all_processes_are_counted_together(client):
    for process in (Metrics(client), Metrics(client)):
        process.count("export_errors", "tiles_unavailable")
        process.count("export_submitted", "low")
    Metrics(client).count("export_submitted", "high")

    values = scrape(client)

    assert values["export_errors_total", "code=tiles_unavailable"] == 2
    assert values["export_submitted_total", "priority=low"] == 2
    assert values["export_submitted_total", "priority=high"] == 1


def test_every_ending_is_counted_whoever_ends_the_job(client, settings):
    """Also those of the sweeper, and none of them twice."""
    jobs = Jobs(client, settings)
    done, overdue = poster_job(), poster_job()
    for job in (done, overdue):
        jobs.submit(job)
    token = jobs.claim(done.job_id, "w").token
    for _ in range(2):
        jobs.complete(done.job_id, token, Result("k", 1, 1, 1, "", 1, 1))
    client.zadd("export:deadlines", {overdue.job_id: 1})
    jobs.overdue()

    values = scrape(client)

    assert values["export_jobs_total", "state=completed"] == 1
    assert values["export_jobs_total", "state=failed"] == 1


def test_seconds_are_put_into_their_buckets(client):
    for seconds in (0.2, 2.5, 2.5, 5000):
        Metrics(client).observe("export_render_seconds", seconds)

    values = scrape(client)

    buckets = [
        values["export_render_seconds_bucket", f"le={le}"] for le in ("0.5", "2", "3", "900")
    ]
    assert buckets == [1, 1, 3, 3]
    assert values["export_render_seconds_bucket", "le=+Inf"] == 4
    assert values["export_render_seconds_count", ""] == 4
    assert values["export_render_seconds_sum", ""] == pytest.approx(5005.2)


def test_queues_and_jobs_are_read_at_the_scrape(client, settings):
    jobs = Jobs(client, settings)
    running, retrying = poster_job(), poster_job()
    for job in (running, retrying):
        jobs.submit(job)
        claim = jobs.claim(job.job_id, "w")
    jobs.retry(retrying.job_id, claim.token, Failure("browser_crashed", "x", True), 60)
    client.rpush(Priority.HIGH.value, "a", "b")

    values = scrape(client)

    depths = [
        values["export_queue_depth", f"queue={q}"] for q in ("high", "normal", "low", "retry")
    ]
    assert depths == [2, 0, 0, 1]
    assert values["export_jobs_running", ""] == 1


def test_browsers_are_those_the_workers_reported(client):
    presence.report(client, WorkerState("a:1", 2, 1, 9, 3, 1, 0, 4096, "llvmpipe"))

    values = scrape(client)

    assert values["export_workers", ""] == 1
    assert values["export_pool_browsers", "state=busy,worker=a:1"] == 1
    assert values["export_pool_browsers", "state=idle,worker=a:1"] == 1
    assert values["export_memory_bytes", "worker=a:1"] == 4096


def test_a_workers_totals_and_limits_are_its_own(client):
    state = WorkerState(
        "a:1", 2, 1, 9, 3, 1, 2, 4096, "llvmpipe",
        cpu_seconds=12.5, cores=1.5, memory_limit_bytes=8192, min_browsers=2,
        cache_hits=90, cache_misses=10, parked=3, parked_bytes=500, parked_max_jobs=20,
        parked_max_bytes=1000, storage="away",
    )  # fmt: skip
    presence.report(client, state)

    values = scrape(client)

    assert values["export_cpu_seconds_total", "worker=a:1"] == 12.5
    assert values["export_cpu_cores", "worker=a:1"] == 1.5
    assert values["export_memory_limit_bytes", "worker=a:1"] == 8192
    assert values["export_pool_min_browsers", "worker=a:1"] == 2
    changes = [
        values["export_browser_changes_total", f"change={change},worker=a:1"]
        for change in ("started", "crashed", "retired")
    ]
    assert changes == [3, 1, 2]
    assert values["export_cache_answers_total", "outcome=hit,worker=a:1"] == 90
    assert values["export_cache_answers_total", "outcome=miss,worker=a:1"] == 10
    assert values["export_parked_jobs", "worker=a:1"] == 3
    assert values["export_parked_limit_jobs", "worker=a:1"] == 20
    assert values["export_parked_bytes", "worker=a:1"] == 500
    assert values["export_parked_limit_bytes", "worker=a:1"] == 1000
    assert values["export_storage_state", "state=away,worker=a:1"] == 1


def test_a_completed_job_is_told_by_wait_render_and_stage(client):
    Metrics(client).completed(2.5, 0.2, {"settle": 0.4, "draw": 0.6})
    Metrics(client).completed(2.5, 0.2, {"settle": 0.2})

    values = scrape(client)

    assert values["export_render_seconds_count", ""] == 2
    assert values["export_queue_wait_seconds_sum", ""] == pytest.approx(0.4)
    assert values["export_stage_seconds_count", "stage=settle"] == 2
    assert values["export_stage_seconds_bucket", "le=0.3,stage=settle"] == 1
    assert values["export_stage_seconds_sum", "stage=draw"] == pytest.approx(0.6)


def test_what_alerts_ask_for_is_there_before_it_happens(client):
    """Prometheus sees no increase in a series that begins with its first event."""
    values = scrape(client)

    assert values["export_data_losses_total", "store=redis"] == 0
    assert values["export_refused_total", "reason=queue_full"] == 0
    assert values["export_errors_total", "code=storage_unavailable"] == 0


def test_an_estimate_is_compared_with_what_came(client, settings):
    jobs = Jobs(client, settings)
    true, short = poster_job(), poster_job()
    for job, told_s in ((true, 4), (short, 1)):
        jobs.submit(job)
        jobs.estimated(job.job_id, told_s)
        # Submitted four seconds ago.
        client.hincrby(f"{PREFIX}job:{job.job_id}", "created_at", -4000)
        jobs.complete(job.job_id, jobs.claim(job.job_id, "w").token, Result("k", 1, 1, 1, "", 1, 1))
        Metrics(client).observe("export_estimate_ratio", jobs.get(job.job_id).estimate_ratio)

    values = scrape(client)

    assert values["export_estimate_ratio_bucket", "le=0.8"] == 0
    assert values["export_estimate_ratio_bucket", "le=1.25"] == 1
    assert values["export_estimate_ratio_bucket", "le=10"] == 2
    assert values["export_estimate_ratio_sum", ""] == pytest.approx(5, abs=0.5)


def test_where_nobody_was_told_nothing_is_compared(client, settings):
    jobs, untold, anew = Jobs(client, settings), poster_job(), poster_job()
    for job in (untold, anew):
        jobs.submit(job)
    jobs.estimated(anew.job_id, 4)
    assert jobs.get(anew.job_id).estimate_ratio is None  # it has not ended
    claim = jobs.claim(anew.job_id, "w")
    jobs.fail(anew.job_id, claim.token, Failure("render_timeout", "x", False))
    jobs.requeue(anew.job_id)
    for job in (untold, anew):
        jobs.complete(job.job_id, jobs.claim(job.job_id, "w").token, Result("k", 1, 1, 1, "", 1, 1))

    assert [jobs.get(job.job_id).estimate_ratio for job in (untold, anew)] == [None, None]


def test_a_job_that_is_gone_gets_no_estimate(client, settings):
    Jobs(client, settings).estimated("00000000-0000-4000-8000-000000000000", 4)

    assert client.keys(f"{PREFIX}job:*") == []


def test_the_age_of_a_queue_is_that_of_its_head(client, settings):
    """The messages are Celery's own, so that a change of their form is noticed."""
    jobs, old, young = Jobs(client, settings), poster_job(), poster_job()
    with Celery(broker=settings.redis_url) as app:
        for job in (old, young):
            jobs.submit(job)
            app.send_task(RENDER_TASK, args=[job.job_id], queue=Priority.LOW.value)
    client.hincrby(f"{PREFIX}job:{old.job_id}", "created_at", -90_000)

    values = scrape(client)

    assert values["export_queue_oldest_seconds", "queue=low"] == pytest.approx(90, abs=5)
    assert values["export_queue_oldest_seconds", "queue=high"] == 0


@pytest.mark.parametrize("message", ["{", "{}", '{"body": "e30="}', '{"body": "W10="}'])
def test_a_message_of_no_job_has_no_age(client, message):
    client.rpush(Priority.LOW.value, message)

    assert scrape(client)["export_queue_oldest_seconds", "queue=low"] == 0


def test_dead_letters_are_counted(client):
    client.zadd(f"{PREFIX}dead", {"a": 1, "b": 2})

    assert scrape(client)["export_dead_letters", ""] == 2


def test_before_the_first_event_every_metric_is_named(client):
    text = exposition(client).decode()

    for name in (
        "export_queue_depth",
        "export_render_seconds",
        "export_errors_total",
        "export_pool_browsers",
    ):
        assert f"# TYPE {name} " in text


def test_without_redis_a_scrape_still_answers():
    assert scrape(away()) == {("export_redis_up", ""): 0}


def test_a_metric_that_cannot_be_written_fails_nobody():
    Metrics(away()).count("export_jobs", "completed")


def test_an_unknown_metric_is_a_mistake_of_ours(client):
    with pytest.raises(KeyError):
        Metrics(client).count("export_typo", "x")


def scrape(client):
    """Return the samples as `{(name, labels): value}`."""
    return {
        (sample.name, ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition(client).decode())
        for sample in family.samples
    }


def away():
    return redis.Redis.from_url("redis://127.0.0.1:1/0", decode_responses=True)


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
