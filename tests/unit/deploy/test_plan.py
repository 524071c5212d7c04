import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.plan import Plan, make_plan
from deploy.local.ports import HOST
from deploy.local.refusal import CannotRun

KEY = f"ca_live_{'ab' * 32}"
FREE = {"PORT": "0", "FLOWER_PORT": "0", "REDIS_PORT": "0"}


def plan(folder: Path, **env: str) -> Plan:
    return make_plan(folder, folder / "var", {**FREE, **env})


def test_a_plan_has_three_ports_and_a_redis_of_its_own(tmp_path: Path) -> None:
    made = plan(tmp_path)

    assert len({made.port, made.flower_port, made.redis_port}) == 3
    assert made.redis_url == f"redis://{HOST}:{made.redis_port}/0"
    assert made.env["REDIS_URL"] == made.redis_url


def test_a_running_redis_is_used_instead_of_ours(tmp_path: Path) -> None:
    made = plan(tmp_path, REDIS_URL="redis://somewhere:7000/3")

    assert (made.redis_port, made.env["REDIS_URL"]) == (0, "redis://somewhere:7000/3")


def test_the_sample_city_is_drawn_unless_another_source_is_named(tmp_path: Path) -> None:
    assert plan(tmp_path).env["TILES_URL"].startswith("pmtiles:")
    assert plan(tmp_path, TILES_URL="https://tiles/").env["TILES_URL"] == "https://tiles/"


@pytest.mark.parametrize("name", ["PORT", "FLOWER_PORT", "REDIS_PORT"])
def test_a_port_that_was_asked_for_and_is_taken_is_refused(
    tmp_path: Path, taken: int, name: str
) -> None:
    with pytest.raises(CannotRun, match=f"Port {taken} is in use.* another {name}"):
        plan(tmp_path, **{name: str(taken)})


def test_a_usual_port_that_is_taken_falls_to_a_free_one(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.plan._FLOWER_PORT", taken)

    assert plan(tmp_path, FLOWER_PORT="").flower_port not in (0, taken)


def test_the_usual_port_of_the_api_never_moves(
    tmp_path: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.plan._PORT", taken)

    with pytest.raises(CannotRun, match="in use"):
        plan(tmp_path, PORT="")


@pytest.mark.parametrize("port", ["http", "-1", "65536", "80.0"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    with pytest.raises(CannotRun, match="PORT must be a port"):
        plan(tmp_path, PORT=port)


def test_a_setting_the_service_cannot_run_with_is_refused_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="EXPORT_STORAGE"):
        plan(tmp_path, EXPORT_STORAGE="floppy")


def test_the_development_key_is_the_given_one(tmp_path: Path) -> None:
    assert plan(tmp_path, EXPORT_DEV_API_KEY=KEY).api_key == KEY


def test_a_made_key_is_kept_over_a_restart_because_jobs_belong_to_it(tmp_path: Path) -> None:
    first = plan(tmp_path)
    first.var_dir.mkdir()
    first.key_file.write_text(f"{first.api_key}\n")

    assert re.fullmatch(r"ca_live_[0-9a-f]{64}", first.api_key)
    assert plan(tmp_path).api_key == first.api_key


def test_a_damaged_key_file_is_not_used(tmp_path: Path) -> None:
    first = plan(tmp_path)
    first.var_dir.mkdir()
    first.key_file.write_text("ca_live_\n")

    assert plan(tmp_path).api_key not in ("ca_live_", first.api_key)


@pytest.mark.parametrize("key", ["secret", f"{KEY}00", KEY.upper()])
def test_a_key_of_another_form_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(CannotRun, match="EXPORT_DEV_API_KEY must be"):
        plan(tmp_path, EXPORT_DEV_API_KEY=key)


@pytest.mark.parametrize("password", ["short", "a:b,c;d e", '"; rm'])
def test_a_password_flower_would_misread_is_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(CannotRun, match="FLOWER_PASSWORD must be"):
        plan(tmp_path, FLOWER_PASSWORD=password)


def test_secrets_of_the_stack_are_neither_printed_nor_passed_on(tmp_path: Path) -> None:
    made = plan(tmp_path, EXPORT_DEV_API_KEY=KEY, FLOWER_PASSWORD="hunter2hunter2")

    assert KEY not in repr(made)
    assert "hunter2" not in repr(made)
    assert not {KEY, "hunter2hunter2"} & set(made.env.values())


def test_the_callers_environment_is_passed_on(tmp_path: Path) -> None:
    assert plan(tmp_path, https_proxy="http://proxy:1").env["https_proxy"] == "http://proxy:1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]
