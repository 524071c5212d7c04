"""URLs judged by their text; the bad ones are the corpus' (tests/corpus/styles.py)."""

import pytest

from exporter.addresses import AddressRules
from webapi.urls import complaint


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com/a?key=b#c",
        "https://example.com:443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://xn--e1awd7f.com/",
        "https://еxample.com/",  # noqa: RUF001 - a homograph is another host, and a good one
        "https://127.0.0.1.example.com/",
        "https://localhost.example.com/",
        "https://1.example.com/",
    ],
)
def test_a_public_url_is_good(url):
    assert complaint(url, AddressRules()) is None


@pytest.mark.parametrize("url", ["https://localhost:8443/x", "http://localhost:8443/x"])
def test_what_the_operator_excepted_is_good(url):
    rules = AddressRules(("localhost:8443",))

    assert complaint(url, rules) is None
    assert complaint(url, AddressRules()) is not None


def test_a_name_is_never_looked_up():
    """Whether there is such a name is nothing a caller should learn here."""
    assert complaint("https://no-such-name.example.com/", AddressRules()) is None


def test_the_detail_does_not_repeat_the_url():
    code, detail = complaint("https://10.0.0.1/secret", AddressRules())

    assert code == "url_not_allowed"
    assert "10." not in detail
    assert "secret" not in detail
