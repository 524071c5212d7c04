"""Fetching: checked, pinned, cached, retried, capped. Real TLS on loopback, no outside network."""

import asyncio
import zlib
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from exporter import addresses
from exporter import egress as egress_module
from exporter.egress import Egress
from exporter.errors import EgressDenied, EgressFailed, InvalidSettings, ResponseTooLarge
from exporter.settings import Settings
from tests.certificates import make_certificates
from tests.servers import (
    ABSENT,
    BOMB,
    BUSY,
    ERROR,
    HANG,
    HTML,
    LOOP,
    SHORT,
    SLOW,
    TO_PRIVATE,
    TRUNCATED,
    Fault,
    canary,
    tile_host,
)

# The centre of Astana: full in the sample, so that it is served with a body of its own.
TILE = (14, 11442, 5474)
PUBLIC = "93.184.216.34"


class TestCaching:
    async def test_a_tile_is_fetched_once_within_its_freshness(self, host, egress):
        first = await egress.fetch(host.tile_url(*TILE))
        again = await egress.fetch(host.tile_url(*TILE))

        assert first.status == again.status == 200
        assert first.body == again.body
        assert (first.from_cache, again.from_cache) == (False, True)
        assert len(host.requests) == 1
        assert (egress.hits, egress.misses) == (1, 1)

    async def test_another_process_of_the_host_finds_the_tile_fetched(self, host, settings):
        async with Egress(settings) as first, Egress(settings) as second:
            await first.fetch(host.tile_url(*TILE))
            await second.fetch(host.tile_url(*TILE))

        assert len(host.requests) == 1

    async def test_a_stale_tile_is_asked_for_again_by_its_etag(self, host, egress):
        host.cache_control = "no-cache"
        first = await egress.fetch(host.tile_url(*TILE))

        again = await egress.fetch(host.tile_url(*TILE))

        assert [seen.status for seen in host.requests] == [200, 304]
        assert "If-None-Match" in host.requests[1].headers
        assert again.body == first.body
        assert again.from_cache

    async def test_a_confirmed_tile_is_fresh_again(self, host, egress):
        host.cache_control = "max-age=0"
        await egress.fetch(host.tile_url(*TILE))
        host.cache_control = "max-age=60"

        for _ in range(3):
            await egress.fetch(host.tile_url(*TILE))

        assert [seen.status for seen in host.requests] == [200, 304]

    async def test_what_must_not_be_stored_is_not(self, host, egress, settings):
        host.cache_control = "no-store"
        for _ in range(2):
            await egress.fetch(host.tile_url(*TILE))

        assert [seen.status for seen in host.requests] == [200, 200]
        assert not list(settings.var_dir.rglob("*/http/*/*/*"))

    async def test_a_missing_tile_is_remembered_as_missing(self, host, egress):
        for _ in range(2):
            assert (await egress.fetch(host.tile_url(14, 0, 0))).status == 404

        assert len(host.requests) == 1

    async def test_a_body_refused_by_its_check_is_not_stored(self, host, egress):
        def refuse(body: bytes) -> None:
            raise ValueError(body[:1])

        with pytest.raises(ValueError):
            await egress.fetch(host.tile_url(*TILE), check=refuse)
        await egress.fetch(host.tile_url(*TILE))

        assert len(host.requests) == 2

    async def test_callers_at_the_same_time_share_one_request(self, host, egress):
        host.fault = Fault(SLOW, delay_s=0.2)

        answers = await asyncio.gather(*(egress.fetch(host.tile_url(*TILE)) for _ in range(10)))

        assert len({answer.body for answer in answers}) == 1
        assert len(host.requests) == 1

    async def test_a_caller_that_gives_up_does_not_take_the_answer_from_the_others(
        self, host, egress
    ):
        host.fault = Fault(SLOW, delay_s=0.2)
        hasty = asyncio.create_task(egress.fetch(host.tile_url(*TILE)))
        patient = asyncio.create_task(egress.fetch(host.tile_url(*TILE)))
        await asyncio.sleep(0)

        hasty.cancel()

        assert (await patient).status == 200
        assert len(host.requests) == 1


