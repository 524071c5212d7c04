"""An operator's commands, while the workers are busy."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.functional.service import ROOT, Service
from tests.functional.waiting import eventually
from tests.servers import ERROR, HANG, Fault, TileHost

# Tiles of its own: a browser may still hold those it drew for an earlier job.
VIEW = {"zoom": 11.4}


def test_jobs_and_browsers_are_seen_and_a_running_job_is_stopped(
    online: Service, tls_host: TileHost
) -> None:
    tls_host.fault = Fault(HANG)
    job_id = online.submit(camera=VIEW)
    eventually(
        lambda: online.job(job_id)["stage"] == "tiles", within_s=30, what="it waits for tiles"
    )

    [row] = [row for row in celery(online, "jobs", "list") if row["job_id"] == job_id]
    shown = celery(online, "jobs", "show", job_id)
    # A worker reports every ten seconds.
    eventually(lambda: "drawing" in states(online), within_s=25, what="its browser is seen")
    [told] = celery(online, "jobs", "cancel", job_id)

    assert (row["state"], row["worker"]) == ("running", shown["worker"])
    assert told == {"job_id": job_id, "outcome": "stopping"}
    assert online.ended(job_id, within_s=2)["status"] == "cancelled"


def test_a_failed_job_is_begun_anew_and_completes(online: Service, tls_host: TileHost) -> None:
    tls_host.fault = Fault(ERROR)
    job_id = online.submit(camera=VIEW)
    assert online.ended(job_id)["status"] == "failed"
    tls_host.fault = None

    [told] = celery(online, "jobs", "requeue", job_id)

    assert told["outcome"] == "requeued"
    job = online.ended(job_id)
    assert (job["status"], job["attempts"]) == ("completed", 1)
    [past] = celery(online, "jobs", "show", job_id)["history"]
    assert past["failure"]["code"] == "tiles_unavailable"


def states(online: Service) -> list[str]:
    return [one["state"] for worker in celery(online, "pool") for one in worker["each"]]


def celery(online: Service, *words: str) -> Any:
    answer = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "exporter", *words, "--json"],
        cwd=ROOT,
        env={
            **os.environ,
            "REDIS_URL": online.redis_url,
            "EXPORT_VAR_DIR": str(online.var_dir),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(answer.stdout)
