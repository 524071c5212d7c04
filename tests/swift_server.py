"""OpenStack Swift's s3api on loopback: a real S3 server that checks signatures, over http and TLS.

Two proxies, one plain and one with TLS, stand before the same account, container and object
server. Unprivileged, no memcached, nothing outside its folder; gone with its `with` block.
"""

import contextlib
import getpass
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.certificates import Certificates, make_certificates
from tests.conftest import free_port

ACCESS_KEY, SECRET = "test:tester", "testing"
REGION = "us-east-1"
# Measured 3 to 4 s with the rings built; a busy machine takes longer.
START_TIMEOUT_S = 20.0
BIN = Path(sys.executable).parent
STORAGE = ("account", "container", "object")


@dataclass(frozen=True)
class Swift:
    """A running server: two endpoints, one content."""

    http_url: str
    tls_url: str
    ca_file: str

    def url(self, scheme: str) -> str:
        return self.http_url if scheme == "http" else self.tls_url

    def client(self):
        """A plain boto3 client, for what a test does beside the code it tests."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.http_url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )


def require_xattrs(folder: Path) -> None:
    """Skip the test where Swift cannot keep its metadata: in a filesystem without user xattrs."""
    probe = folder / "xattr-probe"
    probe.touch()
    try:
        os.setxattr(probe, "user.probe", b"1")
    except OSError as err:
        pytest.skip(f"Swift needs user xattrs, and {folder} has none ({err}); set TMPDIR elsewhere")
    finally:
        probe.unlink()


@contextlib.contextmanager
def swift(folder: Path) -> Iterator[Swift]:
    """Run Swift in *folder*, a private directory on a filesystem with user xattrs."""
    certificates = make_certificates(folder)
    ports = {name: free_port() for name in (*STORAGE, "proxy", "tls-proxy")}
    _write_rings(folder, ports)
    _write_conf(folder, ports, certificates)
    with contextlib.ExitStack() as running:
        for name in ports:
            running.enter_context(_server(folder, name))
        server = Swift(
            f"http://127.0.0.1:{ports['proxy']}",
            f"https://localhost:{ports['tls-proxy']}",
            str(certificates.ca_file),
        )
        _await_ready(server, ports, folder)
        yield server


def _write_rings(folder: Path, ports: dict[str, int]) -> None:
    etc = folder / "etc"
    etc.mkdir()
    (folder / "dev/sdb1").mkdir(parents=True)
    builders = [threading.Thread(target=_write_ring, args=(etc, s, ports[s])) for s in STORAGE]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()


def _write_ring(etc: Path, service: str, port: int) -> None:
    for words in ("create 4 1 1", f"add r1z1-127.0.0.1:{port}/sdb1 1", "rebalance"):
        subprocess.run(
            [BIN / "swift-ring-builder", f"{service}.builder", *words.split()],
            cwd=etc,
            check=True,
            capture_output=True,
            timeout=START_TIMEOUT_S,
        )


def _write_conf(folder: Path, ports: dict[str, int], certificates: Certificates) -> None:
    (folder / "etc/swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_prefix = a1\nswift_hash_path_suffix = b2\n"
        "[storage-policy:0]\nname = p0\ndefault = yes\n"
    )
    for service in STORAGE:
        (folder / f"{service}.conf").write_text(
            _default(folder, ports[service])
            + f"devices = {folder}/dev\nmount_check = false\n"
            + "fallocate_reserve = 0\ndisable_fallocate = true\n"
            + f"[pipeline:main]\npipeline = {service}-server\n"
            + f"[app:{service}-server]\nuse = egg:swift#{service}\n"
        )
    tls = f"cert_file = {certificates.cert_file}\nkey_file = {certificates.key_file}\n"
    for name, more in (("proxy", ""), ("tls-proxy", tls)):
        (folder / f"{name}.conf").write_text(_default(folder, ports[name]) + more + _PROXY)


def _default(folder: Path, port: int) -> str:
    return (
        f"[DEFAULT]\nswift_dir = {folder}/etc\nbind_ip = 127.0.0.1\nbind_port = {port}\n"
        f"workers = 0\nuser = {getpass.getuser()}\nlog_level = WARNING\n"
    )


_PLAIN = ("catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "copy")
_FILTERS = (*_PLAIN, "slo", "dlo", "versioned_writes")
_PROXY = """[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy \
slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
""" + "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in _FILTERS)


@contextlib.contextmanager
def _server(folder: Path, name: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [BIN / f"swift-{name.removeprefix('tls-')}-server", folder / f"{name}.conf"],
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _await_ready(server: Swift, ports: dict[str, int], folder: Path) -> None:
    """Wait for both proxies and for the storage servers, which /healthcheck does not look at."""
    trusted = ssl.create_default_context(cafile=server.ca_file)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
    )
    deadline = time.monotonic() + START_TIMEOUT_S
    waiting = [(opener.open, f"{url}/healthcheck") for url in (server.http_url, server.tls_url)]
    waiting += [(socket.create_connection, ("127.0.0.1", ports[name])) for name in STORAGE]
    while waiting:
        connect, where = waiting[-1]
        try:
            connect(where, timeout=5).close()
            waiting.pop()
        except (OSError, urllib.error.URLError) as err:
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text() for path in folder.glob("*.log"))
                raise TimeoutError(f"no answer at {where}: {err}\n{logs}") from err
            time.sleep(0.05)  # between two looks at the condition
