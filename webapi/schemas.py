"""From JSON to an `Export`, the frozen value a caller asks for: the body of `generate`.

It is either the short form (`simplified.py`) or a whole config (`config_schemas.py`), and beside
it what is not part of a poster's looks: size, priority, owner, timeout.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from marshmallow import ValidationError, post_load, validates_schema

from exporter import costs
from exporter.addresses import AddressRules
from exporter.events import Webhook
from exporter.poster import (
    MapStyle,
    Output,
    Palette,
    PosterConfig,
    PosterJob,
    Resolution,
    from_json,
)
from exporter.queues import Priority
from exporter.settings import Settings
from webapi import outputs, simplified, sizes
from webapi.catalogue import Catalogue
from webapi.config_schemas import Section, Vocabulary
from webapi.fields import Complaint, Whole, Word, described, refuse
from webapi.map_styles import MapStyles
from webapi.output_fields import Outputs, output_schema
from webapi.size_fields import SizeField
from webapi.sizes import ByPreset, InPixels, Limits
from webapi.strict import StrictSchema
from webapi.webhook_fields import webhook_schema

MIN_TIMEOUT_MS = 1000
# MapLibre keeps the depths of the whole map in one texture, 6 bytes a pixel.
TERRAIN_SIDE_PX, TERRAIN_AREA_PX = 8192, 33_177_600

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Export:
    """What a caller asks for, before it becomes a job."""

    config: PosterConfig
    resolution: Resolution
    outputs: tuple[Output, ...]
    priority: Priority
    user_id: str
    on_missing: str
    timeout_s: float
    webhook: Webhook | None = None

    def job(self, job_id: str, key_id: str) -> PosterJob:
        return PosterJob(
            job_id=job_id,
            key_id=key_id,
            config=self.config,
            resolution=self.resolution,
            outputs=self.outputs,
            priority=self.priority,
            user_id=self.user_id,
            on_missing=self.on_missing,
            timeout_s=self.timeout_s,
        )


class GenerateSchema(StrictSchema):
    """The body of `generate`; `generate_schema` adds its fields."""

    settings: Settings
    catalogue: Catalogue
    # Of the key that asks.
    limits: Callable[[], Limits]

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def one_form(self, _data: Any, original: Any, **_: Any) -> None:
        """Want the short form or a config, never both."""
        if isinstance(original, Mapping) and (wrong := dict(_form_errors(original))):
            raise ValidationError({key: [complaint] for key, complaint in wrong.items()})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Export:
        config = data.get("config") or simplified.config_of(data)
        config = self._with_palette(config, data.get("palette", ""), "config" in data)
        resolution = self._resolution(data, config)
        _check_terrain(config, resolution)
        return Export(
            config=config,
            resolution=resolution,
            outputs=self._outputs(data, resolution),
            priority=Priority(data.get("priority", Priority.NORMAL)),
            user_id=data.get("user_id", ""),
            on_missing=data.get("on_missing", PosterJob.on_missing),
            timeout_s=self._timeout_s(data, resolution),
            webhook=data.get("webhook"),
        )

    def _with_palette(
        self, config: PosterConfig, palette: str | Palette, whole: bool
    ) -> PosterConfig:
        if palette and config.palette:
            raise _at(("palette",), "conflicting_fields", "excludes config.palette")
        chosen = palette or config.palette
        if chosen and isinstance(chosen, str):
            where = ("config", "palette") if whole and not palette else ("palette",)
            chosen = self._known_palette(config, chosen, where)
        return replace(config, palette=chosen)

    def _known_palette(
        self, config: PosterConfig, palette: str, where: tuple[str, ...]
    ) -> str | Palette:
        """Return *palette*, in full beside a style of the caller's own, which may have none."""
        if isinstance(config.style, MapStyle):
            return cast(Palette, from_json(Palette, self.catalogue.palettes[palette]))
        try:
            return Word(self.catalogue.palettes_of(config.style)).read(palette)
        except ValidationError as err:
            raise _nest(where, err.messages) from err

    def _resolution(self, data: dict[str, Any], config: PosterConfig) -> Resolution:
        large = data.get("options", {}).get("high_res", False)
        if large and "resolution" in data:
            raise _at(("options", "high_res"), "conflicting_fields", "excludes resolution")
        preset = ByPreset(sizes.LARGER if large else sizes.DEFAULT)
        asked: sizes.Size = data.get("resolution", preset)
        size = asked.resolution(config.format)
        limits = self.limits()
        if complaint := sizes.complaint(size, limits):
            code, detail = complaint
            if code == "pixel_limit" and not isinstance(asked, InPixels | ByPreset):
                fits = sizes.largest_dpi(size, limits)
                detail += f"; on this paper {fits} dpi would do"
            raise _at(("resolution",), code, detail)
        return size

    def _timeout_s(self, data: dict[str, Any], drawn: Resolution) -> float:
        """Return the time asked for, or one that such a size bears."""
        if "timeout" in data:
            return float(data["timeout"]) / 1000
        wanted_s = max(self.settings.timeout_default_s, costs.patience_s(drawn.area_px))
        return min(wanted_s, self.settings.timeout_max_s)

    def _outputs(self, data: dict[str, Any], drawn: Resolution) -> tuple[Output, ...]:
        if "output" in data and "outputs" in data:
            raise _at(("outputs",), "conflicting_fields", "excludes output; send one of them")
        asked = data.get("outputs") or [data.get("output", {})]
        places: list[Where] = (
            [("outputs", n) for n in range(len(asked))] if "outputs" in data else [("output",)]
        )
        if data.get("options", {}).get("background") is False:
            asked = [self._without_paper(each, places[n]) for n, each in enumerate(asked)]
        for (n, field), complaint in outputs.complaints(asked, drawn):
            raise _at((*places[n], field), complaint.code, complaint.detail)
        made = outputs.outputs_of(asked, drawn)
        self._check_bleed(made, drawn, places)
        return made

    @staticmethod
    def _without_paper(asked: dict[str, Any], where: Where) -> dict[str, Any]:
        """Return the output *asked* for as `options.background: false` wants it."""
        if asked.get("background") == "paper":
            raise _at((*where, "background"), "conflicting_fields", "excludes options.background")
        return {**asked, "background": "transparent"}

    def _check_bleed(
        self, made: tuple[Output, ...], drawn: Resolution, places: list[Where]
    ) -> None:
        for output, where in zip(made, places, strict=True):
            sheet = Resolution(
                drawn.width_px + 2 * output.bleed_px, drawn.height_px + 2 * output.bleed_px
            )
            if complaint := sizes.complaint(sheet, self.limits()):
                raise _at((*where, "bleed"), *complaint)


