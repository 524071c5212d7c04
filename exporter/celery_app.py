"""The Celery application, and the one way a message is sent: a job id, by task name."""

from celery import Celery
from kombu.exceptions import OperationalError

from exporter.errors import QueueUnavailable
from exporter.queues import RENDER_TASK, Priority

app = Celery("exporter", config_source="celeryconfig", set_as_current=True)


def send(job_id: str, priority: Priority) -> None:
    """Send *job_id* to the queue of *priority*. Its record must exist; raises QueueUnavailable."""
    try:
        app.send_task(RENDER_TASK, args=[job_id], queue=priority.value, task_id=job_id)
    except OperationalError as err:
        raise QueueUnavailable(f"broker: {err}") from err
