"""The web API: takes posters to be made, tells how they stand, serves styles and health."""

from webapi.app import create_app

__all__ = ["create_app"]
