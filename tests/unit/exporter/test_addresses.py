"""The deny table and the URL rules, exhaustively: what must never be fetched, in every dress."""

import pytest

from exporter.addresses import DENIED, MAX_URL_CHARS, AddressRules, is_denied
from exporter.errors import EgressDenied, InvalidSettings
from exporter.http_client import resolve_by_system

EDGES = [str(edge) for network in DENIED for edge in (network[0], network[-1])]
PUBLIC = ["8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"]
PUBLIC += ["126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255"]
PUBLIC += ["168.63.129.15", "168.63.129.17", "223.255.255.255", "2606:4700::1111", "2a00::1"]
PUBLIC += ["::ffff:8.8.8.8", "2001:4860:4860::8888", "2003::1"]
FORMS_OF_LOCALHOST = ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "①②⑦.0.0.1", "127。0。0。1"]
FORMS_OF_LOCALHOST += ["localhost", "127.0.0.1", "0x7f000001", "017700000001", "0"]
WRAPPED = ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"]
WRAPPED += ["::ffff:0:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"]
WRAPPED += ["fe80::1%eth0", "fec0::1", "3fff::1", "ff02::1", "192.0.0.8", "224.0.0.1"]


@pytest.mark.parametrize("address", EDGES)
def test_the_first_and_the_last_address_of_every_range_are_denied(address):
    assert is_denied(address)


@pytest.mark.parametrize("address", WRAPPED)
def test_a_private_address_in_another_dress_is_denied(address):
    assert is_denied(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_denied(address):
    assert not is_denied(address)


@pytest.mark.parametrize("text", ["", "example.com", "127.1", "1.2.3.4.5", "::g"])
def test_what_cannot_be_read_as_an_address_is_denied(text):
    assert is_denied(text)


@pytest.mark.parametrize("host", FORMS_OF_LOCALHOST)
async def test_every_spelling_of_localhost_resolves_to_denied_addresses(host):
    """By the system's own resolver: the spelling is never what decides."""
    addresses = await resolve_by_system(host, 443)

    assert addresses
    assert all(is_denied(address) for address in addresses)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "[::1]", "[fe80::1%25eth0]"])
def test_a_host_that_is_an_address_is_judged_with_the_url(host):
    """aiohttp asks no resolver about these."""
    with pytest.raises(EgressDenied):
        AddressRules().url(f"https://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "FILE:///etc/passwd",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//example.com/",
        "example.com",
        "",
        "https://",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://:@example.com/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://example.com:x/",
        "https://exam ple.com/",
        "https://exam\tple.com/",
        "https://example.com/\r\nHost: x",
        "https://example.com\\@localhost/",
        "https://ex%2eample.com/",
        "https://example.com/" + "a" * MAX_URL_CHARS,
        "https://[::1/",
        "https://-example-/",
    ],
)
def test_a_url_that_breaks_a_rule_is_denied(url):
    with pytest.raises(EgressDenied) as denied:
        AddressRules().url(url)

    assert "https://" in denied.value.public


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/a?b=c#d", "example.com"),
        ("HTTPS://EXAMPLE.COM", "example.com"),
        ("https://münchen.de/", "xn--mnchen-3ya.de"),
        ("https://8.8.8.8/", "8.8.8.8"),
        ("https://[2606:4700::1111]/", "2606:4700::1111"),
        ("https://a_b.example.com:443/", "a_b.example.com"),
    ],
)
def test_a_public_https_url_is_allowed_and_normalised(url, host):
    checked = AddressRules().url(url)

    assert checked.raw_host == host
    assert checked.fragment == ""


def test_an_exception_holds_for_exactly_its_host_and_port():
    rules = AddressRules(("localhost:8443", "[::1]:8443"))

    assert rules.url("https://localhost:8443/planet").port == 8443
    assert rules.url("http://localhost:8443/planet").scheme == "http"
    assert rules.url("https://[::1]:8443/").raw_host == "::1"
    rules.check_addresses("localhost", 8443, ["127.0.0.1", "::1"])
    for url in ("https://localhost:8444/", "https://127.0.0.1:8443/", "ftp://localhost:8443/"):
        with pytest.raises(EgressDenied):
            rules.url(url)
    with pytest.raises(EgressDenied):
        rules.check_addresses("localhost", 443, ["127.0.0.1"])


def test_one_denied_address_condemns_the_name():
    with pytest.raises(EgressDenied) as denied:
        AddressRules().check_addresses("example.com", 443, ["8.8.8.8", "10.0.0.1"])

    assert "10.0.0.1" in str(denied.value)
    assert "10.0.0.1" not in denied.value.public


@pytest.mark.parametrize("entry", ["localhost", "localhost:", ":443", "localhost:https"])
def test_an_exception_that_is_no_host_and_port_is_refused(entry):
    with pytest.raises(InvalidSettings, match="EXPORT_EGRESS_ALLOW"):
        AddressRules((entry,))
