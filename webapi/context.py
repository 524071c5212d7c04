"""What a view has at hand: the services of this process, and the key of this request."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar, cast, runtime_checkable

import redis
from flask import current_app, g

from exporter import celery_app
from exporter.events import Webhook
from exporter.jobs import API_SOCKET_TIMEOUT_S, JobRecord, Jobs, Likeness, Once, Submitted, connect
from exporter.metrics import Metrics
from exporter.outbox import Outbox
from exporter.poster import PosterJob
from exporter.queues import Priority
from exporter.settings import Settings
from exporter.storage import open_storage
from webapi.catalogue import Catalogue
from webapi.estimate import Estimate
from webapi.keys import Keys
from webapi.likeness import drawn_by
from webapi.tiers import ApiKey

View = TypeVar("View", bound=Callable[..., object])
Send = Callable[[str, Priority], None]


class JobStore(Protocol):
    """What the API needs of `exporter.jobs.Jobs`."""

    def submit(
        self,
        job: PosterJob,
        *,
        once: Once | None = None,
        webhook: Webhook | None = None,
        likeness: Likeness | None = None,
        most_waiting: int | None = None,
    ) -> Submitted: ...
    def get(self, job_id: str) -> JobRecord: ...
    def estimated(self, job_id: str, seconds: float) -> None: ...
    def cancel(self, job_id: str) -> None: ...


class Store(Protocol):
    """What the API needs of a storage."""

    def url(self, key: str) -> str: ...
    def check(self) -> None: ...


@runtime_checkable
class SignedFiles(Protocol):
    """A storage whose links lead here."""

    def verify(self, key: str, expires: str, signature: str) -> bool: ...
    def path(self, key: str) -> Path: ...


class Services:
    """Clients and settings, made when first used, so that each process after a fork has its own."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        *,
        client: "redis.Redis | None" = None,
        jobs: JobStore | None = None,
        storage: Store | None = None,
        send: Send | None = None,
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.drawn_by = drawn_by(settings, catalogue)
        self.send: Send = send or celery_app.send
        self._client = client
        self._jobs = jobs
        self._storage = storage

    @cached_property
    def redis(self) -> "redis.Redis":
        return self._client or connect(self.settings, API_SOCKET_TIMEOUT_S)

    @cached_property
    def jobs(self) -> JobStore:
        return self._jobs or Jobs(self.redis, self.settings)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.redis)

    @cached_property
    def estimate(self) -> Estimate:
        return Estimate(self.redis)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self.redis)

    @cached_property
    def metrics(self) -> Metrics:
        return Metrics(self.redis)

    @cached_property
    def storage(self) -> Store:
        return self._storage or open_storage(self.settings)


def services() -> Services:
    return cast(Services, current_app.extensions["poster-exporter"])


def current_key() -> ApiKey:
    """Return the key of this request; only views that are not `public` have one."""
    return cast(ApiKey, g.api_key)


def public(view: View) -> View:
    """Mark *view* as open to everyone; any other needs a key."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def opened_by_metrics_key(view: View) -> View:
    """Mark *view* as one that the metrics key of the settings opens, too: it holds no job."""
    view.takes_metrics_key = True  # type: ignore[attr-defined]
    return view


def parameters(*names: str) -> Callable[[View], View]:
    """Name the query parameters *view* takes; by default it takes none."""

    def mark(view: View) -> View:
        view.parameters = frozenset(names)  # type: ignore[attr-defined]
        return view

    return mark