def generate_schema(
    settings: Settings, catalogue: Catalogue, limits: Callable[[], Limits]
) -> type[GenerateSchema]:
    """Return the schema of the body of `generate`, for these styles and fonts.

    *limits* is asked with each body: they are those of the key that asks.
    """
    vocabulary = Vocabulary(catalogue, MapStyles(AddressRules(settings.egress_allow)))
    output = output_schema(vocabulary)
    attributes = {
        **simplified.sections(vocabulary),
        "config": Section(vocabulary.config()),
        "palette": vocabulary.palette(),
        "resolution": SizeField(vocabulary),
        "output": Section(output),
        "outputs": Outputs(Section(output)),
        "priority": described(Word(tuple(Priority)), default=Priority.NORMAL),
        "user_id": vocabulary.field(PosterJob, "user_id"),
        "on_missing": vocabulary.field(PosterJob, "on_missing"),
        "timeout": described(
            Whole(MIN_TIMEOUT_MS, round(settings.timeout_max_s * 1000)),
            default=round(settings.timeout_default_s * 1000),
            description="milliseconds from the first claim to the end; more for large posters",
        ),
        "webhook": described(
            Section(webhook_schema(settings)), description="is told how the job ended"
        ),
        "settings": settings,
        "catalogue": catalogue,
        "limits": staticmethod(limits),
    }
    return type("Generate", (GenerateSchema,), attributes)


def _check_terrain(config: PosterConfig, drawn: Resolution) -> None:
    """Raise where MapLibre would need a depth buffer of the whole map that WebGL has not."""
    area, side = drawn.area_px, max(drawn.width_px, drawn.height_px)
    if config.layers.volumetric_terrain and (area > TERRAIN_AREA_PX or side > TERRAIN_SIDE_PX):
        detail = (
            f"of 3D terrain the longer side must be at most {TERRAIN_SIDE_PX} and width times "
            f"height at most {TERRAIN_AREA_PX} pixels, got {drawn.width_px} x {drawn.height_px}: "
            "its depths are held for all of the map; leave volumetricTerrain out"
        )
        raise _at(("resolution",), "pixel_limit", detail)


def _form_errors(body: Mapping[str, Any]) -> Iterator[tuple[str, Complaint]]:
    if "config" in body:
        for key in simplified.given(body):
            yield key, Complaint("conflicting_fields", "excludes config; send one of them")
    elif "location" not in body:
        yield "location", Complaint("field_missing", "is required, or a whole config")


def _at(where: Where, code: str, detail: str) -> ValidationError:
    return _nest(where, refuse(code, detail).messages)


def _nest(where: Where, messages: Any) -> ValidationError:
    for key in reversed(where):
        messages = {key: messages}
    return ValidationError(messages)
