"""Celery's settings keep the order of the timeouts, and name each queue once."""

import runpy
from pathlib import Path

import pytest
from celery import Celery

from exporter import settings as settings_module
from exporter import tasks
from exporter.jobs import SOCKET_TIMEOUT_S
from exporter.queues import Priority
from exporter.settings import Settings

FILE = Path(__file__).parents[3] / "celeryconfig.py"
# How long kombu's BRPOP waits for a message.
BRPOP_S = 1


def test_a_job_ends_itself_before_celery_ends_it(config, settings):
    ended_by_itself_s = settings.timeout_max_s + tasks.CLEAN_UP_S + tasks.TELL_S

    assert ended_by_itself_s < config["task_soft_time_limit"] < config["task_time_limit"]


def test_a_message_is_handed_out_again_only_long_after_its_task_must_have_ended(config):
    visible_s = config["broker_transport_options"]["visibility_timeout"]

    assert visible_s >= 2 * config["task_time_limit"]
    assert visible_s == config["visibility_timeout"]


def test_redis_answers_within_what_a_request_of_the_api_may_last(config):
    transport = config["broker_transport_options"]

    for wait_s in (transport["socket_timeout"], transport["socket_connect_timeout"]):
        assert BRPOP_S < wait_s == SOCKET_TIMEOUT_S < 10


def test_the_limits_are_those_of_the_settings(config, settings):
    assert config["task_soft_time_limit"] == settings.task_soft_limit_s == 330
    assert config["task_time_limit"] == settings.task_hard_limit_s
    assert config["visibility_timeout"] == settings.visibility_timeout_s


def test_a_message_goes_to_its_own_queue_and_to_no_other(config):
    app = Celery(set_as_current=False)
    app.conf.update({name: value for name, value in config.items() if name[0] != "_"})

    for priority in Priority:
        route = app.amqp.router.route({"queue": priority.value}, "any")["queue"]
        assert (route.name, route.routing_key) == (priority.value, priority.value)
    assert set(app.amqp.queues) == {"high", "normal", "low"}


def test_only_json_passes_and_only_while_the_work_lasts_is_a_message_held(config):
    assert config["accept_content"] == config["result_accept_content"] == ["json"]
    assert config["task_acks_late"]
    assert not config["task_reject_on_worker_lost"]
    assert config["worker_disable_prefetch"]


@pytest.fixture
def settings():
    return Settings(timeout_max_s=300)


@pytest.fixture
def config(settings, monkeypatch):
    monkeypatch.setattr(settings_module, "settings", lambda: settings)
    return runpy.run_path(str(FILE))
