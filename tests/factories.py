"""Values for tests, made with as few words as the test needs."""

import uuid
from typing import Any

from exporter.poster import Location, PosterConfig, PosterJob, Resolution
from exporter.settings import Settings
from webapi.sizes import Limits
from webapi.tiers import Tier, limits_of

ASTANA = (71.43, 51.145)


def poster_job(**given: Any) -> PosterJob:
    """A job for a small poster of Astana; any field of PosterJob may be given."""
    defaults: dict[str, Any] = {
        "job_id": str(uuid.uuid4()),
        "key_id": "ca_live_00000000",
        "config": PosterConfig(Location(ASTANA, name="Astana", city="Kazakhstan", zoom=12.8)),
        "resolution": Resolution(400, 600),
    }
    return PosterJob(**{**defaults, **given})


def limits() -> Limits:
    """What a key of the lowest tier may ask for."""
    return limits_of(Tier.FREE, Settings())
