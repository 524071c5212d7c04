"""What dies is started again, and what is stopped is gone: `make run` and its supervisor."""

import base64
import os
import signal
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from deploy.local.client import Unanswered
from tests.functional.processes import Process, alive, descendants
from tests.functional.service import STOP_S, Service, service
from tests.functional.waiting import eventually

pytestmark = pytest.mark.long

RESTART_S = 5.0


@pytest.mark.parametrize("name", ["redis", "api", "worker-high", "worker-low", "flower"])
def test_a_killed_program_is_started_again(stack: Service, name: str) -> None:
    killed = stack.main(name)
    orphans = descendants(killed.pid)

    os.kill(killed.pid, signal.SIGKILL)

    eventually(lambda: _again(stack, name, killed), within_s=RESTART_S, what=f"{name} is back")
    eventually(lambda: not alive(orphans), within_s=15, what=f"the rest of {name} is gone")
    eventually(lambda: _accepts(stack), within_s=RESTART_S, what="jobs are accepted")
    assert stack.ended(stack.submit())["status"] == "completed"


def test_no_browser_outlives_its_killed_worker(stack: Service) -> None:
    worker = stack.main("worker-low")
    browsers = eventually(
        lambda: [p for p in descendants(worker.pid) if "chromium" in p.command],
        within_s=30,
        what="the worker has a browser",
    )

    os.kill(worker.pid, signal.SIGKILL)

    eventually(lambda: not alive(browsers), within_s=15, what="its browser is gone")


def test_the_keys_are_for_their_owner_only(stack: Service) -> None:
    for name in ("dev-api-key", "flower-password", "supervisord.conf"):
        assert stat.S_IMODE((stack.var_dir / name).stat().st_mode) == 0o600


def test_flower_asks_for_the_password_it_was_given(stack: Service) -> None:
    password = (stack.var_dir / "flower-password").read_text().strip()

    # An earlier test may have killed it a moment ago.
    eventually(lambda: _status(stack.flower_url, "") == 401, within_s=20, what="Flower answers")
    assert _status(stack.flower_url, "exporter:wrong") == 401
    assert _status(stack.flower_url, f"exporter:{password}") == 200


def test_ctrl_c_at_make_run_leaves_nothing(tmp_path: Path) -> None:
    with service(tmp_path / "var", ["make", "run"]) as running:
        assert running.client.url in running.addresses
        family = descendants(running.pid)

        os.killpg(running.pid, signal.SIGINT)

        eventually(lambda: not alive(family), within_s=STOP_S, what="all of it is gone")


def test_a_killed_make_takes_the_stack_with_it(tmp_path: Path) -> None:
    with service(tmp_path / "var", ["make", "run"]) as running:
        family = descendants(running.pid)

        os.kill(running.pid, signal.SIGKILL)

        eventually(lambda: not alive(family), within_s=STOP_S, what="all of it is gone")


def _again(stack: Service, name: str, killed: Process) -> bool:
    try:
        return stack.main(name) != killed
    except AssertionError:
        return False


def _accepts(stack: Service) -> bool:
    try:
        stack.submit()
    except (AssertionError, Unanswered):
        return False
    return True


def _status(url: str, login: str) -> int:
    request = urllib.request.Request(url)
    if login:
        word = base64.b64encode(login.encode()).decode()
        request.add_header("Authorization", f"Basic {word}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as err:
        with err:
            return err.code
    except urllib.error.URLError:
        return 0
