"""What a poster is: frozen values, their defaults and their ranges, and nothing that acts.

The fields are those of the web app's PosterConfig. Each carries its range in its metadata, so the
API's schemas (`webapi/schemas.py`) and the page's JSON (`to_page`) are made from this one list.
Coordinates are ``[lng, lat]`` in degrees WGS 84; camera values are MapLibre's.
"""

import math
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from exporter.formats import FORMATS
from exporter.queues import Priority

# Beyond this latitude Web Mercator has no map.
MAX_LATITUDE = 85.051129
PAYLOAD_VERSION = 1
MAX_MARKERS = 10_000
MARKER_TYPES = ("pin", "crosshair", "dot", "ring", "heart", "home")
LABEL_STYLES = ("standard", "elevated", "glass", "vintage")


def value(
    default: Any = MISSING,
    *,
    low: float | None = None,
    high: float | None = None,
    one_of: tuple[str, ...] | None = None,
    longest: int | None = None,
    kind: str = "",
    name: str | None = None,
) -> Any:
    """Declare a field: inclusive range, allowed words, text length, `kind`, JSON name.

    `kind` is colour, rgb, roads, building_3d, font, text, point, bounds, span, latitude, longitude,
    or empty for a flag.
    """
    metadata = {
        "low": low, "high": high, "one_of": one_of, "longest": longest, "kind": kind, "name": name,
        "nullable": False,
    }  # fmt: skip
    return field(default=default, metadata=metadata)


def nullable(declared: Any) -> Any:
    """Let null say the same as leaving the field out, as saved configs do."""
    return field(default=declared.default, metadata={**declared.metadata, "nullable": True})


def number(default: Any, low: float, high: float, *, name: str | None = None) -> Any:
    return value(default, low=low, high=high, name=name)


def text(default: Any, longest: int = 200) -> Any:
    return value(default, longest=longest, kind="text")


def word(default: str, *one_of: str) -> Any:
    return value(default, one_of=one_of)


def colour(default: Any = None) -> Any:
    return value(default, longest=64, kind="colour")


def rgb() -> Any:
    return value(None, kind="rgb")


def font(default: Any = None) -> Any:
    return value(default, longest=64, kind="font")


@dataclass(frozen=True)
class Location:
    """Where, and the words printed about it. `bounds` ((W, S), (E, N)) frame only when given."""

    center: tuple[float, float] = value(kind="point")
    name: str = text("")
    city: str = text("")
    zoom: float = number(12, 1, 24)
    bounds: tuple[tuple[float, float], tuple[float, float]] | None = value(None, kind="bounds")


@dataclass(frozen=True)
class Typography:
    """Sizes in percent of the poster's width, tracking in em, heights in percent of its height."""

    title_font: str | None = font()
    subtitle_font: str | None = font()
    title_size: float = number(5, 0.5, 40)
    title_weight: int = number(800, 100, 900)
    title_letter_spacing: float = number(0.08, -0.1, 0.5)
    title_all_caps: bool = value(True)
    subtitle_size: float = number(2.5, 0.2, 20)
    subtitle_weight: int = number(400, 100, 900)
    subtitle_letter_spacing: float = number(0.2, -0.1, 0.5)
    show_title: bool = value(True)
    show_subtitle: bool = value(True)
    show_coordinates: bool = value(True)
    position: str = word("bottom", "top", "bottom", "center")
    text_backdrop: str = word("gradient", "none", "subtle", "strong", "gradient")
    backdrop_height: float = number(35, 0, 100)
    backdrop_alpha: float = number(1, 0, 1)
    backdrop_sharpness: float = number(50, 0, 100)
    max_width: float = number(80, 1, 100)
    offset_y: float = number(0, -50, 50)
    text_color: str | None = colour()


@dataclass(frozen=True)
class Format:
    """The sheet: margin in percent of its width, on all four sides.

    `orientation` turns the ratio as it is written. "16:9" and "16:10" are written wide, so they are
    wide in "portrait" and tall in "landscape"; saved configs depend on it.
    """

    aspect_ratio: str = word(
        "2:3", "2:3", "3:4", "4:5", "1:1", "ISO", "16:9", "16:10", "9:16", "9:19.5"
    )
    orientation: str = word("portrait", "portrait", "landscape")
    margin: float = number(5, 0, 20)
    border_style: str = word("none", "none", "thin", "thick", "double", "inset")
    mask_shape: str = word("rectangular", "rectangular", "circular")
    compass_rose: bool = value(False)
    texture: str = word("none", "none", "paper", "canvas", "grain")
    texture_intensity: float = number(20, 0, 100)


