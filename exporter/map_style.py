"""A MapLibre style of a caller's own: what it fetches, and the same style fetching from us.

Read by the API, which checks the URLs, and by exporter/gateway.py, which hands the page a style
that holds addresses of the gateway only. The style has passed `webapi/map_styles.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exporter.vector_tiles import plain_text

# What the web app's styles and ours hold. They stand for this installation's own tiles, which are
# cached and may be archives on this host, and for its label faces.
PLANET = "https://tiles.openfreemap.org/planet"
GLYPHS = "https://tiles.openfreemap.org/fonts/{fontstack}/{range}.pbf"
ELEVATION = "https://s3.amazonaws.com/elevation-tiles-prod/terrarium/{z}/{x}/{y}.png"
CONTOURS = "contours://{z}/{x}/{y}"
# Names of the page's own relief and population (static_renderer/src/relief.js, population.js), for
# which a caller's source must not be taken.
EXTRAS = {"terrain": ELEVATION, "contours": CONTOURS, "terrain-3d": "", "terrain-fog": "",
          "population": "population://{z}/{x}/{y}"}  # fmt: skip
# The longest credit known, that of open terrain tiles, has 800 characters.
LONGEST_CREDIT = 1000
# All else a style may say at its top is about cameras and pages, or is refused by the API.
DRAWN = ("version", "name", "metadata", "light", "sky", "state", "layers")


class Kind(StrEnum):
    """What a URL of a style stands for."""

    TILEJSON = "tilejson"
    TILES = "tiles"
    GEOJSON = "geojson"
    SPRITE = "sprite"
    GLYPHS = "glyphs"


@dataclass(frozen=True)
class Resource:
    """Something a style fetches: *urls* (several for tiles) and *where* in the style they stand.

    *source* and *source_type* are those of the source it belongs to, empty for sprite and glyphs.
    """

    kind: Kind
    urls: tuple[str, ...]
    where: tuple[str | int, ...]
    source: str = ""
    source_type: str = ""


# (the resource, how its address ends) -> its address
Address = Callable[[Resource, str], str]


def resources_of(style: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Return what *style* fetches from others, numbered as in `rehoused`."""
    return rehoused(style, "", "")[1]


def rehoused(
    style: Mapping[str, Any], foreign: str, planet: str
) -> tuple[dict[str, Any], tuple[Resource, ...]]:
    """Return *style* with every URL replaced, and what was at them.

    Resource n is then below ``{foreign}/{n}``, and the map's own tiles are the TileJSON *planet*.
    """
    found: list[Resource] = []

    def address(resource: Resource, ending: str) -> str:
        found.append(resource)
        return f"{foreign}/{len(found) - 1}{ending}"

    sources: Mapping[str, dict[str, Any]] = style["sources"]
    names = {name: _name(name, source, sources) for name, source in sources.items()}
    return {
        **{key: style[key] for key in DRAWN if key in style},
        "sources": {names[name]: _source(name, sources[name], planet, address) for name in sources},
        "layers": [_layer(layer, names) for layer in style["layers"]],
        **_sprite(style, address),
        **_glyphs(style, address),
    }, tuple(found)


def is_ours(name: str, source: Mapping[str, Any]) -> bool:
    """Tell whether *source* stands for tiles this installation has itself."""
    url, tiles = source.get("url"), source.get("tiles")
    if tiles is None:
        return source.get("type") == "vector" and url in (PLANET, f"{PLANET}/")
    return url is None and name in EXTRAS and tiles == [EXTRAS[name]]


def credit_of(source: Mapping[str, Any]) -> str:
    """Return the attribution of a source or a TileJSON as text that fits on a poster."""
    return plain_text(str(source.get("attribution") or ""))[:LONGEST_CREDIT]


def _name(name: str, source: Mapping[str, Any], taken: Mapping[str, Any]) -> str:
    if name not in EXTRAS or is_ours(name, source):
        return name
    own = f"own-{name}"
    while own in taken:
        own += "-"
    return own


def _source(name: str, source: dict[str, Any], planet: str, address: Address) -> dict[str, Any]:
    if is_ours(name, source):
        return {**source, "url": planet} if "url" in source else source

    def at(kind: Kind, key: str, urls: tuple[str, ...], ending: str) -> str:
        resource = Resource(kind, urls, ("sources", name, key), name, source["type"])
        return address(resource, ending)

    changed = dict(source)
    if "url" in source:
        changed["url"] = at(Kind.TILEJSON, "url", (source["url"],), ".json")
    if "tiles" in source:
        changed["tiles"] = [at(Kind.TILES, "tiles", tuple(source["tiles"]), "/{z}/{x}/{y}")]
    if isinstance(source.get("data"), str):
        changed["data"] = at(Kind.GEOJSON, "data", (source["data"],), ".geojson")
    if "attribution" in source:
        changed["attribution"] = credit_of(source)
    return changed


def _layer(layer: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if layer.get("source") not in names:
        return layer
    return {**layer, "source": names[layer["source"]]}


def _sprite(style: Mapping[str, Any], address: Address) -> dict[str, Any]:
    given = style.get("sprite")
    if isinstance(given, str):
        return {"sprite": address(Resource(Kind.SPRITE, (given,), ("sprite",)), "/sprite")}
    if not given:
        return {}
    sprites = [
        (each, Resource(Kind.SPRITE, (each["url"],), ("sprite", n, "url")))
        for n, each in enumerate(given)
    ]
    return {"sprite": [{**each, "url": address(found, "/sprite")} for each, found in sprites]}


def _glyphs(style: Mapping[str, Any], address: Address) -> dict[str, Any]:
    given = style.get("glyphs")
    if not given or given == GLYPHS:
        return {}
    resource = Resource(Kind.GLYPHS, (given,), ("glyphs",))
    return {"glyphs": address(resource, "/{fontstack}/{range}.pbf")}
