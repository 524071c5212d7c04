"""Who may ask for what: the tiers of API keys, and a key as the rest of the API sees it."""

from dataclasses import dataclass
from enum import StrEnum

from exporter.queues import Priority
from exporter.settings import Settings
from webapi.sizes import Limits


class Tier(StrEnum):
    FREE = "free"
    MAKER = "maker"
    PRO = "pro"
    ENTERPRISE = "enterprise"
    INTERNAL = "internal"


_MODEST = (Priority.LOW, Priority.NORMAL)
PRIORITIES: dict[Tier, tuple[Priority, ...]] = {
    Tier.FREE: _MODEST,
    Tier.MAKER: _MODEST,
    Tier.PRO: tuple(Priority),
    Tier.ENTERPRISE: tuple(Priority),
    Tier.INTERNAL: tuple(Priority),
}

# Who may ask for posters of several square metres.
_LARGE = frozenset({Tier.PRO, Tier.ENTERPRISE, Tier.INTERNAL})


def limits_of(tier: Tier, settings: Settings) -> Limits:
    """Return how large a poster a key of *tier* may ask for."""
    side_px, area_px = settings.max_side_px, settings.max_area_px
    if tier in _LARGE:
        side_px, area_px = settings.large_max_side_px, settings.large_max_area_px
    return Limits(side_px, area_px, settings.piece_px, whom=f"a key of tier {tier}")


def most_waiting(tier: Tier, settings: Settings) -> int:
    """Return how many jobs may wait when a key of *tier* asks for one more."""
    if tier is Tier.FREE:
        return min(settings.queue_limit_free, settings.queue_limit)
    return settings.queue_limit


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret. `key_id` is its public prefix; times in epoch seconds, 0 = none."""

    key_id: str
    name: str
    tier: Tier
    created_at: float
    expires_at: float = 0.0
    revoked_at: float = 0.0
    last_used_at: float = 0.0
