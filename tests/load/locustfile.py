"""The callers, as Locust starts them: each keeps one export in flight while the load lasts.

Told by the environment (tests/load/drive.py); runs in Locust's own environment, so beside Locust
the standard library only.
"""

import itertools
import json
import os
import random
import time
from pathlib import Path

from locust import FastHttpUser, task

from tests.load.caller import Caller, Reply
from tests.load.export import write

ORDERS = json.loads(Path(os.environ["LOAD_ORDERS"]).read_text())
EXPORTS = Path(os.environ["LOAD_EXPORTS"])
ASK_EVERY_S = float(os.environ["LOAD_ASK_EVERY_S"])
HEADERS = {
    "Authorization": f"Bearer {os.environ['LOAD_API_KEY']}",
    "Content-Type": "application/json",
    # Each export is drawn, whatever was drawn before.
    "Cache-Control": "no-cache",
    # The server closes a connection that rests for two seconds. A caller who rests for longer
    # would now and then write into a closed one, which says nothing of the service.
    "Connection": "close",
}
_numbers = itertools.count()


class Exporter(FastHttpUser):
    """One caller. It asks for the same row of posters in every run."""

    network_timeout = 60.0
    connection_timeout = 30.0

    def on_start(self) -> None:
        number = next(_numbers)
        self.chance = random.Random(number)
        self.caller = Caller(number, self.send, self.rest)

    @task
    def export(self) -> None:
        """Locust lets it come to its end when the load is over."""
        orders = ORDERS["orders"]
        [order] = self.chance.choices(orders, [order["share"] for order in orders])
        priorities = ORDERS["priorities"]
        [priority] = self.chance.choices(list(priorities), list(priorities.values()))
        write(self.caller.export(order["name"], order["body"], priority), EXPORTS)

    def send(self, kind: str, method: str, url: str, body: bytes | None = None) -> Reply:
        answer = self.client.request(method, url, name=kind, data=body, headers=HEADERS)
        return Reply(answer.status_code, answer.content or b"")

    def rest(self) -> None:
        time.sleep(ASK_EVERY_S * self.chance.uniform(0.5, 1.5))