@dataclass(frozen=True)
class Layers:
    """What is on the map. Sizes are factors unless said, angles degrees, heights metres."""

    streets: bool = value(True)
    water: bool = value(True)
    parks: bool = value(False)
    buildings: bool = value(False)
    # None: drawn where there is elevation, and where there is none nobody is told of it.
    terrain: bool | None = value(None)
    terrain_under_water: bool | None = value(None)
    # Drawn from 0 to 1; what saved configs have beyond is drawn as the nearer of these.
    hillshade_exaggeration: float = number(0.5, -100, 100)
    terrain_light_azimuth: float = nullable(number(315, 0, 360))
    terrain_light_altitude: float = nullable(number(45, 0, 90))
    terrain_ambient_light: float = nullable(number(0.35, 0, 1))
    terrain_diffuse_light: float = nullable(number(0.8, 0, 1))
    terrain_color: str | None = rgb()
    terrain_shadow_color: str | None = rgb()
    terrain_highlight_color: str | None = rgb()
    terrain_shadows: bool = nullable(value(False))
    terrain_shadow_darkness: float = nullable(number(0.7, 0, 1))
    terrain_fog: bool = nullable(value(True))
    terrain_fog_color: str = nullable(colour("rgba(205, 225, 245, 0.5)"))
    terrain_fog_range: tuple[float, float] = nullable(
        value((0.5, 10.0), kind="span", low=-20, high=20)
    )
    terrain_detail_level: str = nullable(word("normal", "normal", "high", "ultra"))
    # How coarse a preview may be; a poster's mesh has every height that the elevation has.
    terrain_mesh_quality: str = nullable(
        word("balanced", "fast", "balanced", "high", "export", "ultra")
    )
    volumetric_terrain: bool = nullable(value(False))
    volumetric_terrain_exaggeration: float = nullable(number(1.5, 0, 5))
    contours: bool = value(False)
    contour_density: int = number(50, 10, 250)
    population: bool = value(False)
    boundaries: bool = value(False)
    pois: bool = value(True)
    railroads: bool = value(True)
    labels: bool = value(False)
    labels_admin: bool = value(False, name="labels-admin")
    labels_cities: bool = value(False, name="labels-cities")
    labels_streets: bool = value(False, name="labels-streets")
    label_size: float = number(1, 0.1, 5)
    label_admin_size: float = number(1, 0.5, 2.5)
    label_cities_size: float = number(1, 0.5, 2.5)
    label_max_width: float = number(10, 2, 20)
    label_style: str = word("elevated", *LABEL_STYLES)
    landcover_wood: bool = value(True)
    landcover_grass: bool = value(True)
    landcover_farmland: bool = value(True)
    landcover_ice: bool = value(True)
    landuse_forest: bool = value(False)
    landuse_orchard: bool = value(False)
    landuse_vineyard: bool = value(False)
    landuse_cemetery: bool = value(False)
    landuse_grass: bool = value(False)
    road_weight: float = number(1, 0.1, 3)
    marker: bool = value(True)
    marker_type: str = word("crosshair", *MARKER_TYPES)
    marker_color: str | None = colour()
    graticules: bool = nullable(value(False))
    graticule_weight: float = nullable(number(1, 0.1, 20))
    graticule_label_size: float = nullable(number(12, 4, 60))
    graticule_density: float = nullable(number(10, 0.001, 90))
    # The web app says true for "unset", and no poster it exported had a scale bar. Only a config
    # that says true itself gets one: what its preview showed; nobody else's poster changes.
    show_scale: bool = nullable(value(False))
    connect_markers: bool = nullable(value(False))
    marker_path_color: str | None = colour()
    marker_path_width: float = nullable(number(2, 0.1, 50))
    marker_path_style: str = nullable(word("solid", "solid", "dashed"))
    show_segment_lengths: bool = nullable(value(False))
    marker_path_label_style: str = nullable(word("standard", *LABEL_STYLES))
    marker_path_label_size: float = nullable(number(12, 4, 100))
    fill_markers: bool = nullable(value(False))
    marker_fill_color: str | None = colour()
    buildings_3d: bool = value(False, name="buildings3D")
    pitch: float = number(0, 0, 60, name="buildings3DPitch")
    bearing: float = number(0, 0, 360, name="buildings3DBearing")
    buildings_3d_height_scale: float = number(1, 0.5, 3, name="buildings3DHeightScale")
    buildings_3d_default_height: float = number(6, 0, 30, name="buildings3DDefaultHeight")


