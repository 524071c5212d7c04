"""Counters and histograms of the whole service, counted in Redis by every process.

They are counted in one Redis hash, not in each process, so that one scrape of any API process is
the merged truth over all API and worker processes on all hosts, and a dead process takes nothing
with it (docs/adr/0006). `exporter/exposition.py` shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import redis
import structlog

from exporter.scripts import PREFIX, ask

KEY = f"{PREFIX}metrics"
log = structlog.get_logger()

# A warm 2400 x 3600 poster takes 2-3 s, a large one a minute, and 900 s is the longest timeout.
RENDER_BUCKETS_S = (0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)
WAIT_BUCKETS_S = (0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 3600, 86_400)
STAGE_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
# 1 is an estimate that came true; the same factors on both sides of it.
RATIO_BUCKETS = (0.1, 0.25, 0.5, 0.8, 1, 1.25, 2, 4, 10)


@dataclass(frozen=True)
class Histogram:
    """A histogram; *label* names what divides it, "" for one that is whole."""

    help: str
    buckets: tuple[float, ...]
    label: str = ""


@dataclass(frozen=True)
class Counter:
    """A counter divided by *label*; its *known* values are shown from the first scrape on, at 0."""

    help: str
    label: str
    known: tuple[str, ...] = ()


HISTOGRAMS = {
    "export_render_seconds": Histogram("Claim to stored, of completed jobs.", RENDER_BUCKETS_S),
    "export_queue_wait_seconds": Histogram("Submit to first claim.", WAIT_BUCKETS_S),
    "export_stage_seconds": Histogram(
        "Stages of completed jobs inside the renderer page.", STAGE_BUCKETS_S, "stage"
    ),
    "export_estimate_ratio": Histogram(
        "What a drawn job took from its submit on, by what its caller was told it would.",
        RATIO_BUCKETS,
    ),
}
COUNTERS = {
    "export_jobs": Counter(
        "Jobs by how they ended.", "state", ("completed", "failed", "cancelled")
    ),
    # Prometheus sees no increase in a series that begins at 1: what an alert asks for is known.
    "export_errors": Counter(
        "Failed attempts by error code.",
        "code",
        ("storage_unavailable", "storage_denied", "storage_rejected", "storage_local"),
    ),
    "export_submitted": Counter("Accepted jobs by priority.", "priority"),
    "export_refused": Counter("Posters not taken, by reason.", "reason", ("queue_full",)),
    "export_dropped_messages": Counter(
        "Messages dropped that were not ours.", "queue", ("low", "normal", "high")
    ),
    "export_data_losses": Counter("Times Redis was found without its data.", "store", ("redis",)),
    "export_webhook_attempts": Counter("Posts of notices by what came of them.", "outcome"),
    "export_storage_outages": Counter(
        "Times a worker's storage went away or denied it (its state).", "state"
    ),
    "export_reused": Counter("Accepted jobs given the drawing of another.", "drawing"),
}


class Metrics:
    """Count events. A metric that cannot be written is logged and lost: it never fails a job."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    def count(self, name: str, label: str, times: float = 1) -> None:
        """Add *times* to counter *name* for *label* (a state, an error code, a priority)."""
        if name not in COUNTERS:
            raise KeyError(name)
        self._add({f"{name}|{label}": times})

    def counted(self, name: str, label: str) -> float:
        """Return how far counter *name* is for *label*. Raises QueueUnavailable."""
        return float(str(ask(self._redis.hget, KEY, f"{name}|{label}") or 0))

    def observe(self, name: str, value: float) -> None:
        """Put *value* (seconds, or a ratio) into histogram *name*."""
        self._add(_observed(name, "", value))

    def completed(self, render_s: float, wait_s: float, stages_s: Mapping[str, float]) -> None:
        """Put a completed job's seconds into their histograms, in one step."""
        changes = _observed("export_render_seconds", "", render_s)
        changes |= _observed("export_queue_wait_seconds", "", wait_s)
        for stage, seconds in stages_s.items():
            changes |= _observed("export_stage_seconds", stage, seconds)
        self._add(changes)

    def _add(self, changes: dict[str, float]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for field, amount in changes.items():
            pipe.hincrbyfloat(KEY, field, amount)
        try:
            pipe.execute()
        except redis.RedisError as err:
            log.warning("metric lost", fields=list(changes), error=str(err))


def histogram_field(name: str, label: str) -> str:
    """Return what the Redis fields of histogram *name* for *label* begin with."""
    return f"{name}|{label}|" if label else f"{name}|"


def _observed(name: str, label: str, value: float) -> dict[str, float]:
    field = histogram_field(name, label)
    bucket = next((b for b in HISTOGRAMS[name].buckets if value <= b), "+Inf")
    return {f"{field}bucket|{bucket}": 1, f"{field}sum": value}
