"""What a caller can be told by a webhook, and where: the `webhook` of a request."""

from dataclasses import dataclass
from enum import StrEnum

from yarl import URL


class Event(StrEnum):
    """How a job ended; the `type` of what is sent."""

    COMPLETED = "job.completed"
    FAILED = "job.failed"
    CANCELLED = "job.cancelled"


@dataclass(frozen=True)
class Webhook:
    """Where to tell which endings. *secret* is `whsec_` and base64; empty: the API key's own."""

    url: str
    events: tuple[Event, ...] = tuple(Event)
    secret: str = ""

    @property
    def host(self) -> str:
        """The receiver as `host:port`; so many at once are sent to one of them, and no more."""
        url = URL(self.url)
        return f"{url.raw_host}:{url.port}"
