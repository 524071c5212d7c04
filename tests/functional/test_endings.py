"""Each way a job can end, through the whole service: HTTP, Redis, Celery, Chromium, storage."""

import hashlib
import io
import os
import signal

from PIL import Image

from deploy.local.client import fetch
from tests.functional.service import Service
from tests.functional.waiting import eventually
from tests.servers import ERROR, HANG, Fault, TileHost


def test_a_completed_job_links_to_its_poster_for_anyone(stack: Service) -> None:
    job = stack.ended(stack.submit())

    assert job["status"] == "completed", job["error"]
    assert (job["progress"], job["attempts"], job["error"]) == (100, 1, None)
    download = fetch(job["result"]["download_url"])
    assert download.status == 200
    assert hashlib.sha256(download.body).hexdigest() == job["result"]["sha256"]
    assert len(download.body) == job["result"]["file_size"]
    with Image.open(io.BytesIO(download.body)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (400, 600))


def test_a_link_with_another_signature_downloads_nothing(stack: Service) -> None:
    url = stack.ended(stack.submit())["result"]["download_url"]

    forged = fetch(url[:-1] + ("0" if url[-1] != "0" else "1"))

    assert forged.status == 403


def test_a_job_without_map_data_fails_by_the_callers_fault_at_once(stack: Service) -> None:
    job = stack.ended(stack.submit(location={"lng": -30.0, "lat": 0.0}))

    assert job["status"] == "failed"
    assert job["error"]["code"] == "map_blank"
    assert (job["error"]["retryable"], job["attempts"], job["result"]) == (False, 1, None)


def test_a_job_fails_by_our_fault_after_its_attempts(online: Service, tls_host: TileHost) -> None:
    tls_host.fault = Fault(ERROR)

    job = online.ended(online.submit())

    assert job["status"] == "failed"
    assert job["error"]["code"] == "tiles_unavailable"
    assert (job["error"]["retryable"], job["attempts"], job["result"]) == (True, 2, None)


def test_a_job_cancelled_before_its_start_is_never_drawn(stack: Service) -> None:
    with _stopped_workers(stack):
        waiting = stack.submit()
        answer = stack.client.cancel(waiting)

    assert (answer.status, answer.json["status"]) == (200, "cancelled")
    # Its message is still in the queue, before the next one's.
    assert stack.ended(stack.submit())["status"] == "completed"
    assert stack.job(waiting)["status"] == "cancelled"
    assert stack.job(waiting)["attempts"] == 0
    assert stack.client.cancel(waiting).status == 409


def test_a_job_cancelled_while_it_is_drawn_stops_and_leaves_room(
    online: Service, tls_host: TileHost
) -> None:
    tls_host.fault = Fault(HANG)
    job_id = online.submit()
    eventually(
        lambda: online.job(job_id)["stage"] == "tiles", within_s=30, what="it waits for tiles"
    )

    answer = online.client.cancel(job_id)
    job = online.ended(job_id, within_s=2)

    assert (answer.status, answer.json["cancel_requested"]) == (200, True)
    assert (job["status"], job["result"], job["error"]) == ("cancelled", None, None)
    tls_host.fault = None
    assert online.ended(online.submit())["status"] == "completed"
    assert list((online.var_dir / "posters").rglob(f"*{job_id}*")) == []


def test_an_online_tile_host_differs_in_settings_only(online: Service, tls_host: TileHost) -> None:
    job = online.ended(online.submit())

    assert job["status"] == "completed", job["error"]
    assert tls_host.count(".pbf") > 0
    assert fetch(job["result"]["download_url"]).status == 200


def test_a_job_survives_the_worker_that_draws_it(online: Service, tls_host: TileHost) -> None:
    tls_host.fault = Fault(HANG)
    job_id = online.submit()
    eventually(
        lambda: online.job(job_id)["stage"] == "tiles", within_s=30, what="it waits for tiles"
    )
    killed = online.worker_of(job_id)

    os.kill(killed.pid, signal.SIGKILL)
    tls_host.fault = None

    job = online.ended(job_id)
    assert job["status"] == "completed", job["error"]
    assert job["attempts"] == 2


class _stopped_workers:
    """Both Celery mains are stopped, like machines that hang, inside its `with`."""

    def __init__(self, stack: Service) -> None:
        self._pids = [stack.main(name).pid for name in ("worker-high", "worker-low")]

    def __enter__(self) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGCONT)
