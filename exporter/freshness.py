"""How long an HTTP answer may be used again, or is to be waited for; pure rules.

Source: RFC 9111, for a shared cache that sends no credentials, and RFC 9110 for `Retry-After`.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

# An answer that says nothing: tiles change weekly at most, so an hour is safe and still spares
# the host nearly every repeat.
DEFAULT_S = 3600.0
# A missing tile may appear at the source's next update; 5 minutes covers one job and its retries.
MISSING_S = 300.0

FOUND = frozenset({200, 204})
MISSING = frozenset({404, 410})

_DIRECTIVE = re.compile(r"([a-z-]+)(?:\s*=\s*\"?([^\",]*)\"?)?")


def fresh_until(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Return the unix time until which the answer is fresh, or None when it must not be stored.

    *headers* must look names up without regard to case; *now* is the unix time of the answer.
    """
    rules = dict(_DIRECTIVE.findall(headers.get("Cache-Control", "").lower()))
    if status not in FOUND | MISSING or "no-store" in rules or "private" in rules:
        return None
    if "no-cache" in rules:
        return now
    life_s = _stated_life_s(rules, headers)
    if status in MISSING:
        return now + min(MISSING_S, MISSING_S if life_s is None else life_s)
    return now + (DEFAULT_S if life_s is None else life_s)


def retry_after_s(headers: Mapping[str, str], now: float) -> float:
    """Return for how long the sender of *headers* wants to be left alone, 0 when it does not say.

    *headers* must look names up without regard to case; *now* is the unix time.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _seconds(text)
    if seconds is None:
        seconds = (http_date(text) or 0.0) - now
    return max(0.0, seconds)


def http_date(text: str) -> float | None:
    """Return an HTTP date as unix time, None when it cannot be read."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):  # the latter for a year of many digits
        return None


def _stated_life_s(rules: Mapping[str, str], headers: Mapping[str, str]) -> float | None:
    age_s = _seconds(headers.get("Age", "")) or 0.0
    for name in ("s-maxage", "max-age"):
        if name in rules:
            # An unreadable max-age counts as stale (RFC 9111 section 4.2.1).
            return max(0.0, (_seconds(rules[name]) or 0.0) - age_s)
    if "Expires" in headers:
        expires, date = http_date(headers["Expires"]), http_date(headers.get("Date", ""))
        return max(0.0, expires - date) if expires is not None and date is not None else 0.0
    return None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None