class TestRetrying:
    @pytest.mark.parametrize("kind", [ERROR, SHORT, BUSY])
    async def test_a_fault_that_passes_is_outlived(self, host, egress, kind):
        host.fault = Fault(kind, times=1)

        assert (await egress.fetch(host.tile_url(*TILE))).status == 200
        assert len(host.requests) == 2

    async def test_a_host_that_stays_broken_is_asked_three_times(self, host, egress):
        host.fault = Fault(ERROR)

        with pytest.raises(EgressFailed, match="localhost answered 500"):
            await egress.fetch(host.tile_url(*TILE))
        assert len(host.requests) == 3

    async def test_retry_after_is_waited_for(self, host, egress, monkeypatch):
        monkeypatch.setattr(egress_module, "BACKOFF_S", 0.0)
        host.fault = Fault(BUSY, times=1)
        started = asyncio.get_running_loop().time()

        await egress.fetch(host.tile_url(*TILE))

        assert asyncio.get_running_loop().time() - started >= 1.0

    async def test_a_retry_after_beyond_the_budget_fails_at_once(self, host, egress):
        host.fault = Fault(BUSY)

        with pytest.raises(EgressFailed, match="429"):
            await egress.fetch(host.tile_url(*TILE), budget_s=0.9)
        assert len(host.requests) == 1

    async def test_a_missing_tile_is_not_asked_for_again(self, host, egress):
        host.fault = Fault(ABSENT)

        assert (await egress.fetch(host.tile_url(*TILE))).status == 404
        assert len(host.requests) == 1

    async def test_a_host_that_never_answers_ends_in_time(self, host, settings):
        host.fault = Fault(HANG)
        async with Egress(replace(settings, fetch_timeout_s=0.1)) as egress:
            with pytest.raises(EgressFailed) as failed:
                await egress.fetch(host.tile_url(*TILE), budget_s=0.25)

        assert isinstance(failed.value.__cause__, TimeoutError)

    async def test_each_try_has_its_own_limit(self, host, settings):
        host.fault = Fault(HANG, times=1)
        async with Egress(replace(settings, fetch_timeout_s=0.3)) as egress:
            assert (await egress.fetch(host.tile_url(*TILE))).status == 200

    async def test_nobody_listening_is_a_failure(self, egress, unused_port):
        with pytest.raises(EgressFailed, match="could not be fetched"):
            await egress.fetch(f"https://localhost:{unused_port}/")

    async def test_a_name_without_addresses_is_a_failure(self, settings):
        async def unknown(host: str, port: int) -> list[str]:
            raise OSError(f"no such name {host}")

        async with Egress(settings, resolve=unknown) as egress:
            with pytest.raises(EgressFailed):
                await egress.fetch("https://nowhere.example/")

    async def test_no_more_than_16_requests_run_at_once_at_a_host(self, host, egress):
        host.fault = Fault(SLOW, delay_s=0.05)

        await asyncio.gather(*(egress.fetch(host.tile_url(14, x, 0)) for x in range(40)))

        assert host.busiest <= 16
        assert len(host.requests) == 40


class TestBodies:
    async def test_a_bomb_is_stopped_at_the_cap(self, host, settings):
        host.fault = Fault(BOMB)
        async with Egress(settings) as egress:
            with pytest.raises(ResponseTooLarge):
                await egress.fetch(host.tile_url(*TILE))

    @pytest.mark.parametrize("slack", [0, -1])
    async def test_the_cap_counts_decoded_bytes(self, host, settings, slack):
        async with Egress(settings) as egress:
            size = len((await egress.fetch(host.tile_url(*TILE))).body)

        limited = replace(settings, fetch_max_bytes=size + slack)
        async with Egress(replace(limited, var_dir=limited.var_dir / "other")) as egress:
            if slack:
                with pytest.raises(ResponseTooLarge):
                    await egress.fetch(host.tile_url(*TILE))
            else:
                assert len((await egress.fetch(host.tile_url(*TILE))).body) == size

    async def test_the_cap_counts_raw_bytes(self, host, settings):
        host.fault = Fault(HTML)
        async with Egress(replace(settings, fetch_max_bytes=10)) as egress:
            with pytest.raises(ResponseTooLarge):
                await egress.fetch(host.tile_url(*TILE))

    async def test_torn_gzip_is_a_failure_that_says_so(self, host, egress):
        host.fault = Fault(TRUNCATED)

        with pytest.raises(EgressFailed) as failed:
            await egress.fetch(host.tile_url(*TILE))

        assert isinstance(failed.value.__cause__, zlib.error)
        assert len(host.requests) == 1

    async def test_the_request_is_honest_and_bare(self, host, settings):
        async with Egress(replace(settings, contact="maps@example.com")) as egress:
            await egress.fetch(host.tile_url(*TILE), accept="application/x-protobuf")

        headers = host.requests[0].headers
        assert headers["User-Agent"].startswith("poster-exporter/")
        assert headers["User-Agent"].endswith("(+maps@example.com)")
        assert headers["Accept-Encoding"] == "gzip"
        assert headers["Accept"] == "application/x-protobuf"
        assert "Cookie" not in headers