@dataclass(frozen=True)
class Marker:
    """A mark upon a place and what is written beneath it. Sizes in pixels of a map 1000 wide."""

    lat: float = value(kind="latitude")
    lng: float = value(kind="longitude")
    id: str = nullable(text(""))
    label: str = nullable(text("", 1000))
    type: str = nullable(word("pin", *MARKER_TYPES))
    color: str | None = colour()
    size: float = nullable(number(30, 1, 400))
    label_style: str = nullable(word("standard", *LABEL_STYLES))
    label_color: str | None = colour()
    label_size: float = nullable(number(14, 4, 200))


@dataclass(frozen=True)
class Roads:
    """The colours of the road classes; `railroad` is the rails' casing."""

    motorway: str = colour(MISSING)
    trunk: str = colour(MISSING)
    primary: str = colour(MISSING)
    secondary: str = colour(MISSING)
    tertiary: str = colour(MISSING)
    residential: str = colour(MISSING)
    service: str = colour(MISSING)
    railroad: str | None = colour()


@dataclass(frozen=True, kw_only=True)
class Building3D:
    """The colours of buildings in 3D at 0, 30 and 100 m, and their light; None is the style's."""

    color_low: str = colour(MISSING)
    color_mid: str = colour(MISSING)
    color_high: str = colour(MISSING)
    opacity: float = nullable(number(1, 0, 1))
    light_color: str | None = colour()
    light_intensity: float | None = number(None, 0, 1)


@dataclass(frozen=True, kw_only=True)
class Palette:
    """Colours of a caller's own, by what they are for; None is derived from the others.

    `border` is that of countries on the map, not the poster's, which has `accent`.
    """

    id: str = nullable(text(""))
    name: str = nullable(text(""))
    style: str = nullable(text(""))
    background: str = colour(MISSING)
    text: str = colour(MISSING)
    border: str = colour(MISSING)
    roads: Roads = value(kind="roads")
    water: str = colour(MISSING)
    water_line: str = colour(MISSING)
    green_space: str = colour(MISSING)
    buildings: str = colour(MISSING)
    landuse: str = colour(MISSING)
    parks: str | None = colour()
    accent: str | None = colour()
    primary: str | None = colour()
    secondary: str | None = colour()
    contour: str | None = colour()
    contour_index: str | None = colour()
    hillshade: str | None = colour()
    grid: str | None = colour()
    population: str | None = colour()
    building_3d: Building3D | None = value(None, kind="building_3d", name="building3D")


@dataclass(frozen=True)
class LayerToggle:
    """The field of `Layers` called *id* shows or hides these layers of a map."""

    id: str
    layer_ids: tuple[str, ...]


@dataclass(frozen=True)
class MapStyle:
    """A map of a caller's own: a MapLibre style, as text since only the gateway looks into it.

    `base` is the style of ours that it comes from or that fonts are taken from; `finished` says
    whether it is to get the finishing pass of `base`.
    """

    text: str
    toggles: tuple[LayerToggle, ...] = ()
    base: str = "minimal"
    finished: bool = False


@dataclass(frozen=True)
class PosterConfig:
    """One poster, whole, but for its size in pixels.

    `style` and `palette` are ids, or a caller's own. `markers` are in the order of their path;
    `watermark`, a field of our own, is printed if given.
    """

    location: Location
    style: str | MapStyle = "minimal"
    palette: str | Palette = ""
    typography: Typography = Typography()
    format: Format = Format()
    layers: Layers = Layers()
    markers: tuple[Marker, ...] = ()
    watermark: str = nullable(text("", 100))

    @property
    def own_style(self) -> MapStyle | None:
        """The caller's own map, None for one of ours."""
        return self.style if isinstance(self.style, MapStyle) else None


@dataclass(frozen=True)
class Resolution:
    """The sheet in pixels: ``width`` x ``height``, each times ``pixel_ratio``; printed at `dpi`."""

    width: int = number(2400, 1, 100_000)
    height: int = number(3600, 1, 100_000)
    pixel_ratio: float = number(1.0, 0.1, 4)
    dpi: float = number(300.0, 10, 2400)

    @property
    def width_px(self) -> int:
        return half_up(self.width * self.pixel_ratio)

    @property
    def height_px(self) -> int:
        return half_up(self.height * self.pixel_ratio)

    @property
    def area_px(self) -> int:
        return self.width_px * self.height_px


