"""The same poster asked for three times: at first, while it is drawn, and once it is kept."""

import json
import time
from dataclasses import dataclass

from tests.bench.service import Service
from tests.bench.subject import Size, request


@dataclass(frozen=True)
class Identical:
    """How many were asked for and drawn, and how long the kept one's answer, with it, took."""

    asked: int
    drawn: int
    are_reused: bool
    kept_s: float


def ask_again(service: Service, size: Size) -> Identical:
    """Ask for the poster of *size*, of which a worker has to run; nothing alike may be kept yet."""
    before = service.completed_count()
    first, second = (service.submit(size, fresh=False) for _ in range(2))
    jobs = [service.completed(job) for job in (first, second)]
    body, begun = json.dumps(request(size)).encode(), time.monotonic()
    _, answer = service.post(body, fresh=False)
    kept_s = time.monotonic() - begun
    jobs.append(service.completed(str(answer["job_id"])))
    drawn = service.completed_count() - before
    same = {job["result"]["sha256"] for job in jobs} == {jobs[0]["result"]["sha256"]}
    reused = [job["reused_from"] for job in jobs] == [None, first, first]
    at_once = answer.get("status") == "completed"
    return Identical(len(jobs), drawn, same and reused and at_once, kept_s)
