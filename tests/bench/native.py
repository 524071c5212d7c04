"""MapLibre Native in a process of its own: draws one map after another to a PNG, timed here.

Run by the bench's own environment, so pymgl and the standard library only. An order a line on
stdin, an answer a line on stdout (drawer.py).
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from pymgl import Map  # type: ignore[import-not-found]


def draw(order: dict[str, Any]) -> dict[str, Any]:
    """Draw one order, from nothing to a stored PNG: what a server would do for each request."""
    begun = time.monotonic()
    options = dict(order["map"])
    with Map(options.pop("style"), **options) as drawn:
        drawn.load()
        png = drawn.renderPNG()
    Path(order["out"]).write_bytes(png)
    return {"wall_s": time.monotonic() - begun, "bytes": len(png)}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(draw(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
