"""`resolution` as a request says it, in one of four forms, and how each becomes a `sizes.Size`."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from exporter.poster import Resolution
from webapi.config_schemas import Section, Vocabulary, schema_of
from webapi.fields import Number, Word, described, refuse
from webapi.sizes import PRESETS, SHEETS, UNITS_MM, ByPreset, BySheet, InPixels, OnPaper, Size
from webapi.strict import StrictSchema

# Of paper, in any unit: from what no printer resolves to what no poster has.
_SHORTEST, _LONGEST = 0.001, 10_000
DPI = Resolution.dpi
ABOUT = (
    "one of: preset, with the aspect ratio and orientation of the config's format; size, a sheet "
    "by its name; width and height on paper, in a unit; width and height in pixels"
)


class SizeField(Section):
    """A size in the form that its keys show."""

    def __init__(self, vocabulary: Vocabulary, **kwargs: Any) -> None:
        fields = _fields(vocabulary)
        self.forms = {
            "preset": schema_of("Preset", _some(fields, "preset", "dpi"), ByPreset),
            "size": schema_of("Sheet", _some(fields, "size", "orientation", "dpi"), _by_sheet),
            "paper": schema_of("Paper", {**_some(fields, "unit", "dpi"), **_sides()}, _on_paper),
            "pixels": schema_of(
                "Pixels",
                {**_some(fields, "unit", "pixel_ratio", "dpi"), **_sides_px(vocabulary)},
                _in_pixels,
            ),
        }
        whole = schema_of("Resolution", {**fields, **_sides(required=False)}, dict)
        super().__init__(whole, metadata={"description": ABOUT}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, *args: Any, **kwargs: Any) -> Size:
        if not isinstance(value, Mapping):
            self.mismatch(value)
        form = self.forms[_form_of(value)]
        self._refuse_other_forms(value, form)
        loaded: Size = Section(form)._deserialize(value, attr, *args, **kwargs)
        return loaded

    def _refuse_other_forms(self, value: Mapping[str, Any], form: type[StrictSchema]) -> None:
        own = _names(form)
        foreign = {name for each in self.forms.values() for name in _names(each)} - set(own)
        detail = f"belongs to another way to say a size; beside it may stand {', '.join(own)}"
        if wrong := [name for name in value if name in foreign]:
            refusal = refuse("conflicting_fields", detail).messages
            raise ValidationError(dict.fromkeys(wrong, refusal))


def _form_of(value: Mapping[str, Any]) -> str:
    for form in ("preset", "size"):
        if form in value:
            return form
    return "pixels" if value.get("unit", "px") == "px" else "paper"


def _fields(vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the fields whose meaning is the same in every form that has them."""
    about = "what it is printed at; of a preset, by default its own"
    return {
        "preset": described(Word(PRESETS), description="its longer side in pixels, and its dpi"),
        "size": Word(SHEETS),
        "orientation": described(
            Word(("portrait", "landscape")), description="by default the format's"
        ),
        "unit": described(Word(("px", *UNITS_MM)), default="px"),
        "pixel_ratio": vocabulary.field(Resolution, "pixel_ratio", data_key="pixelRatio"),
        "dpi": described(vocabulary.field(Resolution, "dpi"), default=DPI, description=about),
    }


def _sides(*, required: bool = True) -> dict[str, Any]:
    return {name: Number(_SHORTEST, _LONGEST, required=required) for name in ("width", "height")}


def _sides_px(vocabulary: Vocabulary) -> dict[str, Any]:
    return {name: vocabulary.field(Resolution, name, required=True) for name in ("width", "height")}


def _some(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names}


def _names(form: type[StrictSchema]) -> list[str]:
    return [field.data_key or name for name, field in form._declared_fields.items()]


def _in_pixels(unit: str = "px", **given: Any) -> InPixels:  # noqa: ARG001 - it chose this form
    return InPixels(Resolution(**given))


def _on_paper(*, width: float, height: float, unit: str, dpi: float = DPI) -> OnPaper:
    return OnPaper(width, height, unit, dpi)


def _by_sheet(*, size: str, orientation: str = "", dpi: float = DPI) -> BySheet:
    return BySheet(size, dpi, orientation)
