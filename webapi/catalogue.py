"""The styles there are, their palettes and fonts, from `static_renderer/shared-styles`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from exporter.errors import InvalidSettings

SHARED_STYLES = Path(__file__).parents[1] / "static_renderer" / "shared-styles"


@dataclass(frozen=True)
class Catalogue:
    """Styles by id, as their files hold them. `version` changes when any of them does."""

    styles: Mapping[str, dict[str, Any]]
    version: str

    @classmethod
    def read(cls, folder: Path = SHARED_STYLES) -> "Catalogue":
        """Read the styles of the package in *folder*, in its order. Raises InvalidSettings."""
        try:
            order = json.loads((folder / "order.json").read_text())
            files = {name: (folder / "styles" / f"{name}.json").read_bytes() for name in order}
        except OSError as err:
            raise InvalidSettings(f"static_renderer is not complete: {err}") from err
        digest = hashlib.sha256(b"".join(files.values())).hexdigest()
        return cls({name: json.loads(text) for name, text in files.items()}, digest[:32])

    @cached_property
    def fonts(self) -> tuple[str, ...]:
        names = (font for style in self.styles.values() for font in style["recommendedFonts"])
        return tuple(dict.fromkeys(names))

    @cached_property
    def palettes(self) -> dict[str, dict[str, Any]]:
        """All palettes by id."""
        found = (palette for style in self.styles.values() for palette in style["palettes"])
        return {palette["id"]: palette for palette in found}

    def palettes_of(self, style_id: str) -> tuple[str, ...]:
        return tuple(palette["id"] for palette in self.styles[style_id]["palettes"])

    def summary(self) -> dict[str, Any]:
        """Return what `GET /api/v1/styles` answers."""
        return {"styles": [_summary(style) for style in self.styles.values()]}


def _summary(style: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": style["id"],
        "name": style["name"],
        "description": style["description"],
        "palettes": [
            {"id": palette["id"], "name": palette["name"], "colors": _colors(palette)}
            for palette in style["palettes"]
        ],
    }


def _colors(palette: dict[str, Any]) -> dict[str, str]:
    return {
        "background": palette["background"],
        "text": palette["text"],
        "primary": palette.get("primary") or palette["roads"]["motorway"],
    }
