"""Bad styles and bad URLs: groups F and G of the corpus, in styles and palettes of callers' own.

Of the surfaces of G a style has five: TileJSON, tiles, sprite, glyphs and GeoJSON.
"""

from typing import Any

from tests.own_styles import map_style, ours

Given = tuple[str, str, str, dict[str, Any]]

STYLE = "/config/style/mapStyle"
VECTOR = {"type": "vector", "url": "https://tiles.example.com/tiles.json"}
LINE = {"id": "road", "type": "line", "source": "map", "source-layer": "road"}
MINIMAL = ours()["palettes"][0]
REST = ("primary", "secondary", "tertiary", "residential", "service")


def styled(style: Any) -> dict[str, Any]:
    """The config of a style of one's own."""
    return {"style": {"id": "mine", "mapStyle": style}}


def source(**fields: Any) -> dict[str, Any]:
    return styled(map_style(sources={"map": fields}))


def tiled(url: str, **fields: Any) -> dict[str, Any]:
    return source(type="raster", tiles=[url], **fields)


def layered(**layer: Any) -> dict[str, Any]:
    return styled(map_style(layers=[{**LINE, **layer}]))


def _f(id_: str, code: str, pointer: str, given: dict[str, Any]) -> Given:
    return (f"F{id_}", code, STYLE + pointer, given)


GOOD = "https://tiles.example.com/{z}/{x}/{y}.png"
STYLES: tuple[Given, ...] = (
    _f("01", "style_version", "/version", styled(map_style(version=7))),
    _f("02", "style_invalid", "/layers", styled(map_style(layers=None))),
    _f("02-empty", "style_invalid", "/layers", styled(map_style(layers=[]))),
    _f("03", "style_invalid", "/sources", styled(map_style(sources=None))),
    _f("04", "style_source_missing", "/layers/0", layered(source="nothing")),
    _f("05", "style_invalid", "/layers/1", styled(map_style(layers=[LINE, LINE]))),
    _f("06", "style_invalid", "/layers/0/type", layered(type="nope")),
    _f("07", "style_expression", "/layers/0/paint/line-color",
       layered(paint={"line-color": ["get"]})),
    _f("07-filter", "style_expression", "/layers/0/filter", layered(filter=["=="])),
    _f("09", "style_limit", "/layers",
       styled(map_style(layers=[{**LINE, "id": str(n)} for n in range(301)]))),
    _f("10", "style_limit", "/sources",
       styled(map_style(sources={str(n): VECTOR for n in range(21)}))),
    _f("11", "style_source_type", "/sources/map/type",
       source(type="video", urls=["https://example.com/a.mp4"])),
    _f("11-canvas", "style_source_type", "/sources/map/type", source(type="canvas", canvas="x")),
    _f("11-image", "style_source_type", "/sources/map/type",
       source(type="image", url="https://example.com/a.png")),
    _f("12", "out_of_range", "/sources/map/tileSize", tiled(GOOD, tileSize=1)),
    _f("13", "out_of_range", "/sources/map/tileSize", tiled(GOOD, tileSize=0)),
    _f("13-large", "out_of_range", "/sources/map/tileSize", tiled(GOOD, tileSize=1025)),
    _f("14", "style_invalid", "/sources/map/minzoom", tiled(GOOD, minzoom=9, maxzoom=8)),
    _f("15", "style_invalid", "/sources/map/tiles", source(type="raster", tiles=[])),
    _f("15-none", "style_invalid", "/sources/map", source(type="raster")),
    _f("16", "style_url_template", "/sources/map/tiles/0",
       tiled("https://tiles.example.com/{x}/{y}")),
    _f("17", "style_url_template", "/glyphs",
       styled(map_style(glyphs="https://example.com/{range}.pbf"))),
    _f("18", "style_invalid", "/sprite", styled(map_style(sprite={"id": "a"}))),
    _f("18-list", "style_invalid", "/sprite", styled(map_style(sprite=[{"id": "a"}]))),
    _f("20", "mapbox_token_missing", "/sources/map/url",
       source(type="vector", url="mapbox://mapbox.streets")),
    _f("20-sprite", "mapbox_token_missing", "/sprite",
       styled(map_style(sprite="mapbox://sprites/a/b"))),
    _f("22", "style_feature_unsupported", "/fog", styled(map_style(fog={"range": [1, 2]}))),
    _f("22-globe", "style_feature_unsupported", "/projection",
       styled(map_style(projection={"type": "globe"}))),
    _f("22-terrain", "style_feature_unsupported", "/terrain",
       styled(map_style(terrain={"source": "map"}))),
    _f("22-fonts", "style_feature_unsupported", "/font-faces",
       styled(map_style(**{"font-faces": {"A": "https://127.0.0.1/a.ttf"}}))),
    _f("-colour", "style_invalid", "/layers/0/paint/line-color",
       layered(paint={"line-color": "redd"})),
    _f("-shape", "type_mismatch", "", styled("https://example.com/style.json")),
    ("F-toggles", "type_mismatch", "/config/style/layerToggles/0",
     {"style": {"mapStyle": map_style(), "layerToggles": [{"id": "streets"}]}}),
    ("F-id", "type_mismatch", "/config/style/id", {"style": {"id": 7, "mapStyle": map_style()}}),
    ("F-finish", "style_feature_unsupported", "/config/style/finish",
     {"style": {"mapStyle": map_style(), "finish": {"grain": 1}}}),
    ("F-palette", "field_missing", "/config/palette/water",
     {"palette": {key: colour for key, colour in MINIMAL.items() if key != "water"}}),
    ("F-palette-road", "field_missing", "/config/palette/roads/trunk",
     {"palette": {**MINIMAL, "roads": {"motorway": "#000", **dict.fromkeys(REST, "#111")}}}),
    ("F-palette-null", "type_mismatch", "/config/palette/water",
     {"palette": {**MINIMAL, "water": None}}),
    ("F-palette-roads", "field_missing", "/config/palette/roads",
     {"palette": {key: colour for key, colour in MINIMAL.items() if key != "roads"}}),
    ("F-palette-colour", "colour_invalid", "/config/palette/text",
     {"palette": {**MINIMAL, "text": "red;background:url(//x)"}}),
    ("F-palette-field", "unknown_field", "/config/palette/watr",
     {"palette": {**MINIMAL, "watr": "#fff"}}),
    ("F-palette-3d", "field_missing", "/config/palette/building3D/colorMid",
     {"palette": {**MINIMAL, "building3D": {"colorLow": "#fff", "colorHigh": "#000"}}}),
    ("F-palette-light", "out_of_range", "/config/palette/building3D/lightIntensity",
     {"palette": {**MINIMAL, "building3D": {
         "colorLow": "#fff", "colorMid": "#888", "colorHigh": "#000", "lightIntensity": 1.5}}}),
)  # fmt: skip

