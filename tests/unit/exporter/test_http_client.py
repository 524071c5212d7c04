"""One request: it goes only where the rules allow, carries nothing of ours, and ends in time."""

from dataclasses import replace

import pytest
from yarl import URL

from exporter.addresses import AddressRules
from exporter.errors import EgressDenied, EgressFailed, ResponseTooLarge
from exporter.http_client import CheckedResolver, HttpClient, resolve_by_system
from exporter.settings import Settings
from tests.certificates import make_certificates
from tests.receivers import HANG as RECEIVER_HANGS
from tests.receivers import HUGE, REDIRECT, receiver
from tests.servers import HANG, TO_PRIVATE, Fault, tile_host


async def test_an_answer_comes_as_it_was_sent(client, host):
    answer = await client.get(URL(host.tilejson_url), {"Accept": "application/json"})

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.body.startswith(b"{")


async def test_a_redirect_is_not_followed(client, host):
    host.fault = Fault(TO_PRIVATE, location="https://10.0.0.1/", everywhere=True)

    answer = await client.get(URL(host.tilejson_url), {})

    assert (answer.status, len(host.requests)) == (302, 1)


async def test_a_proxy_of_the_environment_is_not_used(client, host, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    assert (await client.get(URL(host.tilejson_url), {})).status == 200


async def test_a_host_that_never_answers_is_given_up(settings, host):
    host.fault = Fault(HANG, everywhere=True)
    client = make_client(replace(settings, fetch_timeout_s=0.1))

    with pytest.raises(EgressFailed, match=r"more than 0\.1 s"):
        await client.get(URL(host.tilejson_url), {})
    await client.close()


async def test_an_answer_beyond_the_cap_is_broken_off(settings, host):
    client = make_client(replace(settings, fetch_max_bytes=10))

    with pytest.raises(ResponseTooLarge, match="more than 10 bytes"):
        await client.get(URL(host.tilejson_url), {})
    await client.close()


class TestPost:
    async def test_the_body_arrives_as_it_was_given(self, poster, hook):
        answer = await post(poster, hook, body=b"{}")

        [got] = hook.got
        assert (answer.status, answer.body) == (204, b"")
        assert (got.body, got.headers["X-Own"]) == (b"{}", "1")
        assert "poster-exporter" in got.headers["User-Agent"]

    async def test_no_more_of_the_answer_is_read_than_asked_for(self, poster, hook):
        hook.mode = HUGE

        assert len((await post(poster, hook)).body) == 100

    async def test_a_redirect_is_an_answer(self, poster, hook):
        hook.mode, hook.location = REDIRECT, "https://10.0.0.1/"

        assert (await post(poster, hook)).status == 302

    async def test_a_host_that_never_answers_is_given_up(self, poster, hook):
        hook.mode = RECEIVER_HANGS

        with pytest.raises(EgressFailed, match=r"more than 0\.2 s"):
            await post(poster, hook, timeout_s=0.2)

    async def test_a_name_at_a_private_address_is_not_posted_to(self, settings, hook):
        client = make_client(replace(settings, egress_allow=()))

        with pytest.raises(EgressDenied):
            await post(client, hook, host="localhost")
        await client.close()
        assert hook.got == []


async def test_a_closed_client_opens_again(client, host):
    await client.get(URL(host.tilejson_url), {})
    await client.close()

    assert (await client.get(URL(host.tilejson_url), {})).status == 200


async def test_a_name_with_one_private_address_is_not_resolved_for_anyone():
    async def both(host, port):
        return ["93.184.216.34", "10.0.0.7"]

    resolver = CheckedResolver(AddressRules(), both)

    with pytest.raises(EgressDenied):
        await resolver.resolve("tiles.example", 443)


async def test_public_addresses_are_handed_on_as_they_were_checked():
    async def both(host, port):
        return ["93.184.216.34", "2606:2800:220:1::1"]

    results = await CheckedResolver(AddressRules(), both).resolve("tiles.example", 443)

    assert [(result["hostname"], result["host"]) for result in results] == [
        ("tiles.example", "93.184.216.34"),
        ("tiles.example", "2606:2800:220:1::1"),
    ]


async def post(client, hook, *, body=b"", timeout_s=5.0, host="127.0.0.1"):
    url = URL(f"http://{host}:{hook.port}/hook")
    return await client.post(url, body, {"X-Own": "1"}, timeout_s=timeout_s, max_bytes=100)


def make_client(settings: Settings) -> HttpClient:
    return HttpClient(settings, AddressRules(settings.egress_allow), resolve_by_system)


@pytest.fixture
def hook():
    with receiver() as running:
        yield running


@pytest.fixture
async def poster(settings, hook):
    client = make_client(replace(settings, egress_allow=(hook.authority,)))
    yield client
    await client.close()


@pytest.fixture
def host(tmp_path):
    with tile_host(certificates=make_certificates(tmp_path)) as running:
        yield running


@pytest.fixture
def settings(tmp_path, host):
    return Settings(
        egress_allow=(host.authority,), egress_ca_file=host.ca_file, fetch_timeout_s=5.0
    )


@pytest.fixture
async def client(settings):
    client = make_client(settings)
    yield client
    await client.close()
