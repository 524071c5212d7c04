"""API keys in Redis: made and revoked from the command line, checked on each request.

A key is `ca_live_` and 64 hex digits. Redis holds a hash per key under its 16-character prefix:
`record` (JSON with the SHA-256 of the whole key), `revoked_at` and `last_used_at`.
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import redis

from exporter.errors import InvalidSettings, QueueUnavailable
from exporter.jobs import PREFIX
from exporter.settings import Settings
from webapi.errors import Unauthenticated
from webapi.tiers import ApiKey, Tier

KEY = re.compile(r"ca_live_[0-9a-f]{64}")
PREFIX_LENGTH = 16
# One write a minute and key is enough to see which keys are in use.
USE_NOTED_EVERY_S = 60.0
# Compared with when the prefix is unknown, so that the answer takes as long as for a wrong secret.
_NO_DIGEST = hashlib.sha256(b"").hexdigest()


class Keys:
    """The API keys of one Redis."""

    def __init__(self, client: "redis.Redis", now: Callable[[], float] = time.time) -> None:
        self._redis = client
        self._now = now

    def create(self, name: str, tier: Tier, expires_at: float = 0.0) -> str:
        """Make a key and return it whole, for the only time. *expires_at* 0 means never."""
        with _redis_errors():
            while True:
                key = f"ca_live_{secrets.token_hex(32)}"
                record = self._record(key, name, tier, expires_at)
                # 32 bits of prefix do collide one day; an existing key must never be overwritten.
                if self._redis.hsetnx(_place(key), "record", record):
                    return key

    def put(self, key: str, name: str, tier: Tier) -> None:
        """Store a *key* chosen by the caller, over any key with its prefix."""
        if not KEY.fullmatch(key):
            raise ValueError("an API key is ca_live_ and 64 lower-case hex digits")
        with _redis_errors():
            self._redis.hset(_place(key), "record", self._record(key, name, tier, 0.0))
            self._redis.hdel(_place(key), "revoked_at")

    def check(self, key: str) -> ApiKey:
        """Return the key *key* stands for. Raises Unauthenticated, QueueUnavailable."""
        with _redis_errors():
            stored = cast(dict[str, str], self._redis.hgetall(_place(key)))
        digest = json.loads(stored["record"])["sha256"] if stored else _NO_DIGEST
        if not hmac.compare_digest(_digest(key), digest):
            raise Unauthenticated("auth_invalid", "The API key is not known.")
        found = _api_key(key[:PREFIX_LENGTH], stored)
        if found.revoked_at:
            raise Unauthenticated("key_revoked", "The API key was revoked; ask for a new one.")
        if found.expires_at and found.expires_at <= self._now():
            raise Unauthenticated("key_expired", "The API key has expired; ask for a new one.")
        self._note_use(found)
        return found

    def revoke(self, key_id: str) -> bool:
        """Revoke the key with prefix *key_id* from now on; False when there is none."""
        with _redis_errors():
            if not self._redis.hexists(_place(key_id), "record"):
                return False
            self._redis.hset(_place(key_id), "revoked_at", str(self._now()))
            return True

    def list(self) -> list[ApiKey]:
        """Return all keys, oldest first."""
        with _redis_errors():
            places = list(self._redis.scan_iter(f"{PREFIX}apikey:*", count=1000))
            keys = [
                _api_key(place.rsplit(":", 1)[1], cast(dict[str, str], self._redis.hgetall(place)))
                for place in cast(list[str], places)
            ]
        return sorted(keys, key=lambda key: key.created_at)

    def _record(self, key: str, name: str, tier: Tier, expires_at: float) -> str:
        created = {"created_at": self._now(), "expires_at": expires_at}
        return json.dumps({"name": name, "tier": tier.value, "sha256": _digest(key), **created})

    def _note_use(self, key: ApiKey) -> None:
        if self._now() - key.last_used_at >= USE_NOTED_EVERY_S:
            with _redis_errors():
                self._redis.hset(_place(key.key_id), "last_used_at", str(self._now()))


def is_metrics_key(key: str, settings: Settings) -> bool:
    """Tell whether *key* is that of the settings for the metrics, without asking Redis."""
    own = settings.metrics_key
    return bool(own) and hmac.compare_digest(key, own)


def check_metrics_key(settings: Settings) -> None:
    """Raise InvalidSettings for a metrics key that no request could bring."""
    if settings.metrics_key and not KEY.fullmatch(settings.metrics_key):
        raise InvalidSettings(
            "EXPORT_METRICS_KEY must be ca_live_ and 64 lower-case hex digits; make one with "
            "echo ca_live_$(openssl rand -hex 32)"
        )


def ensure_dev_key(client: "redis.Redis", key: str) -> None:
    """Store *key* as the development key: any priority, no expiry. For `make run`."""
    Keys(client).put(key, "development", Tier.INTERNAL)


def _digest(key: str) -> str:
    # The secret is 256 random bits: nobody guesses it, so a slow hash would only cost time.
    return hashlib.sha256(key.encode()).hexdigest()


def _place(key: str) -> str:
    return f"{PREFIX}apikey:{key[:PREFIX_LENGTH]}"


def _api_key(key_id: str, stored: dict[str, str]) -> ApiKey:
    record = json.loads(stored["record"])
    return ApiKey(
        key_id=key_id,
        name=record["name"],
        tier=Tier(record["tier"]),
        created_at=record["created_at"],
        expires_at=record["expires_at"],
        revoked_at=float(stored.get("revoked_at", 0)),
        last_used_at=float(stored.get("last_used_at", 0)),
    )


@contextmanager
def _redis_errors() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as err:
        raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err
