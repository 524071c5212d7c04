"""Who may ask for what: the tiers of API keys, and a key as the rest of the API sees it."""

from dataclasses import dataclass
from enum import StrEnum

from exporter.queues import Priority


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
