"""Fields of the web app's PosterConfig that posters cannot show yet, with their defaults.

A field that says its default asks for nothing, so saved configs pass. Any other value is refused
by name: nothing is taken and silently not drawn.
"""

from typing import Any

# By the dataclass whose section they would stand in. None stands for "unset".
NOT_DRAWN: dict[str, dict[str, Any]] = {
    "Layers": {
        "terrainMeshQuality": "balanced", "terrainFog": True, "terrainFogColor": None,
        "terrainFogRange": [0.5, 10], "terrainLightAltitude": 45, "terrainAmbientLight": 0.35,
        "terrainDiffuseLight": 0.8,
        "terrainShadows": None, "terrainShadowDarkness": None, "terrainColor": None,
        "terrainShadowColor": None, "terrainHighlightColor": None,
    },
    "Palette": {"building3D": None},
}  # fmt: skip

# Fields that never belonged to a printed poster: previews, 3D printing, an unprinted line.
IGNORED: dict[str, frozenset[str]] = {
    "PosterConfig": frozenset({"rendering", "stl", "is3DMode"}),
    "Location": frozenset({"subtitle"}),
}


def asks(value: Any, default: Any) -> bool:
    """Tell whether *value* asks for something that leaving the field out does not."""
    return value not in (None, False, [], {}) and bool(value != default)
