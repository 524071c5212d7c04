"""The fields `style` and `palette`: the id of one of ours, ours as a whole, or the caller's own."""

import json
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, missing

from exporter.poster import LayerToggle, MapStyle, Palette, PosterConfig
from webapi.catalogue import Catalogue
from webapi.fields import Strict, Word, refuse, shown
from webapi.map_styles import MAX_LAYERS, MapStyles
from webapi.strict import MAX_ISSUES

STYLE = (
    "a style's id, or the whole style as `GET /api/v1/styles/{id}` answers it, whose `mapStyle` "
    "(a MapLibre style) may be one's own"
)
PALETTE = "the id of a palette of the style, or a whole palette"
NAMES = ("id", "name", "style")
# Of a style: what editors show, not what is drawn.
SHOWN = ("name", "description", "version")
# What an editor offers beside a map. Of a style of the caller's own nothing is taken from them.
OFFERED = ("defaultPalette", "palettes", "recommendedFonts")


class StyleField(Strict, fields.String):
    """Reads an id or one of our styles as its id, a style of the caller's own as a MapStyle."""

    def __init__(self, catalogue: Catalogue, map_styles: MapStyles, **kwargs: Any) -> None:
        self.ids = Word(catalogue.styles, required=True)
        self.known = catalogue.styles
        self.map_styles = map_styles
        about = {"enum": list(catalogue.styles), "description": STYLE}
        super().__init__(metadata=about, **kwargs)

    def read(self, value: Any) -> str | MapStyle:
        if not isinstance(value, dict):
            return self.ids.read(value)
        ours = self._ours(value)
        own = _differences(value, ours)
        if not any(key in own for key in ("mapStyle", "layerToggles")):
            _refuse_own(own)
            return str(ours["id"])
        _refuse_own([key for key in own if key not in ("mapStyle", "layerToggles", "id", *OFFERED)])
        return MapStyle(
            text=self._map(value.get("mapStyle") or ours["mapStyle"]),
            toggles=_toggles(value.get("layerToggles")),
            base=str(ours["id"]),
            finished=bool(value.get("finish")),
        )

    def _ours(self, value: dict[str, Any]) -> Mapping[str, Any]:
        """Return the style of ours that *value* is or comes from."""
        name = value.get("id", missing)
        if value.get("mapStyle") is not None:
            if name is not missing and not isinstance(name, str):
                raise ValidationError({"id": refuse("type_mismatch", "must be a text").messages})
            return self.known.get(str(name)) or self.known[str(PosterConfig.style)]
        try:
            return self.known[str(self.ids.deserialize(name))]
        except ValidationError as err:
            raise ValidationError({"id": err.messages}) from err

    def _map(self, style: Any) -> str:
        try:
            self.map_styles.check(style)
        except ValidationError as err:
            raise ValidationError({"mapStyle": err.messages}) from err
        return json.dumps(style, ensure_ascii=False, separators=(",", ":"))


class PaletteField(Strict, fields.String):
    """Reads an id or one of our palettes as its id, one of the caller's own as a Palette.

    Whether the style has a palette of that id is known to `schemas.py`.
    """

    def __init__(self, catalogue: Catalogue, own: fields.Field[Any], **kwargs: Any) -> None:
        self.ids = Word(catalogue.palettes, required=True)
        self.known = catalogue.palettes
        self.own = own
        super().__init__(metadata={"description": PALETTE}, **kwargs)

    def read(self, value: Any) -> str | Palette:
        if not isinstance(value, dict):
            return self.ids.read(value)
        name = value.get("id", missing)
        ours = self.known.get(name) if isinstance(name, str) else None
        if ours and _holds_all(value, ours) and not _differences(value, ours):
            return str(name)
        if not set(value) - set(NAMES):
            try:
                return str(self.ids.deserialize(name))
            except ValidationError as err:
                raise ValidationError({"id": err.messages}) from err
        return self.own.deserialize(value)  # type: ignore[no-any-return]


def asks(value: Any, default: Any) -> bool:
    """Tell whether *value* asks for something that leaving the field out does not."""
    return value not in (None, False, [], {}) and bool(value != default)


def _differences(value: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    shown_only = {key: value.get(key) for key in SHOWN}
    return [key for key, item in value.items() if asks(item, {**ours, **shown_only}.get(key))]


def _holds_all(value: Mapping[str, Any], ours: Mapping[str, Any]) -> bool:
    return all(value.get(key) == item for key, item in ours.items() if key not in SHOWN)


def _refuse_own(keys: list[str]) -> None:
    """Refuse what differs from our style and would not be drawn."""
    if keys:
        refusal = refuse(
            "style_feature_unsupported",
            "of one's own is not drawn; leave it out, or send a mapStyle of your own",
        ).messages
        raise ValidationError(dict.fromkeys(keys[:MAX_ISSUES], refusal))


def _toggles(given: Any) -> tuple[LayerToggle, ...]:
    wrong = refuse("type_mismatch", f"must be an array of {{id, layerIds}}, got {shown(given)}")
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MAX_LAYERS:
        raise ValidationError({"layerToggles": wrong.messages})
    found = []
    for n, each in enumerate(given):
        if not _is_toggle(each):
            detail = "must be {id, layerIds}, an id and the ids of layers"
            complaint = refuse("type_mismatch", detail).messages
            raise ValidationError({"layerToggles": {n: complaint}})
        found.append(LayerToggle(each["id"], tuple(each["layerIds"])))
    return tuple(found)


def _is_toggle(each: Any) -> bool:
    return (
        isinstance(each, dict)
        and isinstance(each.get("id"), str)
        and isinstance(each.get("layerIds"), list)
        and all(isinstance(name, str) for name in each["layerIds"])
    )
