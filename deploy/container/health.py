"""What a container engine asks a container: `python -m deploy.container.health ROLE`.

Exit code 0: well. 1: restart it. A Redis that is away is no reason to restart whoever waits for it.
"""

import socket
import sys
import urllib.request
from collections.abc import Callable, Mapping

from exporter.errors import QueueUnavailable
from exporter.jobs import connect
from exporter.presence import workers
from exporter.settings import Settings, settings

# Below the timeouts of the Dockerfile and the manifests.
ANSWER_S = 4.0


def main() -> int:
    """Ask the role that the command line names; say what is wrong."""
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    if role not in ROLES:
        print(f"health: {', '.join(ROLES)}, not {role!r}", file=sys.stderr)
        return 2
    trouble = ROLES[role](settings())
    if trouble:
        print(f"health: {trouble}", file=sys.stderr)
    return 1 if trouble else 0


def of_webapi(config: Settings) -> str:
    """Return what is wrong with the API of this container, nothing when it is well."""
    return _asked(f"http://127.0.0.1:{config.port}/health/live")


def of_flower(config: Settings) -> str:
    """Return what is wrong with this container's Flower; its health needs no password."""
    return _asked(f"http://127.0.0.1:{config.flower_port}/healthcheck")


def of_worker(config: Settings) -> str:
    """Return what is wrong with the worker of this container: it has not reported for 30 s."""
    host = socket.gethostname()
    client = connect(config)
    try:
        reported = [each.worker for each in workers(client)]
    except QueueUnavailable as err:
        print(f"health: not known, {err}", file=sys.stderr)
        return ""
    finally:
        client.close()
    if any(name.rpartition(":")[0] == host for name in reported):
        return ""
    return f"no worker process of {host} has reported within 30 s"


def _asked(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S):  # noqa: S310 - http, our own loopback
            return ""
    except OSError as err:
        return f"{url}: {err}"


ROLES: Mapping[str, Callable[[Settings], str]] = {
    "webapi": of_webapi,
    "worker": of_worker,
    "flower": of_flower,
}

if __name__ == "__main__":
    sys.exit(main())
