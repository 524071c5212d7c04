"""The validator's program: it answers, is replaced when it dies, and is not waited for long."""

import gc
import sys
import time

import pytest

from tests.own_styles import map_style, ours
from webapi.style_validator import Complaint, StyleValidator, command

# Answers the n-th style as told: with nothing wrong, by its death, or never.
PROGRAM = """
import sys, time
print("[]", flush=True)
for line in sys.stdin:
    if "die" in line: sys.exit(1)
    if "hang" in line: time.sleep(60)
    print("[]", flush=True)
"""


def fake():
    return (sys.executable, "-c", PROGRAM)


TOO_LARGE = [Complaint("", "style_limit", "is too large or too nested to be checked")]


class TestTheRealOne:
    def test_our_styles_are_good(self, real):
        assert real.complaints(ours()["mapStyle"]) == []

    def test_a_message_is_passed_on_with_its_place(self, real):
        layers = [{"id": "a", "type": "background", "paint": {"background-color": "redd"}}]

        (found,) = real.complaints(map_style(layers=layers))

        assert found.pointer == "/layers/0/paint/background-color"
        assert found.message == 'color expected, "redd" found'

    def test_once_started_it_is_quick(self, real):
        style = ours()["mapStyle"]
        real.complaints(style)

        started = time.monotonic()
        for _ in range(10):
            real.complaints(style)

        assert (time.monotonic() - started) / 10 < 0.3

    @pytest.mark.parametrize("text", ["a\nb", "\u2028", '"', "é"])
    def test_any_text_is_one_line(self, real, text):
        assert real.complaints(map_style(name=text)) == []


class TestTrouble:
    def test_a_style_it_dies_of_is_refused_and_the_next_is_checked(self):
        validator = StyleValidator(fake)

        assert validator.complaints("good") == []
        assert validator.complaints("die") == TOO_LARGE
        assert validator.complaints("good") == []

    def test_a_style_it_needs_too_long_for_is_refused(self):
        validator = StyleValidator(fake, check_s=0.2)

        assert validator.complaints("hang") == TOO_LARGE

    def test_one_that_ended_between_two_styles_is_replaced(self):
        validator = StyleValidator(fake)
        validator.complaints("good")
        validator._program.kill()
        validator._program.wait()

        assert validator.complaints("good") == []

    @pytest.mark.parametrize("program", [("/no/such/program",), ("/bin/true",)])
    def test_without_it_styles_pass(self, program, capsys):
        """The page checks again; an API without node still makes posters."""
        assert StyleValidator(lambda: program).complaints("anything") == []
        assert "style not checked" in capsys.readouterr().out

    def test_a_machine_without_node_has_no_validator(self, monkeypatch):
        monkeypatch.setenv("PATH", "/nowhere")

        with pytest.raises(OSError, match="no node"):
            command()

    def test_it_ends_with_its_owner(self):
        validator = StyleValidator(fake)
        validator.complaints("good")
        program = validator._program

        del validator
        gc.collect()

        assert program.poll() is not None

    def test_nothing_is_started_before_the_first_style(self):
        assert StyleValidator(fake)._program is None


@pytest.fixture(scope="module")
def real():
    return StyleValidator()
