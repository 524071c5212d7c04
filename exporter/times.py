"""Times as they are told to callers: RFC 3339 in UTC, with milliseconds."""

from datetime import UTC, datetime


def rfc3339(seconds: float) -> str:
    """Return *seconds* since the epoch like `2027-01-15T08:00:00.250Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
