"""The population tiles of this installation, chosen by `POPULATION_URL`: how many live where.

Stands between exporter/tiles.py and exporter/gateway.py. Vector tiles with a layer `stats` whose
areas have a number `population`, which static_renderer/shared-styles draws.
"""

from dataclasses import replace

from yarl import URL

from exporter.egress import Egress
from exporter.settings import Settings
from exporter.tile_kinds import POPULATION
from exporter.tiles import open_source
from exporter.vector_tiles import TileSource


def open_population(settings: Settings, egress: Egress) -> TileSource | None:
    """Return the source `POPULATION_URL` names, None when it is empty. Raises InvalidSettings."""
    url = settings.population_url
    if not url:
        return None
    return open_source(url, replace(POPULATION, credit=_credit_of(url)), settings, egress)


def _credit_of(url: str) -> str:
    """Return what stands in for the credit of a source that tells none."""
    return f"Population: {URL(url).host}" if url.startswith("http") else ""