# Each is the beginning of a URL whose end belongs to the surface, or the whole when it has "{end}".
URLS: tuple[tuple[str, str, str], ...] = (
    ("G01", "url_scheme", "file:///etc/passwd{end}"),
    ("G02", "url_scheme", "FILE:///etc/passwd{end}"),
    ("G03", "url_invalid", "\\\\localhost\\etc\\passwd{end}"),
    ("G04", "url_invalid", "//127.0.0.1/x{end}"),
    *((f"G05-{n}", "url_not_allowed", f"{scheme}://{host}{{end}}")
      for scheme in ("http", "https")
      for n, host in enumerate((
          "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]",
          "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254",
          "[fd00:ec2::254]", "metadata.google.internal", "10.0.0.1", "100.64.0.1", "0.0.0.0",
          "localhost.", "LOCALHOST", "a.localhost", "127。0。0。1", "①②⑦.0.0.1", "redis",
      ), start=1 if scheme == "http" else 31)),
    ("G20", "url_userinfo", "http://example.com@127.0.0.1{end}"),
    ("G20-word", "url_userinfo", "https://a:b@example.com{end}"),
    ("G21", "url_invalid", "http://127.0.0.1\\@example.com{end}"),
    *((f"G22-{port}", "url_port", f"https://example.com:{port}{{end}}")
      for port in (22, 6379, 9333)),
    *((f"G23-{scheme}", "url_scheme", f"{scheme}{rest}{{end}}")
      for scheme, rest in (
          ("javascript", ":alert(1)"), ("data", ":text/html,x"), ("blob", ":https://a/b"),
          ("chrome", "://version"), ("view-source", ":https://a"), ("ftp", "://example.com"),
          ("gopher", "://example.com"), ("ws", "://example.com"),
      )),
    ("G25-long", "url_too_long", "https://example.com/" + "a" * 2049 + "{end}"),
    ("G25-space", "url_invalid", "https://exam ple.com{end}"),
    ("G25-line", "url_invalid", "https://example.com/\r\nHost: x{end}"),
    ("G25-tab", "url_invalid", "https://example.com/\t{end}"),
    ("G26", "url_invalid", "http://{end}"),
    ("G26-empty", "url_invalid", "http:///127.0.0.1{end}"),
    ("G-http", "url_scheme", "http://example.com{end}"),
)  # fmt: skip


def surfaces(url: str) -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """Return *url* at every place of a style: its name, its pointer in the style, the config."""
    point = {"type": "circle", "id": "spot", "source": "map"}
    tiles, glyphs = url.format(end="/{z}/{x}/{y}"), url.format(end="/{fontstack}/{range}.pbf")
    bare = url.format(end="")
    data = map_style(sources={"map": {"type": "geojson", "data": bare}}, layers=[point])
    sprites = [{"id": "a", "url": bare}]
    return (
        ("tilejson", "/sources/map/url", source(type="vector", url=bare)),
        ("tiles", "/sources/map/tiles/1", source(type="vector", tiles=[GOOD, tiles])),
        ("geojson", "/sources/map/data", styled(data)),
        ("sprite", "/sprite/0/url", styled(map_style(sprite=sprites))),
        ("glyphs", "/glyphs", styled(map_style(glyphs=glyphs))),
    )


def given() -> tuple[Given, ...]:
    """Return all cases as id, code, pointer and the sections of a config."""
    at_every_place = (
        (f"{id_}-{name}", code, STYLE + pointer, sections)
        for id_, code, url in URLS
        for name, pointer, sections in surfaces(url)
    )
    return (*STYLES, *at_every_place)
