"""The short request: a place, a style and a few switches, and how it becomes a PosterConfig.

Each short field stands for one field of `exporter/poster.py` and has its range from there. Only
the defaults differ where the existing API's did.
"""

from collections.abc import Iterable
from typing import Any

from exporter.poster import Layers, Location, PosterConfig, Typography
from webapi.config_schemas import Section, Vocabulary, schema_of
from webapi.fields import Flag
from webapi.points import Latitude, Longitude
from webapi.strict import StrictSchema

# short field -> (dataclass, its field, default of the short request if it differs)
Table = dict[str, tuple[type, str, Any]]

TEXT: Table = {
    "title": (Location, "name", "API Request"),
    "subtitle": (Location, "city", ""),
    "show_title": (Typography, "show_title", True),
    "show_subtitle": (Typography, "show_subtitle", True),
    "show_coordinates": (Typography, "show_coordinates", True),
    "position": (Typography, "position", "bottom"),
    "color": (Typography, "text_color", None),
}
CAMERA: Table = {
    "pitch": (Layers, "pitch", 0.0),
    "bearing": (Layers, "bearing", 0.0),
    "zoom": (Location, "zoom", 12.0),
}
ON = ("streets", "water", "parks", "buildings", "labels")
OFF = (
    "buildings_3d", "terrain", "terrain_under_water", "contours", "boundaries", "population",
    "pois", "marker", "landcover_wood", "landcover_grass", "landcover_farmland", "landcover_ice",
    "landuse_forest", "landuse_orchard", "landuse_vineyard", "landuse_cemetery", "landuse_grass",
)  # fmt: skip
OPTIONS: Table = {name: (Layers, name, name in ON) for name in (*ON, *OFF)}


def sections(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the short request's fields, ready for a schema."""
    options = {**_fields(vocabulary, OPTIONS), "background": Flag(), "high_res": Flag()}
    return {
        "location": Section(
            _as_dict("Place", {"lat": _required(Latitude), "lng": _required(Longitude)})
        ),
        "style": vocabulary.style(),
        "text": Section(_as_dict("Text", _fields(vocabulary, TEXT))),
        "camera": Section(_as_dict("Camera", _fields(vocabulary, CAMERA))),
        "options": Section(_as_dict("Options", options)),
    }


def config_of(data: dict[str, Any]) -> PosterConfig:
    """Return the PosterConfig that the short request *data*, already loaded, stands for."""
    values: dict[type, dict[str, Any]] = {Location: {}, Typography: {}, Layers: {}}
    for section, table in (("text", TEXT), ("camera", CAMERA), ("options", OPTIONS)):
        given = data.get(section, {})
        for short, (cls, name, default) in table.items():
            values[cls][name] = given.get(short, default)
    # The existing API paled the roads for `labels` and showed none; the names are drawn now.
    labels = values[Layers]["labels"]
    values[Layers].update(labels_admin=labels, labels_cities=labels)
    place = data["location"]
    return PosterConfig(
        location=Location(center=(place["lng"], place["lat"]), **values[Location]),
        style=data.get("style", PosterConfig.style),
        typography=Typography(**values[Typography]),
        layers=Layers(**values[Layers]),
    )


def _fields(vocabulary: Vocabulary, table: Table) -> dict[str, Any]:
    return {
        short: vocabulary.field(cls, name, default=default)
        for short, (cls, name, default) in table.items()
    }


def _required(field: type[Latitude] | type[Longitude]) -> Latitude | Longitude:
    return field(required=True)


def _as_dict(name: str, attributes: dict[str, Any]) -> type[StrictSchema]:
    return schema_of(name, attributes, dict)


def given(data: Iterable[str]) -> list[str]:
    """Return the short fields among the keys *data*."""
    return [key for key in data if key in ("location", "style", "text", "camera", "options")]
