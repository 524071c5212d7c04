"""API keys in a real Redis: hashed, revocable, expiring; and the command line that makes them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click.testing
import pytest
import redis

from exporter.errors import QueueUnavailable
from exporter.jobs import connect
from exporter.settings import Settings
from webapi import create_app
from webapi.errors import Unauthenticated
from webapi.keys import KEY, PREFIX_LENGTH, USE_NOTED_EVERY_S, Keys, ensure_dev_key
from webapi.tiers import Tier

NOW = 1_800_000_000.0


class TestKeys:
    def test_a_new_key_opens(self, keys):
        key = keys.create("Shop", Tier.PRO)

        found = keys.check(key)

        assert KEY.fullmatch(key)
        assert (found.key_id, found.name, found.tier) == (key[:PREFIX_LENGTH], "Shop", Tier.PRO)

    def test_nothing_in_redis_holds_the_secret(self, keys, client):
        key = keys.create("Shop", Tier.PRO)
        keys.check(key)

        everything = "".join(
            place + str(client.hgetall(place)) for place in client.scan_iter("*")
        )  # fmt: skip

        assert key[:PREFIX_LENGTH] in everything
        assert key[PREFIX_LENGTH:] not in everything
        assert key[PREFIX_LENGTH : PREFIX_LENGTH + 8] not in everything

    def test_a_right_prefix_with_a_wrong_secret_does_not_open(self, keys):
        key = keys.create("Shop", Tier.PRO)

        assert refusal(keys, key[:-1] + ("0" if key[-1] != "0" else "1")) == "auth_invalid"

    def test_an_unknown_key_does_not_open(self, keys):
        assert refusal(keys, "ca_live_" + "0" * 64) == "auth_invalid"

    def test_a_revoked_key_says_so_to_its_holder_only(self, keys):
        key = keys.create("Shop", Tier.PRO)

        assert keys.revoke(key[:PREFIX_LENGTH])

        assert refusal(keys, key) == "key_revoked"
        assert refusal(keys, key[:-4] + "ffff") == "auth_invalid"

    def test_a_key_opens_until_it_expires(self, keys, clock):
        key = keys.create("Shop", Tier.PRO, expires_at=NOW + 10)

        clock[0] = NOW + 9.9
        assert keys.check(key)
        clock[0] = NOW + 10
        assert refusal(keys, key) == "key_expired"

    def test_revoking_an_unknown_key_makes_none(self, keys, client):
        assert not keys.revoke("ca_live_00000000")

        assert client.dbsize() == 0

    def test_use_is_noted_once_a_minute(self, keys, clock):
        key = keys.create("Shop", Tier.PRO)
        keys.check(key)
        clock[0] += USE_NOTED_EVERY_S - 1
        keys.check(key)
        assert keys.list()[0].last_used_at == NOW

        clock[0] += 1
        keys.check(key)

        assert keys.list()[0].last_used_at == NOW + USE_NOTED_EVERY_S

    def test_keys_are_listed_oldest_first(self, keys, clock):
        for name in ("first", "second", "third"):
            keys.create(name, Tier.FREE)
            clock[0] += 1

        assert [key.name for key in keys.list()] == ["first", "second", "third"]

    def test_the_development_key_is_the_callers_choice_and_revives(self, keys, client):
        key = "ca_live_" + "ab" * 32
        ensure_dev_key(client, key)
        keys.revoke(key[:PREFIX_LENGTH])

        ensure_dev_key(client, key)

        assert keys.check(key).tier is Tier.INTERNAL

    def test_a_development_key_of_another_form_is_refused(self, client):
        with pytest.raises(ValueError, match="64 lower-case hex"):
            ensure_dev_key(client, "dev")

    def test_without_redis_nobody_is_let_in(self):
        away = redis.Redis.from_url("redis://127.0.0.1:1/0", decode_responses=True)

        with pytest.raises(QueueUnavailable):
            Keys(away).check("ca_live_" + "0" * 64)


class TestCommandLine:
    def test_a_key_is_made_shown_once_listed_and_revoked(self, flask, keys):
        made = flask("create", "--name", "Shop", "--tier", "pro", "--expires", "90d")
        key = made.stdout.strip()
        assert KEY.fullmatch(key)
        assert keys.check(key).tier is Tier.PRO

        listed = flask("list").stdout
        line = rf"^{key[:PREFIX_LENGTH]}\tpro\tlow,normal,high\tuntil .*\tShop$"
        assert re.search(line, listed, re.MULTILINE)
        assert key not in listed

        assert flask("revoke", key[:PREFIX_LENGTH]).returncode == 0
        assert refusal(keys, key) == "key_revoked"
        assert "revoked" in flask("list").stdout

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("create", "--name", "x" * 51), "1-50 printable characters"),
            (("create", "--name", "a\tb"), "1-50 printable characters"),
            (("create", "--name", "x", "--tier", "gold"), "'free', 'maker', 'pro'"),
            (("create", "--name", "x", "--expires", "soon"), "2027-01-31 or 90d"),
            (("revoke", "ca_live_00000000"), "no key with the prefix"),
        ],
    )
    def test_a_mistake_is_told_in_a_sentence(self, command, client, arguments, words):
        answer = command(*arguments)

        assert answer.exit_code != 0
        assert words in answer.stderr
        assert isinstance(answer.exception, SystemExit)
        assert client.dbsize() == 0

    def test_a_missing_redis_is_told_in_a_sentence(self, command):
        answer = command("list", redis_url="redis://127.0.0.1:1/0")

        assert answer.exit_code == 1
        assert answer.stderr.startswith("Error: Redis:")


def refusal(keys: Keys, key: str) -> str:
    with pytest.raises(Unauthenticated) as raised:
        keys.check(key)
    return raised.value.code


@pytest.fixture
def client(settings):
    return connect(settings)


@pytest.fixture
def clock():
    return [NOW]


@pytest.fixture
def keys(client, clock):
    return Keys(client, now=lambda: clock[0])


@pytest.fixture
def command(settings):
    """Run `keys …` within this process."""

    def run(*arguments: str, **changes: str) -> click.testing.Result:
        app = create_app(Settings(**{**settings.__dict__, **changes}))
        return app.test_cli_runner().invoke(args=["keys", *arguments])

    return run


@pytest.fixture
def flask(redis_url, tmp_path):
    """Run `flask --app webapi keys …` as an operator would."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        env = {**os.environ, "REDIS_URL": redis_url, "EXPORT_VAR_DIR": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "webapi", "keys", *arguments],
            env=env,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
