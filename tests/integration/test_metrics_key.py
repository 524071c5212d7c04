"""The key of the settings that opens the metrics: without Redis, and nothing else."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from exporter.errors import InvalidSettings
from exporter.jobs import connect
from exporter.settings import Settings
from tests import api as apis
from tests.api import MemoryStore
from webapi import create_app

OWN = "ca_live_" + "5a" * 32
OTHER = "ca_live_" + "5b" * 32


def test_without_redis_a_scrape_says_that_it_is_away(settings):
    answer = scrape(without_redis(settings, metrics_key=OWN), OWN)

    assert answer.status_code == 200
    assert samples(answer) == {"export_redis_up": 0.0}


def test_after_a_loss_of_all_data_it_opens_as_before(api):
    api.redis.flushall()

    assert api.ask("GET", "/metrics", key=api.key).status_code == 401
    answer = api.ask("GET", "/metrics", key=OWN)
    assert samples(answer)["export_redis_up"] == 1.0


def test_an_api_key_opens_the_metrics_too(api):
    assert api.ask("GET", "/metrics").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/posters/jobs/1", "/api/v1/webhooks/secret"])
def test_it_opens_nothing_else(api, path):
    answer = api.ask("GET", path, key=OWN)

    assert (answer.status_code, answer.json["code"]) == (401, "auth_invalid")


def test_it_submits_nothing(api):
    before = api.footprint()

    assert api.generate({"location": {"lat": 51.145, "lng": 71.43}}, key=OWN).status_code == 401
    assert api.footprint() == before


def test_another_key_is_still_asked_of_redis(api, settings):
    assert api.ask("GET", "/metrics", key=OTHER).json["code"] == "auth_invalid"
    assert scrape(without_redis(settings, metrics_key=OWN), OTHER).status_code == 503


def test_an_installation_without_one_is_opened_by_none(settings):
    """The empty default is no key: not even a request that brings nothing matches it."""
    client = without_redis(settings)

    assert scrape(client, OWN).status_code == 503
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics").status_code == 401


def test_in_an_address_it_is_refused(api):
    answer = api.ask("GET", f"/metrics?key={OWN}", key="")

    assert answer.json["code"] == "auth_in_query"


@pytest.mark.parametrize("key", ["secret", OWN[:-1], OWN.upper(), f"{OWN}\n"])
def test_one_that_no_request_could_bring_ends_the_api_at_its_start(settings, key):
    with pytest.raises(InvalidSettings, match="EXPORT_METRICS_KEY must be ca_live_") as refused:
        create_app(changed(settings, metrics_key=key))

    assert key not in str(refused.value)


def scrape(client, key):
    return client.get("/metrics", headers={"Authorization": f"Bearer {key}"})


def samples(answer):
    """Return `{name: value}` of the metrics without labels."""
    families = text_string_to_metric_families(answer.text)
    return {s.name: s.value for family in families for s in family.samples if not s.labels}


def changed(settings: Settings, **given: object) -> Settings:
    return Settings(**{**settings.__dict__, **given})


def without_redis(settings: Settings, **given: object):
    away = changed(settings, redis_url="redis://127.0.0.1:1/0", **given)
    return create_app(away, client=connect(away), storage=MemoryStore()).test_client()


@pytest.fixture
def api(settings):
    running = apis.api(changed(settings, metrics_key=OWN))
    yield running
    running.redis.close()
