"""`flask --app webapi keys create | list | revoke`: who may use the API, from the command line."""

import re
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from webapi.context import services
from webapi.tiers import PRIORITIES, Tier

group = AppGroup("keys", help="Make, list and revoke API keys.")
_DAYS = re.compile(r"(\d{1,5})d")


@group.command("create")
@click.option("--name", required=True, help="Whose key it is (1-50 characters).")
@click.option("--tier", type=click.Choice(list(Tier)), default=Tier.FREE.value, show_default=True)
@click.option("--expires", default="", help="Last day (2027-01-31, UTC) or days from now (90d).")
def create(name: str, tier: str, expires: str) -> None:
    """Make a key and show it, once."""
    if not 1 <= len(name) <= 50:
        raise click.BadParameter("must be 1-50 characters", param_hint="--name")
    key = services().keys.create(name, Tier(tier), _expiry(expires, datetime.now(UTC)))
    click.echo(key)
    click.echo("Keep it now: it is stored hashed and cannot be shown again.", err=True)


@group.command("list")
def list_() -> None:
    """Show all keys by prefix, without their secrets."""
    for key in services().keys.list():
        state = "revoked" if key.revoked_at else _day("until", key.expires_at) or "active"
        used = _day("used", key.last_used_at) or "never used"
        priorities = ",".join(PRIORITIES[key.tier])
        click.echo("\t".join((key.key_id, key.tier, priorities, state, used, key.name)))


@group.command("revoke")
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Revoke the key with PREFIX (its first 16 characters) at once."""
    if len(prefix) != 16 or not services().keys.revoke(prefix):
        raise click.ClickException(f"there is no key with the prefix {prefix[:16]!r}")
    click.echo(f"{prefix} is revoked")


def _expiry(text: str, now: datetime) -> float:
    if not text:
        return 0.0
    if days := _DAYS.fullmatch(text):
        return (now + timedelta(days=int(days[1]))).timestamp()
    try:
        last_day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as err:
        raise click.BadParameter("must be like 2027-01-31 or 90d", param_hint="--expires") from err
    return (last_day + timedelta(days=1)).timestamp()


def _day(label: str, time: float) -> str:
    return f"{label} {datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}" if time else ""