@dataclass(frozen=True)
class Output:
    """One file made of the drawn sheet. Sizes are those of the sheet when trimmed.

    `width_px` and `height_px` 0 are the sheet's own, `dpi` 0 keeps its size on paper. The bleed is
    in pixels of the sheet.
    """

    name: str = text("", 64)
    format: str = word("png", *FORMATS)
    quality: int = number(90, 1, 100)
    background: str = word("paper", "paper", "transparent")
    width_px: int = number(0, 1, 100_000)
    height_px: int = number(0, 1, 100_000)
    dpi: float = number(0.0, 10, 2400)
    bleed_px: int = 0
    crop_marks: bool = value(False)
    color_space: str = word("rgb", "rgb", "cmyk")


@dataclass(frozen=True)
class PosterJob:
    """One accepted request: who asked (`key_id`), for what, how urgently and for how long."""

    job_id: str
    key_id: str
    config: PosterConfig
    resolution: Resolution = Resolution()
    outputs: tuple[Output, ...] = (Output(),)
    priority: Priority = Priority.NORMAL
    user_id: str = text("")
    on_missing: str = word("warn", "warn", "fail")
    timeout_s: float = 120.0
    version: int = PAYLOAD_VERSION

    @property
    def bleed_px(self) -> int:
        """How far the sheet is drawn beyond its edges: what the widest bleed needs."""
        return max(output.bleed_px for output in self.outputs)

    def to_page(self) -> dict[str, Any]:
        """Return the JSON the renderer page is handed (static_renderer/README.md).

        A style of the caller's own is put in by the gateway, which knows its addresses.
        """
        own = self.config.own_style
        return {
            "config": to_json(replace(self.config, style=own.base) if own else self.config),
            "width": self.resolution.width_px,
            "height": self.resolution.height_px,
            "bleed": self.bleed_px,
            "background": self.outputs[0].background,
        }

    def to_message(self) -> dict[str, Any]:
        """Return the JSON kept in the job record; `from_message` reads it back."""
        # `to_json` answers Any for any value; for a dataclass it is an object.
        return to_json(self)  # type: ignore[no-any-return]

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "PosterJob":
        """Rebuild the job of a record; keys of a newer version are passed over."""
        # `from_json` answers Any, since it makes whatever class it is given.
        return from_json(cls, message)  # type: ignore[no-any-return]


def half_up(x: float) -> int:
    """Round as the existing export does; Python's own `round` takes halves to even."""
    return math.floor(x + 0.5)


def json_name(f: Any) -> str:
    """Return the JSON name of a dataclass field: its own `name`, else camelCase."""
    if f.metadata.get("name"):
        return str(f.metadata["name"])
    head, *rest = f.name.split("_")
    return str(head + "".join(part.capitalize() for part in rest))


@cache
def _names(cls: type) -> tuple[tuple[str, str], ...]:
    """Return the fields of a dataclass, each with its JSON name: asked for at every submit."""
    return tuple((f.name, json_name(f)) for f in fields(cls))


def to_json(thing: Any) -> Any:
    """Turn dataclasses into plain JSON values, tuples into lists."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {key: to_json(getattr(thing, name)) for name, key in _names(type(thing))}
    if isinstance(thing, list | tuple):
        return [to_json(item) for item in thing]
    return str(thing) if isinstance(thing, Priority) else thing


def from_json(cls: Any, data: dict[str, Any]) -> Any:
    """Rebuild *cls* from what `to_json` made of it."""
    hints = get_type_hints(cls)
    return cls(
        **{
            f.name: _from_json(hints[f.name], data[json_name(f)])
            for f in fields(cls)
            if json_name(f) in data
        }
    )


def _from_json(hint: Any, item: Any) -> Any:
    if isinstance(item, dict):
        return from_json(next(cls for cls in (hint, *get_args(hint)) if is_dataclass(cls)), item)
    if hint is Priority:
        return Priority(item)
    if isinstance(item, list):
        inner = get_args(hint)[0] if get_origin(hint) is tuple else None
        return tuple(_from_json(inner, part) for part in item)
    return item
