"""Webhooks through the API: asking for one, reading its log, telling it again, its secret."""

import json
from base64 import b64encode
from dataclasses import replace

import pytest

from exporter.events import Event
from exporter.outbox import Delivery, NoticeState
from tests import api as apis
from tests.api import submitted
from tests.corpus.cases import JOBS, place
from webapi.context import Services

URL = "https://hooks.example/posters?a=b"
SECRET = "whsec_" + "c2VjcmV0" * 4


class TestAsking:
    def test_every_ending_is_told_unless_said_otherwise(self, api):
        job_id = submitted(api, place(webhook={"url": URL}))

        told = webhook_of(api, job_id)
        assert told == {
            "url": URL,
            "events": list(Event),
            "secret": "",
            "host": "hooks.example:443",
        }

    def test_events_and_a_secret_of_ones_own_are_taken(self, api):
        asked = {"url": URL, "secret": SECRET, "events": ["job.failed", "job.failed"]}

        told = webhook_of(api, submitted(api, place(webhook=asked)))

        assert (told["secret"], told["events"]) == (SECRET, ["job.failed"])

    @pytest.mark.parametrize("size", [24, 25, 26, 63, 64])
    def test_a_secret_may_have_24_to_64_bytes(self, api, size):
        secret = "whsec_" + b64encode(bytes(size)).decode()
        bare = secret.rstrip("=")

        for each in (secret, bare):
            submitted(api, place(webhook={"url": URL, "secret": each}))

    def test_a_private_receiver_may_be_excepted_by_the_operator(self, settings):
        api = apis.api(replace(settings, egress_allow=("127.0.0.1:9000",)))

        job_id = submitted(api, place(webhook={"url": "http://127.0.0.1:9000/hook"}))

        assert webhook_of(api, job_id)["host"] == "127.0.0.1:9000"

    def test_the_secret_appears_nowhere(self, api, capsys):
        job_id = submitted(api, place(webhook={"url": URL, "secret": SECRET}))
        cancel(api, job_id)
        answers = [api.job(job_id), api.ask("GET", f"{JOBS}/{job_id}/webhooks")]
        refused = api.generate(place(webhook={"url": URL, "secret": SECRET[:20]}))

        shown = "".join(answer.text for answer in (*answers, refused)) + capsys.readouterr().out
        assert SECRET[:20] not in shown


class TestLog:
    def test_nothing_is_told_before_the_end(self, api):
        job_id = submitted(api, place(webhook={"url": URL}))

        answer = api.ask("GET", f"{JOBS}/{job_id}/webhooks")

        assert (answer.status_code, answer.json) == (200, {"job_id": job_id, "notices": []})

    def test_it_says_what_came_of_each_attempt_and_when_the_next_is(self, api, outbox):
        job_id = submitted(api, place(webhook={"url": URL}))
        cancel(api, job_id)
        [claimed] = outbox.claim(1)
        outbox.settle(
            claimed, NoticeState.WAITING, Delivery(claimed.now, "timed_out", 0, 15_000), 5
        )

        [notice] = api.ask("GET", f"{JOBS}/{job_id}/webhooks").json["notices"]

        assert (notice["event"], notice["url"]) == ("job.cancelled", URL)
        assert (notice["state"], notice["attempts"]) == ("waiting", 1)
        assert notice["next_attempt_at"] > notice["created_at"]
        [delivery] = notice["deliveries"]
        assert (delivery["outcome"], delivery["http_status"]) == ("timed_out", None)
        assert delivery["duration_ms"] == 15_000

    def test_the_fields_are_those_described(self, api, outbox):
        job_id = delivered(api, outbox)
        schemas = api.ask("GET", "/openapi.json", key="").json["components"]["schemas"]

        told = api.ask("GET", f"{JOBS}/{job_id}/webhooks").json

        assert told.keys() == schemas["Webhooks"]["properties"].keys()
        [notice] = told["notices"]
        assert notice.keys() == schemas["Notice"]["properties"].keys()
        assert notice["deliveries"][0].keys() == schemas["Delivery"]["properties"].keys()


class TestRedelivery:
    def test_it_is_told_again(self, api, outbox):
        job_id = delivered(api, outbox)

        answer = api.ask("POST", f"{JOBS}/{job_id}/webhooks")

        [notice] = answer.json["notices"]
        assert (answer.status_code, notice["state"], notice["attempts"]) == (202, "waiting", 0)
        assert len(outbox.claim(5)) == 1

    def test_a_job_that_runs_has_nothing_to_tell(self, api):
        job_id = submitted(api, place(webhook={"url": URL}))

        answer = api.ask("POST", f"{JOBS}/{job_id}/webhooks")

        assert (answer.status_code, answer.json["code"]) == (409, "webhook_not_sent")


class TestSecret:
    def test_each_api_key_has_one_that_stays(self, api):
        mine = [api.ask("GET", "/api/v1/webhooks/secret").json["secret"] for _ in range(2)]
        theirs = api.ask("GET", "/api/v1/webhooks/secret", key=api.make_key()).json["secret"]

        assert mine[0] == mine[1] != theirs
        # It is one that may itself be sent as a secret.
        submitted(api, place(webhook={"url": URL, "secret": mine[0]}))

    def test_it_is_for_its_owner_only(self, api):
        assert api.ask("GET", "/api/v1/webhooks/secret", key="").status_code == 401


def webhook_of(api, job_id):
    return json.loads(api.redis.hget(f"export:job:{job_id}", "webhook"))


def cancel(api, job_id):
    assert api.ask("DELETE", f"{JOBS}/{job_id}").status_code == 200


def delivered(api, outbox):
    job_id = submitted(api, place(webhook={"url": URL}))
    cancel(api, job_id)
    [claimed] = outbox.claim(1)
    outbox.settle(claimed, NoticeState.DELIVERED, Delivery(claimed.now, "delivered", 204, 9))
    return job_id


@pytest.fixture
def api(settings):
    return apis.api(settings)


@pytest.fixture
def outbox(api):
    services: Services = api.http.application.extensions["poster-exporter"]
    return services.outbox
