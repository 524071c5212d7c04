"""The schemas of a PosterConfig, generated from the dataclasses of `exporter/poster.py`.

Names, ranges, words and defaults live there; here is only how each kind becomes a strict field.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field
from dataclasses import fields as dataclass_fields
from typing import Any, get_type_hints

from marshmallow import ValidationError, fields, post_load

from exporter.poster import (
    Format,
    Layers,
    Location,
    PosterConfig,
    Typography,
    json_name,
)
from webapi.catalogue import Catalogue
from webapi.fields import Colour, Flag, Font, Number, Strict, Text, Whole, Word, refuse
from webapi.not_drawn import IGNORED, NOT_DRAWN, asks
from webapi.points import Bounds, Point
from webapi.strict import StrictSchema

MakeField = Callable[..., fields.Field[Any]]
MakeValue = Callable[..., Any]


class Vocabulary:
    """Makes fields and schemas for the styles and fonts of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def field(self, cls: type, name: str, **kwargs: Any) -> fields.Field[Any]:
        """Return the strict field of `cls.name`; *kwargs* go to marshmallow."""
        declared = next(f for f in dataclass_fields(cls) if f.name == name)
        if declared.default is MISSING:
            kwargs["required"] = True
        if declared.default is None:
            kwargs["allow_none"] = True
        return self._made(declared, get_type_hints(cls)[name], kwargs)

    def schema(self, cls: type, make: MakeValue | None = None) -> type[StrictSchema]:
        """Return a schema that loads JSON into *cls*, with the names of the web app's config."""
        attributes: dict[str, Any] = {
            f.name: self.field(cls, f.name, data_key=json_name(f)) for f in dataclass_fields(cls)
        }
        return schema_of(cls.__name__, attributes, make or cls)

    def config(self) -> type[StrictSchema]:
        """Return the schema of a whole PosterConfig."""
        sections: dict[str, Any] = {
            "location": Section(self.schema(Location, _located), required=True),
            "style": Style(self.catalogue),
            "palette": Palette(),
            "typography": Section(self.schema(Typography)),
            "format": Section(self.schema(Format)),
            "layers": Section(self.schema(Layers)),
        }
        return schema_of("PosterConfig", sections, PosterConfig)

    def _made(self, declared: Field[Any], hint: Any, kwargs: dict[str, Any]) -> fields.Field[Any]:
        meta = declared.metadata
        if meta["one_of"]:
            return Word(meta["one_of"], **kwargs)
        if meta["low"] is not None:
            number = Whole if hint is int else Number
            return number(meta["low"], meta["high"], **kwargs)
        kinds: dict[str, MakeField] = {
            "text": lambda **kw: Text(meta["longest"], **kw),
            "colour": Colour,
            "font": lambda **kw: Font(self.catalogue.fonts, "font_unknown", **kw),
            "point": Point,
            "bounds": Bounds,
            "": Flag,
        }
        return kinds[meta["kind"]](**kwargs)


class Style(Strict, fields.String):
    """A style's id, or the web app's style object, of which only the id is read."""

    wants = "the id of a style"
    passed_over = frozenset(
        {"id", "name", "description", "defaultPalette", "palettes", "recommendedFonts", "layerToggles"}
    )

    def __init__(self, catalogue: Catalogue, **kwargs: Any) -> None:
        self.ids = Word(catalogue.styles)
        super().__init__(metadata={"enum": list(catalogue.styles)}, **kwargs)

    def read(self, value: Any) -> str:
        if not isinstance(value, dict):
            return self.ids.read(value)
        return _id_of(value, self.ids.read, self.passed_over, "mapStyle")


class Palette(Strict, fields.String):
    """A palette's id, or the web app's palette object without colours of its own."""

    wants = "the id of a palette"

    def read(self, value: Any) -> str:
        if isinstance(value, dict):
            return _id_of(value, self.read, frozenset({"id", "name", "style"}), None)
        if not isinstance(value, str):
            self.mismatch(value)
        return value


def _id_of(
    value: dict[str, Any], read: Callable[[Any], str], passed_over: frozenset[str], own: str | None
) -> str:
    """Return the id in *value*; *own* (or any further key) is a feature that is not drawn yet."""
    for key in value:
        if key in passed_over or not asks(value[key], None):
            continue
        if own in (None, key):
            detail = f"{key} of one's own is not drawn yet; send the id only"
            raise ValidationError({key: refuse("style_feature_unsupported", detail).messages})
        raise ValidationError({key: refuse("unknown_field", f"there is no field {key}").messages})
    try:
        return read(value.get("id"))
    except ValidationError as err:
        raise ValidationError({"id": err.messages}) from err


class Section(Strict, fields.Nested):
    """An object within an object."""

    wants = "an object"

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return fields.Nested._deserialize(self, value, *args, **kwargs)


def schema_of(name: str, attributes: dict[str, Any], make: MakeValue) -> type[StrictSchema]:
    """Return a strict schema called *name* that hands what it loaded to *make*."""

    def build(_self: StrictSchema, data: dict[str, Any], **_: Any) -> Any:
        return make(**data)

    extras = {
        "build": post_load(build),
        "not_drawn": NOT_DRAWN.get(name, {}),
        "ignored": IGNORED.get(name, frozenset()),
    }
    return type(name, (StrictSchema,), {**attributes, **extras})


def _located(**data: Any) -> Location:
    """A zoom in the request decides the camera; bounds frame the map only without one."""
    return Location(**{**data, "bounds": None if "zoom" in data else data.get("bounds")})
