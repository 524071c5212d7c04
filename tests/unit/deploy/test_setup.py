import sys
from pathlib import Path

import pytest

from deploy.local import python_packages, system_packages
from deploy.local.check_dependencies import judge
from deploy.local.refusal import CannotRun, exit_with
from deploy.local.setup import check_tools
from deploy.local.stamp import Stamp

OVERRIDE = "pyppeteer 2.0.0 has requirement urllib3<2.0.0,>=1.25.8, but you have urllib3 2.8.0."


@pytest.mark.parametrize(
    ("node", "npm", "sentence"),
    [
        (None, "/usr/bin/npm", "Node is missing: install Node 18"),
        (16, "/usr/bin/npm", "Node 16 is too old"),
        (20, None, "npm is missing: install it"),
    ],
)
def test_a_missing_tool_is_named_in_one_sentence(
    node: int | None, npm: str | None, sentence: str
) -> None:
    with pytest.raises(CannotRun, match=sentence):
        check_tools(node, npm)


def test_the_list_of_packages_may_be_commented() -> None:
    text = "# why\nchromium\n\n  redis-server # broker\n"

    assert system_packages.listed(text) == ["chromium", "redis-server"]


def test_an_unknown_package_is_a_missing_one() -> None:
    assert system_packages.missing(["bash", "no-such-package-anywhere"]) == [
        "no-such-package-anywhere"
    ]


def test_sudo_is_used_by_those_who_are_not_root_and_told_the_proxies() -> None:
    env = {"https_proxy": "http://proxy:1", "HOME": "/home/me"}
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "https_proxy=http://proxy:1"]

    assert system_packages.as_root(0, None, env) == apt
    assert system_packages.as_root(1000, "/usr/bin/sudo", env) == ["/usr/bin/sudo", *apt]
    assert system_packages.as_root(1000, None, env) is None


def test_the_one_override_made_on_purpose_is_no_conflict() -> None:
    assert judge(f"{OVERRIDE}\n") == ""


@pytest.mark.parametrize("report", ["", "No broken requirements found.\n", f"{OVERRIDE}\nother\n"])
def test_any_other_answer_of_pip_check_is_a_mistake_in_the_lock(report: str) -> None:
    assert judge(report) != ""


def test_a_step_is_done_again_when_what_it_was_made_from_changed(tmp_path: Path) -> None:
    lock, place = tmp_path / "lock", tmp_path / "stamp"
    lock.write_text("a")
    Stamp(place, files=[lock], words=["3.11"]).write()

    assert Stamp(place, files=[lock], words=["3.11"]).fresh()
    assert not Stamp(place, files=[lock], words=["3.12"]).fresh()
    lock.write_text("b")
    assert not Stamp(place, files=[lock], words=["3.11"]).fresh()


def test_an_environment_that_was_moved_is_not_usable(tmp_path: Path) -> None:
    assert not python_packages.usable(tmp_path)
    assert python_packages.usable(Path(sys.prefix))


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(0, 0), (1, 1), (CannotRun("no"), 2), (KeyboardInterrupt(), 2), (ValueError("bug"), 2)],
)
def test_a_command_ends_with_one_of_three_codes(
    outcome: int | BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> int:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    with pytest.raises(SystemExit) as left:
        exit_with(command)

    assert left.value.code == code
    assert bool(capsys.readouterr().err) == isinstance(outcome, BaseException)
