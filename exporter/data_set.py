"""Whether Redis still has what was written to it: after a start without its data it says so.

A key with a random word stands for the data; each worker process remembers it and looks for it.
"""

import secrets

import redis
import structlog

from exporter.metrics import Metrics
from exporter.scripts import PREFIX, ask

KEY = f"{PREFIX}data-set"
LOOK_EVERY_S = 5.0
LOSSES = "export_data_losses"
log = structlog.get_logger()


class DataSet:
    """What one process remembers of it."""

    def __init__(self, client: "redis.Redis", metrics: Metrics) -> None:
        self._redis = client
        self._metrics = metrics
        self._known = ""
        # The counter goes with the data, and a second loss must not look like the first.
        self._losses = 0.0

    def look(self) -> None:
        """Say it loudly, once, when the data is gone. Raises QueueUnavailable.

        Of several processes the first one counts the loss; the others log it, too.
        """
        fresh = secrets.token_hex(8)
        first = bool(ask(self._redis.set, KEY, fresh, nx=True))
        word = fresh if first else str(ask(self._redis.get, KEY))
        if self._known and word != self._known:
            log.critical(
                "Redis lost its data: accepted jobs, API keys and webhooks of before are gone",
                data_set=word,
                before=self._known,
            )
            if first:
                self._metrics.count(LOSSES, "redis", self._losses + 1)
        self._known = word
        self._losses = self._metrics.counted(LOSSES, "redis")
