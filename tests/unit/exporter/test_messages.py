"""What of a queue is ours: whatever else is there is refused, and nothing of it is told."""

import json

import pytest

from exporter.messages import NotOurs, job_id, read, taken
from tests.messages import FOREIGN, message, odd


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_what_is_not_ours_is_refused_by_a_short_word(text):
    with pytest.raises(NotOurs) as refused:
        read(text)

    assert 0 < len(str(refused.value)) < 40
    assert "somebody.elses" not in str(refused.value)
    assert job_id(text) == ""


@pytest.mark.parametrize("as_it_comes", [str, str.encode])
def test_ours_is_read(as_it_comes):
    assert read(as_it_comes(message("a-job"))) == "a-job"


@pytest.mark.parametrize("limits", [None, [None, None], [930, 915.5]])
def test_ours_may_have_the_limits_of_its_task(limits):
    assert read(odd(headers={"timelimit": limits})) == "x"


def test_ours_that_was_given_back_is_read():
    """kombu says so in its headers and in its place."""
    again = odd(headers={"redelivered": True}, properties={"redelivered": True})

    assert read(again) == "x"


def test_one_that_a_worker_has_taken_is_found_again():
    kept = json.dumps([json.loads(message("a-job")), "", "normal"])

    assert read(taken(kept)) == "a-job"


@pytest.mark.parametrize("kept", ["hello", "7", "[]", "{}", "null", "[" * 100_000, b"\xff\xfe\x00"])
def test_what_no_worker_has_taken_holds_no_message(kept):
    assert taken(kept) == ""
