"""A real Prometheus that scrapes a running service, and a way to ask it."""

import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.ports import HOST, free_port
from tests.functional.service import Service
from tests.functional.waiting import eventually

# The service's own file scrapes by the quarter minute; a test has no such time.
CONFIG = """
global: {{scrape_interval: 2s, evaluation_interval: 2s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: poster-export
    authorization: {{credentials_file: {key}}}
    static_configs: [{{targets: ["{target}"]}}]
"""


@dataclass(frozen=True)
class Prometheus:
    port: int

    def ask(self, path: str, **query: str) -> Any:
        """Return the data of an answer of the HTTP API, as of `/api/v1/<path>`."""
        url = f"http://{HOST}:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            told = json.load(answer)
        assert told["status"] == "success", told
        return told["data"]

    def scrapes(self) -> int:
        """Return how many scrapes succeeded so far."""
        data = self.ask("query", query='sum_over_time(up{job="poster-export"}[1h])')
        return int(float(data["result"][0]["value"][1])) if data["result"] else 0


@contextmanager
def prometheus(folder: Path, service: Service, rules: Path) -> Iterator[Prometheus]:
    """Run Prometheus on *service* until the `with` ends."""
    port = free_port()
    config, key = folder / "prometheus.yml", folder / "key"
    key.write_text(service.client.key)
    config.write_text(
        CONFIG.format(rules=rules, key=key, target=urllib.parse.urlsplit(service.client.url).netloc)
    )
    log = folder / "prometheus.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", "prometheus",
             f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={HOST}:{port}"],
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        asked = Prometheus(port)
        eventually(lambda: _up(asked), within_s=30, what=f"Prometheus scrapes ({log})")
        yield asked
    finally:
        process.terminate()
        process.wait(15)


def _up(asked: Prometheus) -> bool:
    try:
        targets = asked.ask("targets")["activeTargets"]
    except OSError:  # it is not listening yet
        return False
    return bool(targets) and targets[0]["health"] == "up"
