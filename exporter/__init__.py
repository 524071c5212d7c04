"""The export service: jobs in Redis, workers with warm browsers, posters out to storage."""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # `celery -A exporter` looks for `app` here; loading it lazily keeps every other import of
    # this package free of Celery.
    if name == "app":
        from exporter.celery_app import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
