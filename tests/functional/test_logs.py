"""What a running service logs, as the collector of deploy/logs writes it."""

from pathlib import Path

from tests.functional.service import Service
from tests.functional.waiting import eventually
from tests.log_collector import Collector, counted_at_once, from_files

STEPS = {"job submitted", "claimed", "completed"}


def test_a_job_is_followed_through_all_processes_by_its_id(stack: Service, tmp_path):
    with from_files(tmp_path, str(stack.var_dir / "log" / "*.log")) as collector:
        job_id = stack.submit()
        stack.ended(job_id)
        eventually(
            lambda: {event["event"] for event in about(collector, job_id)} >= STEPS,
            within_s=20,
            what="all steps are collected",
        )

        told = about(collector, job_id)
        programs = {event["event"]: event["program"].rpartition("/")[2] for event in told}
        assert programs["job submitted"] == "api.log"
        assert programs["claimed"] == programs["completed"]
        assert programs["claimed"].startswith("worker-")
        assert all(event["timestamp"] and event["level"] for event in told)
        # In the order of what happened, as far as one process tells it.
        drawn = [event["timestamp"] for event in told if "worker-" in event["program"]]
        assert drawn == sorted(drawn)


def test_nothing_secret_was_logged(stack: Service, tmp_path):
    """By all tests of this service so far, as the alert SecretLogged would see it."""
    stack.ended(stack.submit())
    said = sum(written(log) for log in (stack.var_dir / "log").glob("*.log"))
    with from_files(tmp_path, str(stack.var_dir / "log" / "*.log")) as collector:
        eventually(lambda: len(collector.events()) >= said, within_s=60, what="it has read all")
        assert stack.client.key not in collector.text()
        (day, *_) = collector.out.iterdir()
        counts = counted_at_once(day)

    assert counts["export_log_lines_total"] >= said > 0
    assert counts["export_log_secrets_total"] == 0


def written(log: Path) -> int:
    """Return how many whole lines are in *log*, without the empty ones, which are no events."""
    return sum(bool(line) for line in log.read_bytes().split(b"\n")[:-1])


def about(collector: Collector, job_id: str):
    return [event for event in collector.events() if event.get("job_id") == job_id]
