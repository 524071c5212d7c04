"""`output` and `outputs` as a request says them; `outputs.py` tells what they become."""

from typing import Any

from marshmallow import fields

from exporter.poster import Output
from webapi.config_schemas import Section, Vocabulary, schema_of
from webapi.fields import Flag, Number, Strict, Word, described, refuse
from webapi.sizes import UNITS_MM
from webapi.strict import StrictSchema

MAX_OUTPUTS = 6
# 3 mm is what printers ask for; more than an inch is a mistake in the unit.
MAX_BLEED = 25.4


def output_schema(vocabulary: Vocabulary) -> type[StrictSchema]:
    """Return the schema of one file; it loads a dict."""
    bleed = {
        "amount": Number(0, MAX_BLEED, required=True),
        "unit": described(Word(UNITS_MM), default="mm"),
    }

    def own(name: str, about: str, **more: Any) -> fields.Field[Any]:
        return described(vocabulary.field(Output, name, **more), description=about)

    made = {
        "name": own("name", "by default its format", default=None),
        "format": vocabulary.field(Output, "format"),
        "quality": own("quality", "of jpeg and webp only"),
        "background": own("background", "transparent in png and webp only"),
        "width": own("width_px", "pixels, at most the drawing's; or by the height", default=None),
        "height": own("height_px", "pixels, at most the drawing's; or by the width", default=None),
        "dpi": own("dpi", "by default as large on paper as the drawing", default=None),
        "bleed": described(Section(schema_of("Bleed", bleed, dict)), description="of pdf only"),
        "crop_marks": described(Flag(), default=False, description="of pdf only"),
        "color_space": own("color_space", "cmyk, for coated paper (FOGRA39), in pdf only"),
    }
    return schema_of("Output", made, dict)


class Outputs(Strict, fields.List[Any]):
    """Several files of one drawing, the first of them the main one."""

    wants = "an array of outputs"

    def __init__(self, output: Section, **kwargs: Any) -> None:
        super().__init__(output, metadata={"minItems": 1, "maxItems": MAX_OUTPUTS}, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            self.mismatch(value)
        if not 1 <= len(value) <= MAX_OUTPUTS:
            raise refuse("array_length", f"must have 1 to {MAX_OUTPUTS} outputs, got {len(value)}")
        return fields.List._deserialize(self, value, *args, **kwargs)
