"""Whether a MapLibre style of a caller's own can be drawn: limits, sources, URLs, and the spec.

Stands between `style_fields.py` and the style validator. What is checked here is what keeps the
service safe, and what `exporter/map_style.py` relies on; the validator finds the rest.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from marshmallow import ValidationError

from exporter.addresses import AddressRules
from exporter.map_style import Kind, is_ours, resources_of
from webapi import urls
from webapi.fields import Complaint, refuse, shown
from webapi.strict import MAX_ISSUES
from webapi.style_validator import StyleValidator

VERSION = 8
MAX_LAYERS = 300
MAX_SOURCES = 20
MAX_SPRITES = 5
MAX_TEMPLATES = 8
TILED = ("vector", "raster", "raster-dem")
SOURCES = (*TILED, "geojson")
TILE_SIZES = (128, 1024)
MAX_ZOOM = 24
# Of a style's cameras, editors and pages: nothing of a map.
PASSED_OVER = frozenset(
    {"center", "centerAltitude", "zoom", "bearing", "pitch", "roll", "transition", "id", "owner",
     "created", "modified", "draft", "visibility", "protected"}
)  # fmt: skip
DRAWN = frozenset(
    {"version", "name", "metadata", "light", "sky", "state", "sprite", "glyphs", "sources",
     "layers"}
)  # fmt: skip

Where = tuple[str | int, ...]
Found = Iterator[tuple[Where, Complaint]]


class MapStyles:
    """Checks styles against *rules* for their URLs and with *validator*."""

    def __init__(
        self, rules: AddressRules | None = None, validator: StyleValidator | None = None
    ) -> None:
        self._rules = rules or AddressRules()
        self._validator = validator or StyleValidator()

    def check(self, style: Any) -> None:
        """Raise ValidationError with all that is wrong with *style*, by its place in it."""
        if not isinstance(style, Mapping):
            raise refuse("type_mismatch", f"must be a MapLibre style, got {shown(style)}")
        for check in (_shape, _parts, self._urls, self._spec):
            if wrong := list(islice(check(style), MAX_ISSUES)):
                raise ValidationError(_nested(wrong))

    def _urls(self, style: Mapping[str, Any]) -> Found:
        for resource in resources_of(style):
            for n, url in enumerate(resource.urls):
                where = (*resource.where, n) if resource.kind == Kind.TILES else resource.where
                if complaint := urls.complaint(_example(url), self._rules):
                    yield where, Complaint(*complaint)

    def _spec(self, style: Mapping[str, Any]) -> Found:
        for found in self._validator.complaints(style):
            where = tuple(_unescaped(part) for part in found.pointer.split("/")[1:])
            yield where, Complaint(found.code, found.message)


def _shape(style: Mapping[str, Any]) -> Found:
    """Find what would make everything below guess."""
    version = style.get("version")
    if version != VERSION:
        yield ("version",), Complaint("style_version", f"must be {VERSION}, got {shown(version)}")
    for key, kind, most in (("layers", list, MAX_LAYERS), ("sources", dict, MAX_SOURCES)):
        given = style.get(key)
        if not isinstance(given, kind) or not given:
            wanted = "an array of layers" if kind is list else "an object of sources"
            yield (key,), Complaint("style_invalid", f"must be {wanted}, and not empty")
        elif len(given) > most:
            yield (key,), Complaint("style_limit", f"must be at most {most}, got {len(given)}")


def _parts(style: Mapping[str, Any]) -> Found:
    for key, value in style.items():
        if key == "projection" and value == {"type": "mercator"}:
            continue
        if key not in DRAWN | PASSED_OVER and value not in (None, {}, []):
            yield (
                (key,),
                Complaint("style_feature_unsupported", "is not drawn; leave it out"),
            )
    for n, layer in enumerate(style["layers"]):
        if not isinstance(layer, dict):
            yield ("layers", n), Complaint("style_invalid", f"must be a layer, got {shown(layer)}")
        elif not isinstance(layer.get("source", ""), str):
            yield ("layers", n, "source"), Complaint("style_invalid", "must be the id of a source")
    for name, source in style["sources"].items():
        yield from ((("sources", name, *at), complaint) for at, complaint in _source(name, source))
    yield from _sprite(style.get("sprite"))
    yield from _glyphs(style.get("glyphs"))


def _source(name: str, source: Any) -> Found:
    if not isinstance(source, dict):
        yield (), Complaint("style_invalid", f"must be a source, got {shown(source)}")
        return
    kind = source.get("type")
    if kind not in SOURCES:
        detail = f"must be one of {', '.join(SOURCES)}; got {shown(kind)}"
        yield ("type",), Complaint("style_source_type", detail)
    elif kind == "geojson":
        if not isinstance(source.get("data"), str | dict):
            yield ("data",), Complaint("style_invalid", "must be GeoJSON, or its URL")
        yield from (((key,), Complaint("style_invalid", "is not a field of a geojson source"))
                    for key in ("url", "tiles") if key in source)  # fmt: skip
    elif not is_ours(name, source):
        yield from _tiled(source)


def _tiled(source: dict[str, Any]) -> Found:
    if "data" in source:
        yield ("data",), Complaint("style_invalid", "is a field of geojson sources only")
    if "url" in source and not isinstance(source["url"], str):
        yield ("url",), Complaint("style_invalid", f"must be a URL, got {shown(source['url'])}")
    if "url" not in source and "tiles" not in source:
        yield (), Complaint("style_invalid", "needs a url (of a TileJSON) or tiles")
    if "tiles" in source:
        yield from _templates(source["tiles"])
    if source.get("encoding") == "mlt":
        yield ("encoding",), Complaint("style_feature_unsupported", "mlt is not drawn; use mvt")
    low, high = TILE_SIZES
    size = source.get("tileSize", 512)
    if not _is_number(size) or not low <= size <= high:
        detail = f"must be {low} to {high}, got {shown(size)}"
        yield ("tileSize",), Complaint("out_of_range", detail)
    zooms = [source.get("minzoom", 0), source.get("maxzoom", MAX_ZOOM)]
    if not all(_is_number(zoom) for zoom in zooms) or not 0 <= zooms[0] <= zooms[1] <= MAX_ZOOM:
        yield (
            ("minzoom",),
            Complaint(
                "style_invalid",
                f"minzoom and maxzoom must be 0 to {MAX_ZOOM}, minzoom not above it",
            ),
        )


def _templates(tiles: Any) -> Found:
    if not isinstance(tiles, list) or not tiles or not all(isinstance(url, str) for url in tiles):
        yield ("tiles",), Complaint("style_invalid", "must be an array of URLs, and not empty")
        return
    if len(tiles) > MAX_TEMPLATES:
        yield ("tiles",), Complaint("style_limit", f"must be at most {MAX_TEMPLATES} URLs")
    for n, url in enumerate(tiles):
        if not all(place in url for place in ("{z}", "{x}", "{y}")):
            yield ("tiles", n), Complaint("style_url_template", "must hold {z}, {x} and {y}")


def _sprite(sprite: Any) -> Found:
    if sprite is None or isinstance(sprite, str):
        return
    if not isinstance(sprite, list) or not all(_is_sprite(each) for each in sprite):
        yield ("sprite",), Complaint("style_invalid", "must be a URL or an array of {id, url}")
    elif len(sprite) > MAX_SPRITES:
        yield ("sprite",), Complaint("style_limit", f"must be at most {MAX_SPRITES}")


def _is_sprite(each: Any) -> bool:
    return isinstance(each, dict) and all(isinstance(each.get(key), str) for key in ("id", "url"))


def _glyphs(glyphs: Any) -> Found:
    if glyphs is None:
        return
    if not isinstance(glyphs, str):
        yield ("glyphs",), Complaint("style_invalid", f"must be a URL, got {shown(glyphs)}")
    elif "{fontstack}" not in glyphs or "{range}" not in glyphs:
        yield ("glyphs",), Complaint("style_url_template", "must hold {fontstack} and {range}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _example(url: str) -> str:
    """Return a URL that the template *url* could stand for, as long as the longest."""
    for name, value in {"z": "22", "x": "4194303", "y": "4194303", "range": "65280-65535"}.items():
        url = url.replace(f"{{{name}}}", value)
    return url.replace("{fontstack}", "Noto Sans Regular".replace(" ", "%20"))


def _unescaped(part: str) -> str | int:
    return int(part) if part.isdigit() else part.replace("~1", "/").replace("~0", "~")


def _nested(wrong: list[tuple[Where, Complaint]]) -> Any:
    """Return *wrong* as marshmallow nests its messages."""
    messages: dict[str | int, Any] = {}
    for where, complaint in wrong:
        at = messages
        for key in where:
            at = at.setdefault(key, {})
        at.setdefault("_schema", []).append(complaint)
    return messages
