"""The services of the functional tests: one on the sample city, one on an online tile host.

Of the package, not of the session: four warm browsers would slow down all later tests.
"""

from collections.abc import Iterator

import pytest

from tests.certificates import make_certificates
from tests.functional.service import Service, service
from tests.receivers import OK, Receiver, receiver
from tests.servers import TileHost, tile_host


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service as `make run` starts it, with the sample city's tiles."""
    with service(tmp_path_factory.mktemp("stack") / "var") as running:
        yield running


@pytest.fixture(scope="package")
def tls_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TileHost]:
    """A tile host like OpenFreeMap's, whose answers nobody may keep."""
    with tile_host(make_certificates(tmp_path_factory.mktemp("tls"))) as host:
        host.cache_control = "no-store"
        yield host


@pytest.fixture(scope="package")
def hook_host() -> Iterator[Receiver]:
    """A webhook receiver that the online service may call."""
    with receiver() as host:
        yield host


@pytest.fixture
def hook(hook_host: Receiver) -> Receiver:
    """The receiver, well and with nothing received yet."""
    hook_host.mode = OK
    hook_host.got.clear()
    return hook_host


@pytest.fixture(scope="package")
def online_stack(
    tmp_path_factory: pytest.TempPathFactory, tls_host: TileHost, hook_host: Receiver
) -> Iterator[Service]:
    """The service drawing from *tls_host*: other settings, nothing else."""
    online = {
        "TILES_URL": tls_host.tilejson_url,
        "EXPORT_EGRESS_ALLOW": f"{tls_host.authority},{hook_host.authority}",
        "EXPORT_EGRESS_CA_FILE": tls_host.ca_file,
    }
    with service(tmp_path_factory.mktemp("online") / "var", **online) as running:
        yield running


@pytest.fixture
def online(online_stack: Service, tls_host: TileHost) -> Iterator[Service]:
    """The online service, its tile host well at the test's begin and end."""
    tls_host.requests.clear()
    yield online_stack
    tls_host.fault = None
