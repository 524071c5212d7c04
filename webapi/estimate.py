"""How long a new job will probably take: what waits before it, times a mean render, by workers."""

import math
from typing import cast

import redis
import structlog

from exporter import metrics
from exporter.errors import QueueUnavailable
from exporter.jobs import PREFIX
from exporter.presence import workers
from exporter.queues import Priority

log = structlog.get_logger()

# A warm 2400 x 3600 poster takes 2-3 s; a service that has drawn none yet is cold.
FIRST_RENDER_S = 5.0
_AHEAD = {
    Priority.HIGH: (Priority.HIGH,),
    Priority.NORMAL: (Priority.HIGH, Priority.NORMAL),
    Priority.LOW: tuple(Priority),
}


def estimated_time_s(client: "redis.Redis", priority: Priority) -> int:
    """Return whole seconds until a job of *priority*, just sent, is probably done.

    An estimate is no reason to fail a job that is already accepted: without Redis it is the
    time of one render.
    """
    try:
        # The job's own message is among those waiting.
        ahead = sum(client.llen(queue.value) for queue in _AHEAD[priority]) - 1
        jobs = max(ahead, 0) + client.zcard(f"{PREFIX}running")
        return math.ceil(_mean_render_s(client) * (1 + jobs / max(len(workers(client)), 1)))
    except (redis.RedisError, QueueUnavailable) as err:
        log.warning("no estimate", error=str(err))
        return math.ceil(FIRST_RENDER_S)


def _mean_render_s(client: "redis.Redis") -> float:
    name = "export_render_seconds"
    values = cast(dict[str, str], client.hgetall(metrics.KEY))
    count = sum(float(v) for k, v in values.items() if k.startswith(f"{name}|bucket|"))
    return float(values[f"{name}|sum"]) / count if count else FIRST_RENDER_S
