import threading

from exporter.errors import QueueUnavailable
from tests.load.drive import progress
from tests.load.looks import Look, Looks
from tests.unit.load.factory import export


def test_jobs_for_a_retry_wait_too_and_a_look_in_vain_is_counted() -> None:
    jobs = FakeJobs()

    with Looks(jobs) as looks:
        assert jobs.seen.wait(10)

    assert looks.missed == 1
    assert (looks.seen[0].waiting, looks.seen[0].running, looks.seen[0].in_flight) == (5, 2, 7)


def test_progress_says_how_the_load_stands() -> None:
    looks = Looks(FakeJobs())
    exports = [export(0), export(1, outcome="failed: render_timeout")]
    assert progress(looks, exports) == "1 completed, 1 failed"

    looks.seen.append(Look(1.0, 118, 2))

    told = "120 in flight (118 wait, 2 are drawn), 1 completed, 1 failed"
    assert progress(looks, exports) == told


class FakeJobs:
    """Jobs that cannot be counted at first."""

    def __init__(self) -> None:
        self.asked = 0
        self.seen = threading.Event()

    def counts(self) -> dict[str, int]:
        self.asked += 1
        if self.asked == 1:
            raise QueueUnavailable("away")
        self.seen.set()
        return {"queued": 4, "running": 2, "retrying": 1}
