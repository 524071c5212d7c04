"""The schemas of a PosterConfig, generated from the dataclasses of `exporter/poster.py`.

Names, ranges, words and defaults live there; here is only how each kind becomes a strict field.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field
from dataclasses import fields as dataclass_fields
from typing import Any, get_type_hints

from marshmallow import ValidationError, fields, post_load, pre_load

from exporter.poster import (
    MAX_MARKERS,
    Building3D,
    Format,
    Layers,
    Location,
    Marker,
    Palette,
    PosterConfig,
    Roads,
    Typography,
    json_name,
)
from webapi.catalogue import Catalogue
from webapi.fields import Colour, Flag, Font, Number, Strict, Text, Whole, Word, described, refuse
from webapi.light_fields import Rgb, Span
from webapi.map_styles import MapStyles
from webapi.not_drawn import IGNORED
from webapi.points import Bounds, Latitude, Longitude, Point
from webapi.strict import MAX_ISSUES, StrictSchema
from webapi.style_fields import PaletteField, StyleField

MakeField = Callable[..., fields.Field[Any]]
MakeValue = Callable[..., Any]


class Vocabulary:
    """Makes fields and schemas for the styles and fonts of one catalogue."""

    def __init__(self, catalogue: Catalogue, map_styles: MapStyles | None = None) -> None:
        """*map_styles* checks the styles of callers' own."""
        self.catalogue = catalogue
        self._map_styles = map_styles or MapStyles()

    def field(
        self, cls: type, name: str, *, default: Any = MISSING, **kwargs: Any
    ) -> fields.Field[Any]:
        """Return the strict field of `cls.name`; *default* is shown where it differs from there."""
        declared = next(f for f in dataclass_fields(cls) if f.name == name)
        if declared.default is MISSING:
            kwargs["required"] = True
        if declared.default is None or declared.metadata["nullable"]:
            kwargs["allow_none"] = True
        made = self._made(declared, get_type_hints(cls)[name], kwargs)
        default = declared.default if default is MISSING else default
        return made if default in (MISSING, None) else described(made, default=default)

    def schema(self, cls: type, make: MakeValue | None = None) -> type[StrictSchema]:
        """Return a schema that loads JSON into *cls*, with the names of the web app's config."""
        attributes: dict[str, Any] = {
            f.name: self.field(cls, f.name, data_key=json_name(f)) for f in dataclass_fields(cls)
        }
        return schema_of(cls.__name__, attributes, make or cls)

    def style(self) -> fields.Field[Any]:
        """Return the field of a style: an id, or the whole style."""
        field = StyleField(self.catalogue, self._map_styles)
        return described(field, default=PosterConfig.style)

    def palette(self) -> PaletteField:
        """Return the field of a palette: an id, or a whole palette."""
        schema = self.schema(Palette)
        whole = type("Palette", (schema,), {"alias": pre_load(_with_green)})
        return PaletteField(self.catalogue, Section(whole))

    def config(self) -> type[StrictSchema]:
        """Return the schema of a whole PosterConfig."""
        sections: dict[str, Any] = {
            "location": Section(self.schema(Location, _located), required=True),
            "style": self.style(),
            "palette": self.palette(),
            "typography": Section(self.schema(Typography)),
            "format": Section(self.schema(Format)),
            "layers": Section(self.schema(Layers)),
            "markers": Markers(Section(self.schema(Marker)), allow_none=True),
            "watermark": self.field(PosterConfig, "watermark"),
        }
        return schema_of("PosterConfig", sections, PosterConfig)

    def _made(self, declared: Field[Any], hint: Any, kwargs: dict[str, Any]) -> fields.Field[Any]:
        meta = declared.metadata
        if meta["one_of"]:
            return Word(meta["one_of"], **kwargs)
        if meta["kind"] == "span":
            return Span(meta["low"], meta["high"], **kwargs)
        if meta["low"] is not None:
            number = Whole if hint is int else Number
            return number(meta["low"], meta["high"], **kwargs)
        kinds: dict[str, MakeField] = {
            "text": lambda **kw: Text(meta["longest"], **kw),
            "colour": Colour,
            "rgb": Rgb,
            "building_3d": lambda **kw: Section(self.schema(Building3D), **kw),
            "roads": lambda **kw: Section(self.schema(Roads), **kw),
            "font": lambda **kw: Font(self.catalogue.fonts, "font_unknown", **kw),
            "point": Point,
            "bounds": Bounds,
            "latitude": Latitude,
            "longitude": Longitude,
            "": Flag,
        }
        return kinds[meta["kind"]](**kwargs)


class Section(Strict, fields.Nested):
    """An object within an object."""

    wants = "an object"

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return fields.Nested._deserialize(self, value, *args, **kwargs)


class Markers(Strict, fields.List[Any]):
    """An array of markers, counted before any of them is looked at."""

    wants = "an array of markers"

    def __init__(self, marker: Section, **kwargs: Any) -> None:
        super().__init__(marker, metadata={"maxItems": MAX_MARKERS}, **kwargs)

    def read(self, value: Any) -> tuple[Marker, ...]:
        if not isinstance(value, list):
            self.mismatch(value)
        if len(value) > MAX_MARKERS:
            raise refuse("marker_limit", f"must be at most {MAX_MARKERS} markers, got {len(value)}")
        read: list[Marker] = []
        wrong: dict[int, Any] = {}
        for index, item in enumerate(value):
            try:
                read.append(self.inner.deserialize(item))
            except ValidationError as err:
                wrong[index] = err.messages
            if len(wrong) == MAX_ISSUES:
                break
        if wrong:
            raise ValidationError(wrong)
        return tuple(read)


def schema_of(name: str, attributes: dict[str, Any], make: MakeValue) -> type[StrictSchema]:
    """Return a strict schema called *name* that hands what it loaded to *make*."""

    def build(_self: StrictSchema, data: dict[str, Any], **_: Any) -> Any:
        # A null stands for "unset", which is the default.
        return make(**{key: item for key, item in data.items() if item is not None})

    extras = {
        "build": post_load(build),
        "ignored": IGNORED.get(name, frozenset()),
    }
    return type(name, (StrictSchema,), {**attributes, **extras})


def _located(**data: Any) -> Location:
    """A zoom in the request decides the camera; bounds frame the map only without one."""
    return Location(**{**data, "bounds": None if "zoom" in data else data.get("bounds")})


def _with_green(_self: StrictSchema, data: Any, **_: Any) -> Any:
    """Take `parks` for `greenSpace`, as saved palettes have it."""
    if isinstance(data, dict) and "parks" in data and "greenSpace" not in data:
        return {**data, "greenSpace": data["parks"]}
    return data
