"""Loads made of few words, for the tests of this folder."""

from collections.abc import Sequence
from typing import Any

from tests.bench.subject import Size
from tests.load.export import COMPLETED, Export
from tests.load.looks import Look
from tests.load.measured import Difference, Idle, Load, Requests
from tests.load.orders import Order

USUAL, SMALL = Size(2400, 3600), Size(1024, 1536)
ORDERS = (Order("usual", USUAL, 0.8, {}), Order("small", SMALL, 0.2, {}))


def export(caller: int = 0, **given: Any) -> Export:
    """A completed export of the usual size, asked for at 100 s and ended 10 s later."""
    usual: dict[str, Any] = {
        "order": "usual", "priority": "normal", "asked_at": 100.0, "accepted_at": 100.5,
        "ended_at": 110.0, "job_id": f"job-{caller}", "outcome": COMPLETED, "render_s": 2.0,
        "wait_s": 8.0, "sha256": "same", "attempts": 1,
    }  # fmt: skip
    return Export(caller, **{**usual, **given})


def load(
    exports: Sequence[Export],
    *,
    in_flight: Sequence[int] = (),
    cpu_s: float = 1.0,
    differences: Sequence[Difference] = (),
) -> Load:
    """A load of *exports*; looks come every second from 101 s on, two of each being drawn."""
    return Load(
        orders=ORDERS,
        exports=exports,
        looks=[Look(101.0 + n, jobs - 2, 2) for n, jobs in enumerate(in_flight)],
        idle={order.name: Idle("same", 1.5) for order in ORDERS},
        cpu_s={"worker-high": 0.75 * cpu_s, "api": 0.25 * cpu_s},
        differences=differences,
        requests={"submit": Requests(3, 1, 0.012, 0.034)},
    )
