"""The web API: takes posters to be made, tells how they stand, serves styles, health and metrics."""

from webapi.app import create_app

__all__ = ["create_app"]
