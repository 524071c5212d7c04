"""Counters and histograms of the whole service, kept in Redis and shown as Prometheus text.

They are counted in one Redis hash, not in each process, so that one scrape of any API process is
the merged truth over all API and worker processes on all hosts, and a dead process takes nothing
with it (docs/adr/0006).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import redis
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from exporter.errors import QueueUnavailable
from exporter.jobs import PREFIX
from exporter.presence import workers
from exporter.queues import Priority

KEY = f"{PREFIX}metrics"
log = structlog.get_logger()

# A warm 2400 x 3600 poster takes 2-3 s, a large one a minute, and 900 s is the longest timeout.
RENDER_BUCKETS_S = (0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300, 900)
WAIT_BUCKETS_S = (0.1, 0.5, 1, 5, 15, 30, 60, 300, 900, 3600, 86_400)


@dataclass(frozen=True)
class _Histogram:
    help: str
    buckets: tuple[float, ...]


@dataclass(frozen=True)
class _Counter:
    help: str
    label: str


_HISTOGRAMS = {
    "export_render_seconds": _Histogram("Claim to stored, of completed jobs.", RENDER_BUCKETS_S),
    "export_queue_wait_seconds": _Histogram("Submit to first claim.", WAIT_BUCKETS_S),
}
_COUNTERS = {
    "export_jobs": _Counter("Jobs by how they ended.", "state"),
    "export_errors": _Counter("Failed attempts by error code.", "code"),
    "export_submitted": _Counter("Accepted jobs by priority.", "priority"),
}


class Metrics:
    """Count events. A metric that cannot be written is logged and lost: it never fails a job."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    def count(self, name: str, label: str) -> None:
        """Add one to counter *name* for *label* (a state, an error code, a priority)."""
        if name not in _COUNTERS:
            raise KeyError(name)
        self._add({f"{name}|{label}": 1})

    def observe(self, name: str, seconds: float) -> None:
        """Put *seconds* into histogram *name*."""
        bucket = next((b for b in _HISTOGRAMS[name].buckets if seconds <= b), "+Inf")
        self._add({f"{name}|bucket|{bucket}": 1, f"{name}|sum": seconds})

    def _add(self, changes: dict[str, float]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for field, amount in changes.items():
            pipe.hincrbyfloat(KEY, field, amount)
        try:
            pipe.execute()
        except redis.RedisError as err:
            log.warning("metric lost", fields=list(changes), error=str(err))


def exposition(client: "redis.Redis") -> bytes:
    """Return the service's Prometheus text; only `export_redis_up 0` when Redis is away."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(client))
    return generate_latest(registry)


class _Snapshot:
    """A collector that reads everything from Redis at the moment of the scrape."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("export_redis_up", "1 when Redis answered this scrape.")
        try:
            metrics = list(self._from_redis())
            up.add_metric([], 1)
        except (redis.RedisError, QueueUnavailable) as err:
            log.warning("metrics unavailable", error=str(err))
            metrics = []
            up.add_metric([], 0)
        return [up, *metrics]

    def _from_redis(self) -> Iterator[Metric]:
        values = {str(k): float(v) for k, v in self._redis.hgetall(KEY).items()}
        yield from self._queues()
        yield from self._pool()
        for name, histogram in _HISTOGRAMS.items():
            yield _histogram(name, histogram, values)
        for name, counter in _COUNTERS.items():
            family = CounterMetricFamily(name, counter.help, labels=[counter.label])
            for field, value in sorted(values.items()):
                if field.startswith(f"{name}|"):
                    family.add_metric([field.split("|", 1)[1]], value)
            yield family

    def _queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily(
            "export_queue_depth",
            "Messages waiting, and jobs in the retry schedule.",
            labels=["queue"],
        )
        for priority in Priority:
            depth.add_metric([priority.value], self._redis.llen(priority.value))
        depth.add_metric(["retry"], self._redis.zcard(f"{PREFIX}retrying"))
        yield depth
        running = GaugeMetricFamily("export_jobs_running", "Jobs being drawn.")
        running.add_metric([], self._redis.zcard(f"{PREFIX}running"))
        yield running

    def _pool(self) -> Iterator[Metric]:
        states = workers(self._redis)
        alive = GaugeMetricFamily("export_workers", "Worker processes heard of within 30 s.")
        alive.add_metric([], len(states))
        yield alive
        browsers = GaugeMetricFamily(
            "export_pool_browsers", "Browsers by worker and state.", labels=["worker", "state"]
        )
        memory = GaugeMetricFamily(
            "export_memory_bytes", "Memory (PSS) of a worker's browsers.", labels=["worker"]
        )
        for state in states:
            browsers.add_metric([state.worker, "busy"], state.busy)
            browsers.add_metric([state.worker, "idle"], state.browsers - state.busy)
            memory.add_metric([state.worker], state.memory_bytes)
        yield browsers
        yield memory


def _histogram(name: str, histogram: _Histogram, values: dict[str, float]) -> Metric:
    family = HistogramMetricFamily(name, histogram.help)
    total = 0.0
    buckets = []
    for bound in (*histogram.buckets, "+Inf"):
        total += values.get(f"{name}|bucket|{bound}", 0.0)
        buckets.append((str(bound), total))
    family.add_metric([], buckets=buckets, sum_value=values.get(f"{name}|sum", 0.0))
    return family
