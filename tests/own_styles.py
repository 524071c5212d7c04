"""MapLibre styles of callers' own for tests."""

import io
import json
from typing import Any

from PIL import Image

from exporter.poster import MapStyle
from webapi.catalogue import Catalogue

CATALOGUE = Catalogue.read()
RED = (255, 0, 0)


def ours(style_id: str = "minimal") -> dict[str, Any]:
    """A copy of our whole style, as the web app sends it."""
    return json.loads(json.dumps(CATALOGUE.styles[style_id]))  # type: ignore[no-any-return]


def repainted(layer_id: str, **paint: Any) -> dict[str, Any]:
    """Our minimal style with another paint of one layer; `_` stands for `-`."""
    style = ours()
    layer = next(layer for layer in style["mapStyle"]["layers"] if layer["id"] == layer_id)
    layer["paint"].update({key.replace("_", "-"): value for key, value in paint.items()})
    return style


def map_style(**more: Any) -> dict[str, Any]:
    """The smallest good style; a value of None takes its key away."""
    style = {
        "version": 8,
        "sources": {"map": {"type": "vector", "url": "https://tiles.example.com/tiles.json"}},
        "layers": [
            {"id": "paper", "type": "background", "paint": {"background-color": "#ffffff"}},
            {"id": "sea", "type": "fill", "source": "map", "source-layer": "water",
             "paint": {"fill-color": "#ff0000"}},
        ],
        **more,
    }  # fmt: skip
    return {key: value for key, value in style.items() if value is not None}


def own(style: dict[str, Any]) -> MapStyle:
    return MapStyle(json.dumps(style))


def tile(colour: str = "#ff0000", side: int = 256) -> bytes:
    png = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(png, "PNG")
    return png.getvalue()
