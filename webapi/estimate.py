"""How long a new job will probably take: what waits before it, times a mean render, by workers."""

import math
import time
from collections.abc import Callable
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
# To find the workers Redis looks at all its keys, those of jobs too. They hardly change within it.
PACE_KNOWN_S = 2.0
# Of a full queue a few places are to be free when somebody who was refused comes back: many were.
PLACES = 10
SOONEST_S, LATEST_S = 5, 600
_AHEAD = {
    Priority.HIGH: (Priority.HIGH,),
    Priority.NORMAL: (Priority.HIGH, Priority.NORMAL),
    Priority.LOW: tuple(Priority),
}


class Estimate:
    """What one process of the API tells callers; it may be shared between threads."""

    def __init__(self, client: "redis.Redis", now: Callable[[], float] = time.monotonic) -> None:
        self._redis = client
        self._now = now
        # A mean render, that by the number of workers, and when both were found out.
        self._pace = (FIRST_RENDER_S, FIRST_RENDER_S, -PACE_KNOWN_S)

    def seconds(self, priority: Priority) -> int:
        """Return whole seconds until a job of *priority*, just sent, is probably done.

        An estimate is no reason to fail a job that is already accepted: without Redis it is the
        time of one render.
        """
        try:
            pipe = self._redis.pipeline(transaction=False)
            for queue in _AHEAD[priority]:
                pipe.llen(queue.value)
            pipe.zcard(f"{PREFIX}running")
            *queued, running = cast(list[int], pipe.execute())
            render_s, each_s = self._known_pace()
            # The job's own message is among those waiting.
            return math.ceil(render_s + each_s * (max(sum(queued) - 1, 0) + running))
        except (redis.RedisError, QueueUnavailable) as err:
            log.warning("no estimate", error=str(err))
            return math.ceil(FIRST_RENDER_S)

    def room_s(self, surplus: int) -> int:
        """Return whole seconds until a few places of a full queue are probably free.

        *surplus*: how many jobs wait beyond as many as may. Without Redis it is the shortest time.
        """
        try:
            _, each_s = self._known_pace()
        except (redis.RedisError, QueueUnavailable) as err:
            log.warning("no estimate", error=str(err))
            return SOONEST_S
        return max(SOONEST_S, min(LATEST_S, math.ceil(each_s * (surplus + PLACES))))

    def _known_pace(self) -> tuple[float, float]:
        """Return the mean render, and that by the number of workers."""
        render_s, each_s, since = self._pace
        if self._now() - since >= PACE_KNOWN_S:
            render_s = _mean_render_s(self._redis)
            each_s = render_s / max(len(workers(self._redis)), 1)
            self._pace = (render_s, each_s, self._now())
        return render_s, each_s


def _mean_render_s(client: "redis.Redis") -> float:
    name = "export_render_seconds"
    values = cast(dict[str, str], client.hgetall(metrics.KEY))
    count = sum(float(v) for k, v in values.items() if k.startswith(f"{name}|bucket|"))
    return float(values[f"{name}|sum"]) / count if count else FIRST_RENDER_S
