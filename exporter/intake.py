"""What of a queue reaches Celery: messages of ours alone.

Celery's main process reads a message outside of any `try`: one that is no JSON, put there by
somebody else, would end it. So what comes out of Redis is looked at before kombu reads it.
"""

from typing import Any

import structlog
from celery import bootsteps

from exporter import messages
from exporter.jobs import connect
from exporter.metrics import Metrics
from exporter.settings import settings

log = structlog.get_logger()


# Celery has no type stubs.
class Intake(bootsteps.StartStopStep):  # type: ignore[misc]
    """Begins anew with each connection to the broker, before the first message is asked for."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._metrics = Metrics(connect(settings()))

    def start(self, consumer: Any) -> None:
        """Look at every answer that brings a message to this connection."""
        client = consumer.task_consumer.channel.client
        client.set_response_callback("BRPOP", self.ours)

    def ours(self, answer: list[bytes] | None, **_: Any) -> tuple[bytes, bytes] | None:
        """Return queue and message of an *answer*; None, as when nothing came, for another's."""
        if not answer:
            return None
        queue, message = answer
        try:
            messages.read(message)
        except messages.NotOurs as err:
            name = queue.decode()
            log.error("message dropped: not ours", queue=name, bytes=len(message), reason=str(err))
            self._metrics.count("export_dropped_messages", name)
            return None
        return queue, message
