import io
from pathlib import Path

from deploy.local.follow import Follower
from tests.functional.waiting import eventually


def test_lines_are_shown_with_the_name_of_their_program(tmp_path: Path) -> None:
    api, redis = tmp_path / "api.log", tmp_path / "redis.log"
    out = io.StringIO()

    with Follower({"api": api, "redis": redis}, out):
        api.write_text("one\ntwo\nhalf a line")
        redis.write_text("three\n")

    assert sorted(out.getvalue().splitlines()) == ["api   | one", "api   | two", "redis | three"]


def test_nothing_is_lost_when_a_log_is_rotated(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    out = _Watched()
    log.write_text("one\n")

    with Follower({"api": log}, out):
        out.await_text("one")
        with log.open("a") as file:
            file.write("two\n")
        log.rename(tmp_path / "api.log.1")
        log.write_text("three\n")

    assert out.getvalue().splitlines() == ["api | one", "api | two", "api | three"]


def test_it_goes_on_when_nobody_reads(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text("one\n")

    with Follower({"api": log}, _Closed()):
        pass


class _Closed(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


class _Watched(io.StringIO):
    def await_text(self, text: str) -> None:
        eventually(lambda: text in self.getvalue(), within_s=5, what=f"{text} is shown")
