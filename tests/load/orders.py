"""What callers ask for: posters of the sample city in every style, sizes mixed as callers mix them.

The shares of the sizes are those that costs are computed with (deploy/simulation/assumed.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deploy.simulation import assumed
from tests.bench.subject import Size

# Of all exports, by priority: an assumption, made so that each queue has something to do.
PRIORITIES = {"high": 0.2, "normal": 0.6, "low": 0.2}


@dataclass(frozen=True)
class Order:
    """One poster. *share*: how much of all that is asked for it is, if all shares add up to 1."""

    name: str
    size: Size
    share: float
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Look:
    style: str
    lng: float = 71.43
    lat: float = 51.145
    zoom: float = 13.0
    options: Mapping[str, bool] = field(default_factory=dict)
    pitch: float = 0.0
    bearing: float = 0.0


_WOODS = {"landcover_grass": True, "landcover_wood": True}
# By size, as assumed.MIX names them. Every style is there, and each poster has another view.
LOOKS = {
    "1024 x 1536": (
        _Look("blueprint", 71.45, 51.13, 12.6),
        _Look("retro", 71.41, 51.16, 13.4, {"labels": False}),
        _Look("watercolor", 71.43, 51.15, 12.8, _WOODS),
    ),
    "2400 x 3600": (
        _Look("minimal", options={"labels": False}),
        _Look("dark-mode", 71.42, 51.155, 13.2),
        _Look("midnight", 71.46, 51.14, 12.8, {"pois": True}),
        _Look("vintage", 71.44, 51.16, 13.1, _WOODS),
        _Look("topographic", 71.40, 51.15, 12.7, _WOODS, bearing=20),
        _Look("organic", 71.45, 51.15, 13.3, {"buildings_3d": True}, pitch=45, bearing=330),
    ),
    "3600 x 5400": (
        _Look("abstract", 71.43, 51.14, 12.9),
        _Look("atmospheric", 71.42, 51.13, 13.2, {"labels": False}),
    ),
    "4700 x 7050": (_Look("minimal", 71.44, 51.15, 12.7, _WOODS),),
}  # fmt: skip


def orders(size: Size | None = None) -> Sequence[Order]:
    """Return the mix; of *size* if it is given, all the same then but for their size."""
    made = [
        _order(look, text, assumed.MIX[text] / len(looks))
        for text, looks in LOOKS.items()
        for look in looks
    ]
    if size is None:
        return made
    return [_resized(order, size, 1 / len(made)) for order in made]


def _order(look: _Look, text: str, share: float) -> Order:
    width, _, height = text.partition(" x ")
    size = Size(int(width), int(height))
    body = {
        "location": {"lng": look.lng, "lat": look.lat},
        "style": look.style,
        "text": {"title": "Astana", "subtitle": "Kazakhstan"},
        "camera": {"zoom": look.zoom, "pitch": look.pitch, "bearing": look.bearing},
        "options": dict(look.options),
        "resolution": _resolution(size),
    }
    return Order(f"{look.style} {size}", size, share, body)


def _resized(order: Order, size: Size, share: float) -> Order:
    body = {**order.body, "resolution": _resolution(size)}
    # Of two that differed in their size and view, the view still tells them apart.
    return replace(order, name=f"{order.name}, as {size}", size=size, share=share, body=body)


def _resolution(size: Size) -> dict[str, int]:
    return {"width": size.width, "height": size.height}
