"""`flask --app webapi keys create | list | revoke`: who may use the API, from the command line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from exporter.errors import ExportError
from webapi.context import services
from webapi.keys import PREFIX_LENGTH
from webapi.tiers import PRIORITIES, Tier

group = AppGroup("keys", help="Make, list and revoke API keys.")
# Of an enum's members, click would take the names.
_TIERS = [tier.value for tier in Tier]
_DAYS = re.compile(r"\d{1,5}d")


@group.command("create")
@click.option("--name", required=True, help="Whose key it is (1-50 characters).")
@click.option("--tier", type=click.Choice(_TIERS), default="free", show_default=True)
@click.option("--expires", default="", help="Last day (2027-01-31, UTC) or days from now (90d).")
def create(name: str, tier: str, expires: str) -> None:
    """Make a key and show it, once."""
    if not 1 <= len(name) <= 50 or not name.isprintable():
        raise click.BadParameter("must be 1-50 printable characters", param_hint="--name")
    with _told():
        key = services().keys.create(name, Tier(tier), expiry(expires, datetime.now(UTC)))
    click.echo(key)
    click.echo("Keep it now: it is stored hashed and cannot be shown again.", err=True)


@group.command("list")
def list_() -> None:
    """Show all keys by prefix, without their secrets."""
    with _told():
        keys = services().keys.list()
    for key in keys:
        state = "revoked" if key.revoked_at else _day("until", key.expires_at) or "active"
        used = _day("used", key.last_used_at) or "never used"
        priorities = ",".join(PRIORITIES[key.tier])
        click.echo("\t".join((key.key_id, key.tier, priorities, state, used, key.name)))


@group.command("revoke")
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Revoke the key with PREFIX (its first 16 characters) at once."""
    with _told():
        known = len(prefix) == PREFIX_LENGTH and services().keys.revoke(prefix)
    if not known:
        raise click.ClickException(f"there is no key with the prefix {prefix[:PREFIX_LENGTH]!r}")
    click.echo(f"{prefix} is revoked")


def expiry(text: str, now: datetime) -> float:
    """Return the moment a key given *text* ends, in epoch seconds; 0.0, never, without a text."""
    if not text:
        return 0.0
    try:
        if _DAYS.fullmatch(text):
            ends = now + timedelta(days=int(text[:-1]))
        else:
            last_day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            ends = last_day + timedelta(days=1)
    except (ValueError, OverflowError) as err:
        raise click.BadParameter("must be like 2027-01-31 or 90d", param_hint="--expires") from err
    if ends <= now:
        raise click.BadParameter(f"{text} has passed already", param_hint="--expires")
    return ends.timestamp()


def _day(label: str, time: float) -> str:
    return f"{label} {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}" if time else ""


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong in a sentence instead of a traceback."""
    try:
        yield
    except ExportError as err:
        raise click.ClickException(str(err)) from err
