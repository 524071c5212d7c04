"""The metrics of the whole service as Prometheus text, read from Redis at the moment of the scrape.

Counters are those of `exporter/metrics.py`; queues and jobs are counted where they are, and what
workers tell of themselves is theirs for 30 s (`exporter/presence.py`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

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
from exporter.messages import job_id
from exporter.metrics import COUNTERS, HISTOGRAMS, KEY, Counter, Histogram, histogram_field
from exporter.outbox import Outbox
from exporter.presence import WorkerState, workers
from exporter.queues import Priority

log = structlog.get_logger()

# States of jobs that have not ended; each is also the name of the sorted set that holds them.
_OPEN = ("queued", "retrying", "running")
_GAUGES = (
    ("export_memory_bytes", "Memory (PSS) of a worker's browsers.", "memory_bytes"),
    ("export_memory_limit_bytes", "Memory a worker may use.", "memory_limit_bytes"),
    ("export_cpu_cores", "Cores' worth of CPU time a worker may use.", "cores"),
    ("export_pool_min_browsers", "Browsers a worker is to keep warm.", "min_browsers"),
    ("export_parked_jobs", "Drawn posters a worker keeps for its storage.", "parked"),
    ("export_parked_bytes", "What they take on its disk.", "parked_bytes"),
    (
        "export_parked_limit_jobs",
        "Drawn posters it may keep; then it draws none.",
        "parked_max_jobs",
    ),
    ("export_parked_limit_bytes", "The same in bytes.", "parked_max_bytes"),
)
_TOTALS = (
    (
        "export_browser_changes",
        "Browsers started, lost and retired by a worker.",
        "change",
        {"started": "started", "crashed": "crashed", "retired": "retired"},
    ),
    (
        "export_cache_answers",
        "Fetches of tiles and other resources by what the HTTP cache had.",
        "outcome",
        {"hit": "cache_hits", "miss": "cache_misses"},
    ),
)


def exposition(client: "redis.Redis") -> bytes:
    """Return the service's Prometheus text; only `export_redis_up 0` when Redis is away."""
    registry = CollectorRegistry()
    registry.register(_Snapshot(client))
    return generate_latest(registry)


