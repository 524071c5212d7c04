"""When a key made on the command line expires."""

from datetime import UTC, datetime

import click
import pytest

from webapi.keys_cli import expiry

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


def test_without_a_word_a_key_never_expires():
    assert expiry("", NOW) == 0.0


def test_days_count_from_now():
    assert expiry("90d", NOW) == datetime(2027, 4, 10, 12, tzinfo=UTC).timestamp()


def test_a_last_day_is_used_to_its_end():
    assert expiry("2027-01-10", NOW) == datetime(2027, 1, 11, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["soon", "90", "-5d", "2027-13-01", "9999-12-31", "99999999d"])
def test_anything_else_is_refused(text):
    with pytest.raises(click.BadParameter):
        expiry(text, NOW)


@pytest.mark.parametrize("text", ["0d", "2027-01-09"])
def test_a_key_that_would_be_dead_at_once_is_refused(text):
    with pytest.raises(click.BadParameter, match="passed already"):
        expiry(text, NOW)
