"""From JSON to an `Export`, the frozen value a caller asks for: the body of `generate`.

It is either the short form (`simplified.py`) or a whole config (`config_schemas.py`), and beside
it what is not part of a poster's looks: size, priority, owner, timeout.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from exporter.poster import PosterConfig, PosterJob, Resolution
from exporter.queues import Priority
from exporter.settings import Settings
from webapi import simplified, sizes
from webapi.catalogue import Catalogue
from webapi.config_schemas import Palette, Section, Vocabulary, schema_of
from webapi.fields import Complaint, Whole, Word, described, refuse
from webapi.strict import StrictSchema

MIN_TIMEOUT_MS = 1000


@dataclass(frozen=True)
class Export:
    """What a caller asks for, before it becomes a job."""

    config: PosterConfig
    resolution: Resolution
    priority: Priority
    user_id: str
    timeout_s: float

    def job(self, job_id: str, key_id: str) -> PosterJob:
        return PosterJob(
            job_id=job_id,
            key_id=key_id,
            config=self.config,
            resolution=self.resolution,
            priority=self.priority,
            user_id=self.user_id,
            timeout_s=self.timeout_s,
        )


class GenerateSchema(StrictSchema):
    """The body of `generate`; `generate_schema` adds its fields."""

    settings: Settings
    catalogue: Catalogue

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def one_form(self, _data: Any, original: Any, **_: Any) -> None:
        """Want the short form or a config, never both."""
        if isinstance(original, Mapping) and (wrong := dict(_form_errors(original))):
            raise ValidationError({key: [complaint] for key, complaint in wrong.items()})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Export:
        config = data.get("config") or simplified.config_of(data)
        config = self._with_palette(config, data.get("palette", ""), "config" in data)
        return Export(
            config=config,
            resolution=self._resolution(data, config),
            priority=Priority(data.get("priority", Priority.NORMAL)),
            user_id=data.get("user_id", ""),
            timeout_s=data.get("timeout", self.settings.timeout_default_s * 1000) / 1000,
        )

    def _with_palette(self, config: PosterConfig, palette: str, whole: bool) -> PosterConfig:
        if palette and config.palette:
            raise _at(("palette",), "conflicting_fields", "excludes config.palette")
        if palette:
            self._check_palette(config.style, palette, ("palette",))
        elif config.palette and whole:
            self._check_palette(config.style, config.palette, ("config", "palette"))
        return replace(config, palette=palette or config.palette)

    def _check_palette(self, style: str, palette: str, where: tuple[str, ...]) -> None:
        try:
            Word(self.catalogue.palettes_of(style)).read(palette)
        except ValidationError as err:
            raise _nest(where, err.messages) from err

    def _resolution(self, data: dict[str, Any], config: PosterConfig) -> Resolution:
        large = data.get("options", {}).get("high_res", False)
        if large and "resolution" in data:
            raise _at(("options", "high_res"), "conflicting_fields", "excludes resolution")
        by_format = sizes.from_format(config.format, sizes.MEDIUM if large else sizes.SMALL)
        size: Resolution = data.get("resolution", by_format)
        if complaint := sizes.complaint(size, self.settings):
            raise _at(("resolution",), *complaint)
        return size


def generate_schema(settings: Settings, catalogue: Catalogue) -> type[GenerateSchema]:
    """Return the schema of the body of `generate`, for these limits, styles and fonts."""
    vocabulary = Vocabulary(catalogue)
    attributes = {
        **simplified.sections(vocabulary),
        "config": Section(vocabulary.config()),
        "palette": Palette(catalogue),
        "resolution": Section(_resolution_schema(vocabulary)),
        "priority": described(Word(tuple(Priority)), default=Priority.NORMAL),
        "user_id": vocabulary.field(PosterJob, "user_id"),
        "timeout": described(
            Whole(MIN_TIMEOUT_MS, round(settings.timeout_max_s * 1000)),
            default=round(settings.timeout_default_s * 1000),
            description="milliseconds from the first claim to the end",
        ),
        "settings": settings,
        "catalogue": catalogue,
    }
    return type("Generate", (GenerateSchema,), attributes)


def _resolution_schema(vocabulary: Vocabulary) -> type[StrictSchema]:
    sides = {
        "width": vocabulary.field(Resolution, "width", required=True),
        "height": vocabulary.field(Resolution, "height", required=True),
        "pixel_ratio": vocabulary.field(Resolution, "pixel_ratio", data_key="pixelRatio"),
    }
    return schema_of("Resolution", sides, Resolution)


def _form_errors(body: Mapping[str, Any]) -> Iterator[tuple[str, Complaint]]:
    if "config" in body:
        for key in simplified.given(body):
            yield key, Complaint("conflicting_fields", "excludes config; send one of them")
    elif "location" not in body:
        yield "location", Complaint("field_missing", "is required, or a whole config")


def _at(where: tuple[str, ...], code: str, detail: str) -> ValidationError:
    return _nest(where, refuse(code, detail).messages)


def _nest(where: tuple[str, ...], messages: Any) -> ValidationError:
    for key in reversed(where):
        messages = {key: messages}
    return ValidationError(messages)
