"""The same poster asked for again, by a real service: drawn once, whoever ends first."""

import json

from deploy.local.client import fetch
from tests.functional.service import Service
from tests.functional.waiting import eventually
from tests.receivers import Receiver
from tests.servers import HANG, Fault, TileHost


def test_the_same_poster_is_drawn_once_and_given_to_each(stack: Service) -> None:
    asked = [stack.asked(text={"title": "Once"}, priority=p) for p in ("low", "high", "normal")]
    jobs = [stack.ended(each["job_id"]) for each in asked]
    again = stack.asked(text={"title": "Once"})
    jobs.append(stack.job(again["job_id"]))

    assert again["status"] == "completed"
    assert [job["status"] for job in jobs] == ["completed"] * 4
    assert [job["reused_from"] for job in jobs] == [None, *[asked[0]["job_id"]] * 3]
    assert [job["attempts"] for job in jobs] == [1, 0, 0, 0]
    assert len(list((stack.var_dir / "posters").rglob(f"*{asked[0]['job_id']}*"))) == 1
    bodies = {fetch(job["result"]["download_url"]).body for job in jobs}
    assert len(bodies) == 1

    fresh = stack.ended(stack.asked(text={"title": "Once"}, fresh=True)["job_id"])
    assert (fresh["reused_from"], fresh["attempts"]) == (None, 1)
    assert fresh["result"]["sha256"] == jobs[0]["result"]["sha256"]


def test_a_cancelled_drawing_is_made_for_the_next_who_wants_it(
    online: Service, tls_host: TileHost, hook: Receiver
) -> None:
    tls_host.fault = Fault(HANG)
    changes = {"text": {"title": "Handed on"}, "webhook": {"url": hook.url}}
    first = online.asked(**changes)["job_id"]
    eventually(
        lambda: online.job(first)["stage"] == "tiles", within_s=30, what="it waits for tiles"
    )
    second = online.asked(**changes)
    assert second["reused_from"] == first

    online.client.cancel(first)
    tls_host.fault = None

    job = online.ended(second["job_id"])
    assert job["status"] == "completed", job["error"]
    assert (job["reused_from"], job["attempts"]) == (None, 1)
    assert fetch(job["result"]["download_url"]).status == 200
    assert online.ended(first)["status"] == "cancelled"
    assert list((online.var_dir / "posters").rglob(f"*{first}*")) == []
    eventually(lambda: len(hook.got) == 2, within_s=20, what="both are told")
    told = [json.loads(post.body)["data"]["status"] for post in hook.got]
    assert sorted(told) == ["cancelled", "completed"]
