"""Failpoints: what FAILPOINTS may say, when each fires, and that nothing happens without it."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
import structlog

from exporter import failpoints
from exporter.errors import InvalidSettings
from exporter.failpoints import NAMES, Action, Failpoint, Injected, parse
from exporter.jobs import connect
from exporter.settings import Settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def disarmed(settings: Settings) -> Iterator[None]:
    yield
    failpoints.arm(settings)


class TestParse:
    def test_each_part_of_an_entry(self):
        text = "after_claim=kill,1/job; after_upload=hang:0.5,1/process,job=a-1 ;before_page=raise"

        assert parse(text) == (
            Failpoint("after_claim", Action.KILL, once_per_job=True),
            Failpoint("after_upload", Action.HANG, hang_s=0.5, once_per_process=True, job="a-1"),
            Failpoint("before_page", Action.RAISE),
        )

    def test_nothing(self):
        assert parse(" ; ") == ()

    @pytest.mark.parametrize(
        "text",
        [
            "after_claim",
            "after_claim=die",
            "after_claim=hang",
            "after_claim=hang:x",
            "after_claim=kill,2/job",
            "after_claim=kill,job=",
            "after_claim=kill 1/job",
        ],
    )
    def test_what_cannot_be_read_is_named(self, text):
        with pytest.raises(InvalidSettings, match=re.escape(repr(text))):
            parse(text)

    def test_an_unknown_name_is_answered_with_all_there_are(self):
        with pytest.raises(InvalidSettings, match=r"'after_lunch'; there are api_before_record, "):
            parse("after_lunch=kill")


class TestSettings:
    @pytest.mark.parametrize("env", ["production", "development", ""])
    def test_outside_of_tests_the_service_refuses_to_start(self, env):
        with pytest.raises(InvalidSettings, match="FAILPOINTS is for APP_ENV=test"):
            Settings.from_env({"FAILPOINTS": "after_claim=kill", "APP_ENV": env})

    @pytest.mark.parametrize("command", ["celery", "gunicorn"])
    def test_so_do_its_programs(self, command):
        words = {
            "celery": ["celery", "-A", "exporter", "worker"],
            "gunicorn": ["gunicorn", "webapi.wsgi:app", "--check-config"],
        }
        answer = subprocess.run(
            [sys.executable, "-m", *words[command]],
            cwd=ROOT,
            env={"FAILPOINTS": "after_claim=kill", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert answer.returncode != 0
        assert "unset FAILPOINTS" in answer.stdout + answer.stderr


class TestHit:
    def test_unarmed_costs_less_than_a_microsecond(self):
        rounds = 100_000
        begun = time.perf_counter()
        for _ in range(rounds):
            failpoints.hit("after_claim", "a")

        assert (time.perf_counter() - begun) / rounds < 1e-6

    def test_every_time(self, armed):
        armed("before_page=raise")

        for job in ("a", "a", "b"):
            with pytest.raises(Injected, match="before_page"):
                failpoints.hit("before_page", job)
        failpoints.hit("after_capture", "a")

    def test_once_per_job_over_all_processes(self, armed):
        for _process in range(2):
            armed("before_page=raise,1/job")
            fired = [fires("before_page", job) for job in ("a", "a", "b", "b")]
            assert fired == ([True, False, True, False] if _process == 0 else [False] * 4)

    def test_once_per_process(self, armed):
        for _process in range(2):
            armed("before_page=raise,1/process")
            assert [fires("before_page", job) for job in ("a", "b")] == [True, False]

    def test_for_one_job(self, armed):
        armed("before_page=raise,job=b")

        assert [fires("before_page", job) for job in ("a", "b", "b", "")] == [
            False, True, True, False,
        ]  # fmt: skip

    def test_the_job_is_the_one_that_is_logged_about(self, armed):
        armed("before_page=raise,job=b")

        with structlog.contextvars.bound_contextvars(job_id="b"):
            assert fires("before_page", "")

    def test_a_hang_lasts_as_long_as_it_says(self, armed):
        armed("before_page=hang:0.2")
        begun = time.monotonic()

        failpoints.hit("before_page")

        assert time.monotonic() - begun >= 0.2

    async def test_a_hang_on_the_loop_stops_its_task_alone(self, armed):
        armed("before_page=hang:5")
        hanging = asyncio.ensure_future(failpoints.reach("before_page"))

        await asyncio.wait_for(failpoints.reach("after_capture"), 2)

        assert not hanging.done()
        hanging.cancel()

    async def test_raise_on_the_loop(self, armed):
        armed("before_page=raise")

        with pytest.raises(Injected, match="before_page"):
            await failpoints.reach("before_page")

    def test_kill_is_a_sigkill_to_its_own_process(self, settings):
        code = (
            "from exporter import failpoints, settings\n"
            "failpoints.arm(settings.settings())\n"
            "failpoints.hit('mid_upload', 'a')\n"
        )
        answer = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={
                "FAILPOINTS": "mid_upload=kill,1/job",
                "APP_ENV": "test",
                "REDIS_URL": settings.redis_url,
            },
            timeout=30,
            check=False,
        )

        assert answer.returncode == -signal.SIGKILL
        with connect(settings) as client:
            assert client.smembers(failpoints.FIRED) == {"mid_upload"}

    def test_without_redis_to_remember_it_nothing_fires(self, settings):
        failpoints.arm(
            replace(settings, redis_url="redis://127.0.0.1:1/0", failpoints="before_page=kill")
        )

        failpoints.hit("before_page", "a")


def test_each_name_is_in_the_code_once_and_no_other_is():
    sources = [*ROOT.glob("exporter/*.py"), *ROOT.glob("webapi/*.py")]
    named = re.findall(
        r"failpoints\.(?:hit|reach)\(\s*\"(\w+)\"", "\n".join(s.read_text() for s in sources)
    )

    assert set(named) == set(NAMES)
    # The directory and the bucket are two storages with one name.
    assert sorted(named) == sorted([*NAMES, "mid_upload"])


@pytest.fixture
def armed(settings: Settings, client: "redis.Redis"):
    def arm(text: str) -> None:
        failpoints.arm(replace(settings, failpoints=text))

    return arm


@pytest.fixture
def client(settings: Settings) -> Iterator["redis.Redis"]:
    with connect(settings) as found:
        yield found


def fires(name: str, job_id: str) -> bool:
    try:
        failpoints.hit(name, job_id)
    except Injected:
        return True
    return False
