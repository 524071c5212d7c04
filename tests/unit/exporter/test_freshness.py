"""How long an answer may be used again."""

import pytest
from multidict import CIMultiDict

from exporter.freshness import DEFAULT_S, MISSING_S, fresh_until, retry_after_s

NOW = 1_000_000.0
DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
LATER = "Thu, 01 Jan 2026 00:10:00 GMT"


@pytest.mark.parametrize(
    ("status", "headers", "life_s"),
    [
        (200, {}, DEFAULT_S),
        (200, {"cache-control": "public, max-age=60"}, 60),
        (200, {"Cache-Control": "max-age=60, s-maxage=30"}, 30),
        (200, {"Cache-Control": 'MAX-AGE="60"'}, 60),
        (200, {"Cache-Control": "max-age=60", "Age": "20"}, 40),
        (200, {"Cache-Control": "max-age=60", "Age": "90"}, 0),
        (200, {"Cache-Control": "max-age=soon"}, 0),
        (200, {"Cache-Control": "no-cache, max-age=60"}, 0),
        (200, {"Date": DATE, "Expires": LATER}, 600),
        (200, {"Date": LATER, "Expires": DATE}, 0),
        (200, {"Expires": "0"}, 0),
        (200, {"Cache-Control": "max-age=5", "Date": DATE, "Expires": LATER}, 5),
        (204, {"Cache-Control": "max-age=60"}, 60),
        (404, {}, MISSING_S),
        (404, {"Cache-Control": "max-age=86400"}, MISSING_S),
        (410, {"Cache-Control": "max-age=5"}, 5),
    ],
)
def test_the_life_of_an_answer(status, headers, life_s):
    assert fresh_until(status, CIMultiDict(headers), NOW) == NOW + life_s


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"Cache-Control": "no-store, max-age=60"}),
        (200, {"Cache-Control": "private"}),
        (403, {"Cache-Control": "max-age=60"}),
        (302, {}),
        (206, {}),
    ],
)
def test_what_must_not_be_stored(status, headers):
    assert fresh_until(status, CIMultiDict(headers), NOW) is None


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
        ("Mon, 12 Jan 1970 13:58:20 GMT", 700),
        ("Mon, 12 Jan 1970 13:50:00 GMT", 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Mon, 99 Jan 9999999 99:99:99 GMT", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0),
        ("Mon, 01 Jan 2000 00:00:00 +99999999999999999", 0),
    ],
)
def test_the_wait_an_answer_asks_for(text, wait_s):
    assert retry_after_s(CIMultiDict({"retry-after": text}), NOW) == wait_s
