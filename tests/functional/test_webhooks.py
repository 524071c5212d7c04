"""Callers are told how their jobs ended, by the whole service and whatever dies in between."""

import os
import signal

from standardwebhooks.webhooks import Webhook as Verifier

from deploy.local.client import fetch
from tests.functional.service import Service
from tests.functional.waiting import eventually
from tests.receivers import ERROR, OK, Receiver

SECRET = "whsec_" + "c2VjcmV0" * 4


def test_a_completed_job_is_told_with_a_link_to_its_poster(online: Service, hook: Receiver) -> None:
    job_id = online.submit(webhook={"url": hook.url, "secret": SECRET})

    eventually(lambda: hook.got, within_s=60, what="the webhook is told")

    [got] = hook.got
    said = Verifier(SECRET).verify(got.body, dict(got.headers))
    assert (said["type"], said["data"]["job_id"]) == ("job.completed", job_id)
    assert fetch(said["data"]["result"]["download_url"]).status == 200
    assert online.job(job_id)["status"] == "completed"


def test_a_failed_and_a_cancelled_job_are_told_once_each(online: Service, hook: Receiver) -> None:
    told = {"webhook": {"url": hook.url, "secret": SECRET}}
    failed = online.submit(resolution={"width": 256, "height": 256}, timeout=1000, **told)
    cancelled = online.submit(**told)
    online.client.cancel(cancelled)
    endings = {job_id: online.ended(job_id)["status"] for job_id in (failed, cancelled)}

    eventually(lambda: len(hook.got) >= 2, within_s=20, what="both are told")

    said = [Verifier(SECRET).verify(got.body, dict(got.headers))["data"] for got in hook.got]
    assert {data["job_id"]: data["status"] for data in said} == endings
    assert endings[cancelled] == "cancelled"


def test_what_was_not_taken_is_told_by_the_next_workers(online: Service, hook: Receiver) -> None:
    hook.mode = ERROR
    job_id = online.submit(webhook={"url": hook.url, "secret": SECRET})
    eventually(lambda: hook.got, within_s=60, what="the webhook is told")

    for name in ("worker-high", "worker-low"):
        os.kill(online.main(name).pid, signal.SIGKILL)
    hook.mode = OK

    eventually(lambda: len(hook.got) >= 2, within_s=60, what="it is told again")
    assert len({got.id for got in hook.got}) == 1
    assert online.job(job_id)["status"] == "completed"
