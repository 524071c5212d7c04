"""Who is at work, as Redis tells it."""

import json

import pytest
import redis

from exporter import presence
from exporter.errors import QueueUnavailable
from exporter.presence import FADES_AFTER_S, REPORT_EVERY_S, BrowserState, WorkerState

IDLE = {"state": "idle", "age_s": 1, "renders": 0, "memory_bytes": 0}


def test_a_worker_that_reported_is_there(client):
    presence.report(client, state("a:1"))
    presence.report(client, state("b:2", busy=1))

    assert sorted(presence.workers(client), key=lambda s: s.worker) == [
        state("a:1"),
        state("b:2", busy=1),
    ]


def test_the_last_word_of_a_worker_counts(client):
    presence.report(client, state("a:1"))
    presence.report(client, state("a:1", renders=7))

    assert presence.workers(client) == [state("a:1", renders=7)]


def test_each_browser_is_reported(client):
    each = (BrowserState("drawing", 90, 3, 100), BrowserState("idle", 5, 0, 0))
    presence.report(client, state("a:1", each=each))

    assert presence.workers(client)[0].each == each


def test_a_worker_of_another_version_is_there_too(client):
    """During a rolling update some know more and some know less."""
    presence.report(client, state("a:1"))
    told = json.loads(client.get("export:worker:a:1"))
    client.set("export:worker:a:1", json.dumps({**told, "new": 1, "each": [{**IDLE, "new": 1}]}))
    client.set("export:worker:b:2", json.dumps({k: told[k] for k in told if k != "each"}))

    found = {len(worker.each) for worker in presence.workers(client)}

    assert found == {0, 1}


def test_a_word_fades_by_itself_and_outlives_two_missed_reports(client):
    presence.report(client, state("a:1"))

    (key,) = client.keys("export:worker:*")
    assert 2 * REPORT_EVERY_S < client.ttl(key) <= FADES_AFTER_S == 30


def test_a_worker_that_leaves_is_gone_at_once(client):
    presence.report(client, state("a:1"))

    presence.withdraw(client, "a:1")

    assert presence.workers(client) == []


def test_a_redis_that_is_away_is_named():
    away = redis.Redis.from_url("redis://127.0.0.1:1/0")

    for call in (
        lambda: presence.report(away, state("a:1")),
        lambda: presence.withdraw(away, "a:1"),
        lambda: presence.workers(away),
    ):
        with pytest.raises(QueueUnavailable):
            call()


def state(worker, **given):
    numbers = dict.fromkeys(
        ("browsers", "busy", "renders", "started", "crashed", "retired", "memory_bytes"), 0
    )
    return WorkerState(worker=worker, renderer="llvmpipe", **{**numbers, **given})


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client