class _Snapshot:
    """A collector that reads everything from Redis."""

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
        yield from self._queues()
        yield from self._jobs()
        yield from self._webhooks()
        yield from _of_workers(workers(self._redis))
        values = {str(k): float(v) for k, v in self._redis.hgetall(KEY).items()}
        for name, histogram in HISTOGRAMS.items():
            yield _histogram(name, histogram, values)
        for name, counter in COUNTERS.items():
            yield _counter(name, counter, values)

    def _queues(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily(
            "export_queue_depth",
            "Messages waiting, and jobs in the retry schedule.",
            labels=["queue"],
        )
        oldest = GaugeMetricFamily(
            "export_queue_oldest_seconds",
            "Age of the job at the head of the queue; 0 for an empty one.",
            labels=["queue"],
        )
        for priority in Priority:
            depth.add_metric([priority.value], self._redis.llen(priority.value))
            oldest.add_metric([priority.value], self._oldest_s(priority))
        depth.add_metric(["retry"], self._redis.zcard(f"{PREFIX}retrying"))
        yield depth
        yield oldest

    def _oldest_s(self, priority: Priority) -> float:
        head = cast(str | None, self._redis.lindex(priority.value, -1))
        if head is None:
            return 0.0
        created = self._redis.hget(f"{PREFIX}job:{job_id(head)}", "created_at")
        if created is None:
            return 0.0
        # Records carry Redis' time.
        seconds, micros = self._redis.time()
        return max(0.0, seconds + micros / 1e6 - float(created) / 1000)

    def _jobs(self) -> Iterator[Metric]:
        counts = {state: self._redis.zcard(f"{PREFIX}{state}") for state in _OPEN}
        jobs = GaugeMetricFamily("export_open_jobs", "Jobs not ended, by state.", labels=["state"])
        for state, count in counts.items():
            jobs.add_metric([state], count)
        yield jobs
        running = GaugeMetricFamily("export_jobs_running", "Jobs being drawn.")
        running.add_metric([], counts["running"])
        yield running
        dead = GaugeMetricFamily(
            "export_dead_letters", "Jobs that ended as worker_crashed and are kept."
        )
        dead.add_metric([], self._redis.zcard(f"{PREFIX}dead"))
        yield dead

    def _webhooks(self) -> Iterator[Metric]:
        waiting, late_s = Outbox(self._redis).backlog()
        backlog = GaugeMetricFamily(
            "export_webhook_backlog", "Notices not told yet, those of later attempts included."
        )
        backlog.add_metric([], waiting)
        yield backlog
        late = GaugeMetricFamily(
            "export_webhook_late_seconds", "How long the most overdue notice has been due."
        )
        late.add_metric([], late_s)
        yield late


def _of_workers(states: list[WorkerState]) -> Iterator[Metric]:
    """What each worker last told of itself; its totals begin at 0 with its process."""
    alive = GaugeMetricFamily("export_workers", "Worker processes heard of within 30 s.")
    alive.add_metric([], len(states))
    yield alive
    browsers = GaugeMetricFamily(
        "export_pool_browsers", "Browsers by worker and state.", labels=["worker", "state"]
    )
    for state in states:
        browsers.add_metric([state.worker, "busy"], state.busy)
        browsers.add_metric([state.worker, "idle"], state.browsers - state.busy)
    yield browsers
    for name, told, field in _GAUGES:
        gauge = GaugeMetricFamily(name, told, labels=["worker"])
        for state in states:
            gauge.add_metric([state.worker], getattr(state, field))
        yield gauge
    storage = GaugeMetricFamily(
        "export_storage_state",
        "How a worker found its storage: well, away or denied.",
        labels=["worker", "state"],
    )
    for state in states:
        storage.add_metric([state.worker, state.storage], 1)
    yield storage
    renderer = GaugeMetricFamily(
        "export_gl_renderer", "What a worker draws with.", labels=["worker", "renderer"]
    )
    for state in states:
        renderer.add_metric([state.worker, state.renderer], 1)
    yield renderer
    cpu = CounterMetricFamily(
        "export_cpu_seconds", "CPU time of a worker process and its browsers.", labels=["worker"]
    )
    for state in states:
        cpu.add_metric([state.worker], state.cpu_seconds)
    yield cpu
    for name, told, label, kept in _TOTALS:
        total = CounterMetricFamily(name, told, labels=["worker", label])
        for state in states:
            for word, field in kept.items():
                total.add_metric([state.worker, word], getattr(state, field))
        yield total


def _counter(name: str, counter: Counter, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, counter.help, labels=[counter.label])
    counted = dict.fromkeys(counter.known, 0.0)
    for field, value in sorted(values.items()):
        if field.startswith(f"{name}|"):
            counted[field.split("|", 1)[1]] = value
    for word, value in counted.items():
        family.add_metric([word], value)
    return family


def _histogram(name: str, histogram: Histogram, values: Mapping[str, float]) -> Metric:
    family = HistogramMetricFamily(
        name, histogram.help, labels=[histogram.label] if histogram.label else []
    )
    for label in _labels(name, histogram, values):
        field = histogram_field(name, label)
        total = 0.0
        buckets = []
        for bound in (*histogram.buckets, "+Inf"):
            total += values.get(f"{field}bucket|{bound}", 0.0)
            buckets.append((str(bound), total))
        family.add_metric(
            [label] if label else [], buckets=buckets, sum_value=values.get(f"{field}sum", 0.0)
        )
    return family


def _labels(name: str, histogram: Histogram, values: Mapping[str, float]) -> list[str]:
    if not histogram.label:
        return [""]
    seen = {field.split("|")[1] for field in values if field.startswith(f"{name}|")}
    return sorted(seen)
