"""What is pictured: every style, border, mask, texture, backdrop, mark, relief and tilt, small."""

from dataclasses import replace
from typing import Any

from exporter.poster import (
    Building3D,
    Format,
    Layers,
    Marker,
    Output,
    Palette,
    Resolution,
    from_json,
)
from tests.rendering import PLAIN
from webapi.catalogue import Catalogue

SIZE = Resolution(300, 450)
JACKSBORO = (-84.25, 36.59)
HELSINKI = (24.944, 60.1715)
CITY = replace(PLAIN, buildings=True, parks=True)
RELIEF = Layers(terrain=True, terrain_under_water=False, marker=False, pois=False)
ROUND = Format(mask_shape="circular")
PLACES = (
    Marker(lat=51.150, lng=71.418, label="Here"),
    Marker(lat=51.140, lng=71.436, label="There"),
    Marker(lat=51.152, lng=71.445),
)

# A place's name in each script.
SCRIPTS = {
    "latin": "Łódź",
    "greek": "Αθήνα",
    "arabic": "الدار البيضاء",
    "hebrew": "ירושלים",
    "devanagari": "नई दिल्ली",
    "thai": "กรุงเทพมหานคร",
    "chinese": "北京市",
    "japanese": "東京の町",
    "korean": "서울특별시",
    "emoji": "Paris 🎉",
}

Case = dict[str, Any]


def styles() -> dict[str, Case]:
    """Each style in its default palette, as a poster of the sample city."""
    return {f"style-{name}": {"style": name, "layers": CITY} for name in Catalogue.read().styles}


def sheets() -> dict[str, Case]:
    """Every border on both masks, textures, odd shapes, no paper."""
    borders = {
        f"border-{border}-{mask}": {"sheet": Format(border_style=border, mask_shape=mask)}
        for border in ("none", "thin", "thick", "double", "inset")
        for mask in ("rectangular", "circular")
    }
    textures = {
        f"texture-{kind}": {"sheet": Format(texture=kind, texture_intensity=60)}
        for kind in ("paper", "canvas", "grain")
    }
    return {
        **borders,
        **textures,
        "compass": {
            "sheet": replace(ROUND, compass_rose=True, border_style="thin"),
            "layers": replace(CITY, bearing=30),
        },
        "landscape": {"size": Resolution(450, 300)},
        "no-margin": {"sheet": Format(margin=0)},
        "no-paper": {"outputs": (Output(background="transparent"),), "palette": "navy"},
    }


def words() -> dict[str, Case]:
    """Every backdrop at every place, long and foreign titles."""
    backdrops = {
        f"words-{backdrop}-{position}": {"text_backdrop": backdrop, "position": position}
        for backdrop in ("none", "subtle", "strong", "gradient")
        for position in ("top", "bottom", "center")
    }
    return {
        **backdrops,
        "words-long": {"name": "Llanfairpwllgwyngyll by the long river under the high hill"},
        "words-cyrillic": {"name": "Астана", "title_all_caps": False},
        **{f"script-{script}": {"name": name} for script, name in SCRIPTS.items()},
    }


def marks() -> dict[str, Case]:
    """Markers of each kind and label style, paths, fills, graticule, scale."""
    kinds = {
        f"marker-{kind}": {"layers": replace(CITY, marker=True, marker_type=kind)}
        for kind in ("pin", "crosshair", "dot", "ring", "heart", "home")
    }
    labels = {
        f"label-{style}": {"markers": tuple(replace(m, label_style=style) for m in PLACES)}
        for style in ("standard", "elevated", "glass", "vintage")
    }
    path = replace(PLAIN, connect_markers=True, show_segment_lengths=True)
    return {
        **kinds,
        **labels,
        "path-solid": {"markers": PLACES, "layers": path},
        "path-dashed": {"markers": PLACES, "layers": replace(path, marker_path_style="dashed")},
        "path-filled": {"markers": PLACES, "layers": replace(path, fill_markers=True)},
        "graticule": {
            "zoom": 10.5,
            "layers": replace(PLAIN, graticules=True, graticule_density=0.1),
        },
        "scale": {"layers": replace(PLAIN, show_scale=True)},
        "watermark": {"watermark": "posters.example"},
    }


def maps() -> dict[str, Case]:
    """What the layers show: names, tilt, buildings, another city, relief."""
    names = replace(
        CITY, labels=True, labels_admin=True, labels_cities=True, labels_streets=True, pois=True
    )
    tilted = replace(CITY, buildings_3d=True, pitch=50, bearing=20)
    relief = {"center": JACKSBORO, "zoom": 11.5, "name": "Jacksboro"}
    return {
        "names": {"layers": names, "zoom": 14.0},
        "tilted": {"layers": tilted, "zoom": 14.5},
        "tilted-dark": {"layers": tilted, "zoom": 14.5, "style": "dark-mode"},
        "tilted-ramp": {
            "layers": replace(tilted, pitch=60, buildings_3d_height_scale=1.5), "zoom": 15.5,
            "center": HELSINKI, "name": "Helsinki", "palette": evening(),
        },
        "helsinki": {"center": HELSINKI, "zoom": 15.0, "name": "Helsinki", "layers": CITY},
        "hillshade": {**relief, "layers": RELIEF},
        "contours": {**relief, "layers": replace(RELIEF, contours=True)},
        "population": {"layers": replace(CITY, population=True), "zoom": 11.0},
        "contours-topographic": {
            **relief, "layers": replace(RELIEF, contours=True), "style": "topographic",
        },
        "terrain": {
            **relief, "layers": replace(RELIEF, contours=True, volumetric_terrain=True, pitch=55),
        },
        "terrain-fog": {
            **relief, "style": "dark-mode",
            "layers": replace(RELIEF, volumetric_terrain=True, pitch=60, bearing=20,
                              terrain_fog_range=(-0.5, 2.5)),
        },
        "terrain-low-sun": {
            **relief,
            "layers": replace(
                RELIEF, volumetric_terrain=True, pitch=45, terrain_light_azimuth=270,
                terrain_light_altitude=12, terrain_color="#d8dcc0", terrain_shadow_color="#5a4632",
            ),
        },
    }  # fmt: skip


def evening() -> Palette:
    """A palette of one's own: ink on paper, and towers that glow in a low light."""
    ink: Palette = from_json(Palette, Catalogue.read().styles["minimal"]["palettes"][0])
    glow = Building3D(
        color_low="#3b4a6b", color_mid="#c8735a", color_high="#f4c46b", opacity=0.95,
        light_color="#ffe2c0", light_intensity=0.6,
    )  # fmt: skip
    return replace(ink, building_3d=glow)


CASES: dict[str, Case] = {**styles(), **sheets(), **words(), **marks(), **maps()}
