"""The names shared by those who send work and those who do it: priorities, queues, the task."""

from enum import StrEnum

RENDER_TASK = "exporter.render_export"


class Priority(StrEnum):
    """A priority is a queue of the same name (docs/adr/0001)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