class TestDenying:
    @pytest.mark.parametrize("name", ["localhost", "0x7f.1", "0177.0.0.1", "127。0。0。1", "127.1"])
    async def test_a_name_of_localhost_is_denied_unless_allowed(self, settings, name):
        async with Egress(replace(settings, egress_allow=())) as egress:
            with pytest.raises(EgressDenied) as denied:
                await egress.fetch(f"https://{name}/")

        assert "127.0.0.1" not in denied.value.public

    async def test_a_denied_address_is_never_dialled(self, settings):
        with canary() as bird:
            async with Egress(replace(settings, egress_allow=())) as egress:
                for url in private_urls(bird.port):
                    with pytest.raises(EgressDenied):
                        await egress.fetch(url)

        assert bird.hits == 0

    async def test_one_private_address_among_public_ones_is_denied(self, settings):
        async def mixed(host: str, port: int) -> list[str]:
            return [PUBLIC, "127.0.0.1"]

        async with Egress(settings, resolve=mixed) as egress:
            with pytest.raises(EgressDenied):
                await egress.fetch("https://tiles.example/")

    async def test_a_name_that_flips_to_localhost_is_denied(self, settings, monkeypatch):
        """Rebinding: each connection goes to the addresses its own resolution was checked for."""
        # 127.0.0.2, where nobody listens, stands for a public address: nothing leaves this host.
        monkeypatch.setattr(addresses, "DENIED", (ip_network("127.0.0.1/32"),))
        asked = []

        async def flipping(name: str, port: int) -> list[str]:
            asked.append(name)
            return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

        async with Egress(settings, resolve=flipping) as egress:
            with pytest.raises(EgressDenied):
                await egress.fetch("https://tiles.example/")

        assert asked == ["tiles.example", "tiles.example"]

    async def test_a_redirect_to_a_private_address_is_denied(self, host, egress):
        with canary() as bird:
            for url in private_urls(bird.port):
                host.fault = Fault(TO_PRIVATE, location=url)
                with pytest.raises(EgressDenied):
                    await egress.fetch(host.tile_url(*TILE))

            assert bird.hits == 0

    async def test_a_redirect_to_an_allowed_place_is_followed(self, host, egress):
        host.fault = Fault(TO_PRIVATE, location=host.tilejson_url)

        fetched = await egress.fetch(host.tile_url(*TILE))

        assert fetched.content_type.startswith("application/json")
        assert [seen.status for seen in host.requests] == [302, 200]

    async def test_a_redirect_in_a_circle_ends_after_three(self, host, egress):
        host.fault = Fault(LOOP)

        with pytest.raises(EgressDenied, match="redirects"):
            await egress.fetch(host.tile_url(*TILE))
        assert len(host.requests) == 4


class TestCertificates:
    async def test_an_unknown_authority_is_refused_once_and_named(self, host, settings):
        async with Egress(replace(settings, egress_ca_file="")) as egress:
            with pytest.raises(EgressFailed, match="localhost"):
                await egress.fetch(host.tilejson_url)

        assert host.requests == []

    @pytest.mark.parametrize("wrong", [{"valid_days": -1}, {"host": "other.example"}])
    async def test_an_expired_or_foreign_certificate_is_refused(self, tmp_path, settings, wrong):
        certificates = make_certificates(tmp_path, **wrong)
        with tile_host(certificates=certificates) as host:
            trusting = replace(
                settings, egress_ca_file=host.ca_file, egress_allow=(host.authority,)
            )
            async with Egress(trusting) as egress:
                with pytest.raises(EgressFailed, match="localhost"):
                    await egress.fetch(host.tilejson_url)

        assert host.requests == []

    def test_an_authority_that_cannot_be_read_names_its_setting(self, settings):
        with pytest.raises(InvalidSettings, match="EXPORT_EGRESS_CA_FILE"):
            Egress(replace(settings, egress_ca_file="/nowhere/ca.pem"))


def private_urls(port: int) -> list[str]:
    hosts = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"]
    with_port = [f"{scheme}://{host}:{port}/" for host in hosts for scheme in ("http", "https")]
    return [
        *with_port,
        "https://169.254.169.254/latest/",
        "file:///etc/passwd",
        "https://10.0.0.1/",
    ]


@pytest.fixture
def host(tmp_path):
    with tile_host(certificates=make_certificates(tmp_path)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, host) -> Settings:
    return Settings(
        var_dir=tmp_path / "var",
        egress_allow=(host.authority,),
        egress_ca_file=host.ca_file,
        fetch_timeout_s=5.0,
    )


@pytest.fixture
async def egress(settings, unused_port):
    allowed = (*settings.egress_allow, f"localhost:{unused_port}")
    async with Egress(replace(settings, egress_allow=allowed)) as running:
        yield running


@pytest.fixture
def unused_port() -> int:
    with canary() as bird:
        return bird.port


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch):
    monkeypatch.setattr(egress_module, "BACKOFF_S", 0.01)
