"""1,000 submits in ten seconds while posters are drawn: what a caller waits for, and what fails."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException

from tests.bench.numbers import percentile
from tests.bench.service import GENERATE, Service
from tests.bench.subject import USUAL, request
from tests.bench.turns import ahead

SUBMITS, WITHIN_S, CALLERS = 1000, 10.0, 8


@dataclass
class Submits:
    """What came of them: how long each took, how late each began, and the statuses."""

    took_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def p(self, percent: float) -> float:
        """Return a percentile of the seconds from request to answer."""
        return percentile(self.took_s, percent)

    @property
    def failed(self) -> int:
        """How many got a 5xx or no answer."""
        return sum(n for status, n in self.statuses.items() if not status.startswith(("2", "4")))


def submit_many(service: Service) -> Submits:
    """Send them at an even pace from a few callers, each on a connection it keeps.

    The pace does not wait for answers: a submit that begins late counts as late.
    """
    done, lock = Submits(), threading.Lock()
    body, headers = json.dumps(request(USUAL)).encode(), service.headers()
    begun = time.monotonic()

    def call(nth: int) -> None:
        connection = service.connection()
        for i in range(nth, SUBMITS, CALLERS):
            due = begun + i * WITHIN_S / SUBMITS
            threading.Event().wait(max(0.0, due - time.monotonic()))
            started = time.monotonic()
            try:
                connection.request("POST", GENERATE, body, headers)
                response = connection.getresponse()
                response.read()
                status = str(response.status)
            except (HTTPException, OSError) as err:
                connection.close()
                status = type(err).__name__
            with lock:
                done.took_s.append(time.monotonic() - started)
                done.late_s.append(started - due)
                done.statuses[status] = done.statuses.get(status, 0) + 1
        connection.close()

    callers = [threading.Thread(target=call, args=(n,), daemon=True) for n in range(CALLERS)]
    with ahead():
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    done.seconds = time.monotonic() - begun
    return done
