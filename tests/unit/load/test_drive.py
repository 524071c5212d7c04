"""Locust is a program apart; here a script stands in for it, which leaves what it is told to."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from deploy.local.refusal import CannotRun
from tests.load.drive import Locust
from tests.load.export import Export
from tests.load.measured import Requests
from tests.load.options import Options
from tests.load.orders import orders
from tests.unit.load.factory import export

# Milliseconds, and how often each was seen.
TIMES = {"100": 8, "20": 90, "3000": 2}


def test_what_callers_leave_is_read_when_locust_has_ended(tmp_path: Path) -> None:
    done = [export(0), export(1, outcome="submit: 503")]
    locust = stand_in(tmp_path, done, submits=2)

    run(locust)

    assert locust.exports == done
    assert locust.requests == {"submit": Requests(2, 1, 0.02, 0.1)}


def test_callers_are_told_by_the_environment_and_the_key_is_on_no_command_line(
    tmp_path: Path,
) -> None:
    locust = stand_in(
        tmp_path, [], submits=0, more='env > "$FOLDER/env"; echo "$@" > "$FOLDER/args"'
    )

    run(locust, Options(users=120, minutes=0.5))

    arguments = (tmp_path / "args").read_text()
    assert "--users 120 --spawn-rate 20.0 --run-time 30s" in arguments
    assert "secret" not in arguments
    told = (tmp_path / "env").read_text()
    assert "LOAD_API_KEY=secret\n" in told
    # All together ask 24 times a second how their jobs stand.
    assert "LOAD_ASK_EVERY_S=5.0\n" in told
    kept = json.loads((tmp_path / "orders.json").read_text())["orders"]
    assert [order["name"] for order in kept] == [order.name for order in orders()]


def test_an_export_that_a_caller_does_not_tell_of_is_no_success_by_silence(tmp_path: Path) -> None:
    locust = stand_in(tmp_path, [export(0)], submits=2, more="echo KeyError in a caller")

    with pytest.raises(CannotRun, match=r"submitted 2 exports and told of 1: KeyError"):
        run(locust)


def test_locusts_own_trouble_is_told_with_its_last_words(tmp_path: Path) -> None:
    locust = stand_in(tmp_path, [], submits=0, more="echo no such file; exit 3")

    with pytest.raises(CannotRun, match=r"ended with 3: no such file"):
        run(locust)


def test_without_statistics_nothing_can_be_checked(tmp_path: Path) -> None:
    locust = stand_in(tmp_path, [], submits=0, more='rm "$FOLDER/locust-stats.json"')

    with pytest.raises(CannotRun, match=r"left no .*locust-stats\.json"):
        run(locust)


def test_trouble_of_the_service_ends_locust_at_once(tmp_path: Path) -> None:
    locust = stand_in(tmp_path, [], submits=0)

    def tell() -> None:
        raise CannotRun("worker-high ended by itself")

    with pytest.raises(CannotRun, match="worker-high"):
        locust.run(orders(), Options(), tell)


def run(locust: Locust, options: Options | None = None) -> None:
    locust.run(orders(), options or Options(), lambda: None)


def stand_in(folder: Path, left: Sequence[Export], submits: int, more: str = ":") -> Locust:
    """Return a Locust whose program leaves *left* and statistics of *submits*, then does *more*."""
    row = {
        "name": "submit", "num_requests": submits, "num_failures": 1, "response_times": TIMES,
    }  # fmt: skip
    (folder / "left").write_text("".join(json.dumps(asdict(each)) + "\n" for each in left))
    (folder / "stats").write_text(json.dumps([row] if submits else []))
    program = folder / "python"
    program.write_text(
        f"""#!/bin/sh
FOLDER={folder}
cp "$FOLDER/left" "$LOAD_EXPORTS"
cp "$FOLDER/stats" "$FOLDER/locust-stats.json"
{more}
"""
    )
    program.chmod(0o755)
    return Locust(program, "http://127.0.0.1:1", "secret", folder)
