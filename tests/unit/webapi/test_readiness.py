"""When an installation says it is ready, and how often it looks."""

import json
import threading
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import redis

from exporter.errors import StorageUnavailable
from exporter.presence import WorkerState
from webapi import readiness
from webapi.readiness import CACHE_S, STORAGE_CACHE_S, Readiness

WELL = {"redis": True, "workers": True, "storage": True}


def test_all_well(service, checks):
    assert checks() == WELL


@pytest.mark.parametrize(
    ("spoil", "failed"),
    [
        (lambda service: service.redis.workers.clear(), {"workers"}),
        (lambda service: setattr(service.redis, "away", True), {"redis", "workers"}),
        (lambda service: setattr(service.storage, "failure", StorageUnavailable("x")), {"storage"}),
    ],
)
def test_what_is_missing_is_named(service, checks, spoil, failed):
    spoil(service)

    assert {name for name, well in checks().items() if not well} == failed


def test_a_worker_that_is_denied_makes_it_not_ready(service, checks):
    """Whatever this process may do: posters are stored by workers."""
    denied = WorkerState("w2", 1, 0, 0, 1, 0, 0, 0, "", storage="denied")
    service.redis.workers["export:worker:w2"] = json.dumps(asdict(denied))

    assert checks() == {**WELL, "storage": False}


def test_an_answer_is_kept_for_a_moment(service, checks, clock):
    checks()
    service.redis.away = True
    clock[0] += CACHE_S - 0.1
    assert checks()["redis"]

    clock[0] += 0.1

    assert not checks()["redis"]


def test_the_storage_is_asked_less_often(service, checks, clock):
    checks()
    clock[0] += CACHE_S
    checks()
    assert service.storage.checks == 1

    clock[0] += STORAGE_CACHE_S
    checks()

    assert service.storage.checks == 2


def test_a_storage_that_hangs_is_not_ready_and_not_asked_twice(service, checks, clock, monkeypatch):
    monkeypatch.setattr(readiness, "STORAGE_TIMEOUT_S", 0.01)
    service.storage.gate.clear()

    assert not checks()["storage"]
    clock[0] += 2 * STORAGE_CACHE_S
    assert not checks()["storage"]

    assert service.storage.checks == 1


def test_without_redis_nobody_asks_it_for_workers(service, checks):
    service.redis.away = True

    checks()

    assert service.redis.asked == ["ping"]


class Redis:
    """As much of a Redis client as the checks use."""

    def __init__(self):
        worker = WorkerState("w", 1, 0, 0, 1, 0, 0, 0, "")
        self.workers = {"export:worker:w": json.dumps(asdict(worker))}
        self.away = False
        self.asked = []

    def _answer(self, command, value):
        self.asked.append(command)
        if self.away:
            raise redis.ConnectionError("away")
        return value

    def ping(self):
        return self._answer("ping", True)

    def scan_iter(self, match, count):
        return self._answer("scan", list(self.workers))

    def mget(self, keys):
        return self._answer("mget", [self.workers.get(key) for key in keys])


class Storage:
    def __init__(self):
        self.failure = None
        self.checks = 0
        self.gate = threading.Event()
        self.gate.set()

    def check(self):
        self.checks += 1
        self.gate.wait(10)
        if self.failure:
            raise self.failure


@pytest.fixture
def service():
    service = SimpleNamespace(redis=Redis(), storage=Storage())
    yield service
    service.storage.gate.set()


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def checks(service, clock):
    return Readiness(service, now=lambda: clock[0]).checks
