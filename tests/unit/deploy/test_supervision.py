import configparser
import shlex
from pathlib import Path

import pytest

from deploy.local.plan import Plan, make_plan
from deploy.local.programs import STOP_REDIS_S, STOP_USERS_S, redis_config
from deploy.local.stack import STOP_S
from deploy.local.supervision import configuration


def test_all_programs_are_kept_alive_for_ever(plan: Plan) -> None:
    programs = _programs(plan)

    assert list(programs) == ["redis", "api", "worker-high", "worker-low", "flower"]
    for program in programs.values():
        assert (program["autorestart"], program["startsecs"]) == ("true", "0")


def test_no_program_survives_its_supervisor(plan: Plan) -> None:
    for program in _programs(plan).values():
        assert program["command"].startswith("setpriv --pdeathsig TERM -- ")


def test_redis_is_stopped_after_those_who_use_it_and_all_in_time(plan: Plan) -> None:
    parsed = _parsed(plan)

    assert int(parsed["group:servers"]["priority"]) < int(parsed["group:users"]["priority"])
    # supervisord looks about once a second, at the end of each of the two groups.
    assert STOP_USERS_S + STOP_REDIS_S + 2 < STOP_S < 40


def test_a_redis_that_runs_already_is_not_started(tmp_path: Path) -> None:
    used = _plan(tmp_path, REDIS_URL="redis://somewhere/")

    assert "redis" not in _programs(used)
    assert "group:servers" not in _parsed(used)


def test_each_worker_does_one_job_and_neither_starves_a_queue(plan: Plan) -> None:
    high, low = (_command(plan, name) for name in ("worker-high", "worker-low"))

    assert high[high.index("-Q") + 1] == "high,normal,low"
    assert low[low.index("-Q") + 1] == "low,normal,high"
    for command in (high, low):
        assert {"--pool=prefork", "--concurrency=1", "worker"} < set(command)
        assert Path(command[0]).name == "celery"


def test_everything_listens_on_loopback_only(plan: Plan) -> None:
    assert f"--bind=127.0.0.1:{plan.port}" in _command(plan, "api")
    assert "--address=127.0.0.1" in _command(plan, "flower")
    assert "bind 127.0.0.1\n" in redis_config(plan)


def test_flowers_password_is_in_no_command_line(plan: Plan) -> None:
    programs = _programs(plan)

    assert plan.flower_password in programs["flower"]["environment"]
    assert not any(plan.flower_password in program["command"] for program in programs.values())
    assert not any(program["environment"] for n, program in programs.items() if n != "flower")


def test_redis_keeps_what_it_accepted(plan: Plan) -> None:
    lines = redis_config(plan).splitlines()

    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"} < set(lines)


def test_a_folder_named_like_a_format_is_taken_as_it_is(tmp_path: Path) -> None:
    odd = tmp_path / "100%(here)s of it"
    odd.mkdir()

    assert "100%%(here)s of it" in configuration(_plan(odd))


def _parsed(plan: Plan) -> configparser.RawConfigParser:
    # As supervisord reads it.
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(configuration(plan))
    return parser


def _programs(plan: Plan) -> dict[str, configparser.SectionProxy]:
    parsed = _parsed(plan)
    names = [section for section in parsed.sections() if section.startswith("program:")]
    return {name.removeprefix("program:"): parsed[name] for name in names}


def _command(plan: Plan, name: str) -> list[str]:
    words = shlex.split(_programs(plan)[name]["command"])
    return words[words.index("--") + 1 :]


def _plan(folder: Path, **env: str) -> Plan:
    free = {"PORT": "0", "FLOWER_PORT": "0", "REDIS_PORT": "0"}
    return make_plan(folder, folder / "var", {**free, **env})


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return _plan(tmp_path)
