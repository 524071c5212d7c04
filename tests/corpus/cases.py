"""The bad inputs the API can meet at present, each with the answer it must get.

Ids are those of the bad-input corpus: A transport, B JSON, C keys, D ranges, E texts, F styles,
G URLs, H markers, I options, J jobs. A letter behind an id tells several requests of one case
apart. Cases about parts the API does not have yet (GeoJSON overlays, quotas) are not here.
"""

import gzip
import json
from dataclasses import dataclass, field
from typing import Any

from tests.corpus import styles

GENERATE = "/api/v1/posters/generate"
JOBS = "/api/v1/posters/jobs"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Case:
    """One request and its answer. `pointer` None: the error is about no field of the body."""

    id: str
    status: int
    code: str
    pointer: str | None = None
    method: str = "POST"
    path: str = GENERATE
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    # Sent as the Bearer key: a working one ("good"), a marked one of the test, or none ("").
    key: str = "good"


def place(**more: Any) -> dict[str, Any]:
    """The shortest valid body, and what is added to it."""
    return {"location": {"lat": 51.145, "lng": 71.43}, **more}


def config(**sections: Any) -> dict[str, Any]:
    """The shortest valid body with a whole config; a location given here is merged into its own."""
    location = {"center": [71.43, 51.145], **sections.pop("location", {})}
    return {"config": {"location": location, **sections}}


def size(**resolution: Any) -> dict[str, Any]:
    return place(resolution=resolution)


def raw(id_: str, status: int, code: str, body: bytes, pointer: str | None = None) -> Case:
    return Case(id_, status, code, pointer, body=body)


def sent(id_: str, code: str, pointer: str, body: Any, status: int = 422) -> Case:
    return Case(id_, status, code, pointer, body=json.dumps(body).encode())


def typed(id_: str, content_type: str | None, body: bytes = b'{"a":1}', **more: str) -> Case:
    headers = {"Content-Type": content_type} if content_type else {}
    code = "content_encoding_unsupported" if more else "media_type_unsupported"
    return Case(id_, 415, code, body=body, headers={**headers, **more})


def get(id_: str, status: int, code: str, path: str, **more: Any) -> Case:
    return Case(id_, status, code, method="GET", path=path, headers=more.pop("headers", {}), **more)


VALID = json.dumps(place()).encode()
BOMB = gzip.compress(bytes(20_000_000))

TRANSPORT = (
    raw("A01", 400, "body_missing", b""),
    sent("A02", "field_missing", "/location", {}),
    typed("A03", "text/plain"),
    typed("A03-charset", "application/json; charset=utf-16"),
    typed("A04", None),
    typed("A05", "multipart/form-data; boundary=x"),
    typed("A06", "application/json", gzip.compress(VALID), **{"Content-Encoding": "gzip"}),
    typed("A07", "application/json", BOMB, **{"Content-Encoding": "gzip"}),
    raw("A08", 413, "body_too_large", b" " * 2_000_001),
    get("A12", 405, "method_not_allowed", GENERATE),
    Case("A12-b", 405, "method_not_allowed", method="PUT", path=f"{JOBS}/{UNKNOWN}"),
    Case("A12-c", 405, "method_not_allowed", path="/health/live"),
    Case("A12-d", 405, "method_not_allowed", method="OPTIONS", path="/api/v1/styles"),
    get("A13", 404, "not_found", "/api/v1/nothing"),
    Case("A13-b", 404, "not_found", path="/", headers={"Content-Type": "text/plain"}),
    *(
        get(f"A14-{n}", 404, "not_found", f"{path}/")
        for n, path in enumerate(
            (
                f"{JOBS}/{UNKNOWN}", "/api/v1/styles", "/api/v1/styles/minimal", "/health/live",
                "/health/ready", "/metrics", "/docs", "/openapi.json", "/api/v1/posters/jobs",
            )
        )
    ),
    Case("A14-generate", 404, "not_found", path=f"{GENERATE}/", body=VALID),
    get("A14-double", 404, "not_found", "//api/v1/styles"),
    Case(
        "A17", 406, "not_acceptable", body=VALID,
        headers={"Content-Type": "application/json", "Accept": "application/xml"},
    ),
    get("A18", 404, "not_found", "/nothing%00"),
    get("A18-job", 404, "job_not_found", f"{JOBS}/%00"),
    get("A19", 404, "job_not_found", f"{JOBS}/..%2f..%2fetc%2fpasswd"),
    get("A19-short", 404, "job_not_found", f"{JOBS}/..%2f"),
    Case("A20", 400, "parameter_unknown", path=f"{GENERATE}?dpi=300", body=VALID),
    get("A20-b", 400, "parameter_unknown", "/api/v1/styles?page=2"),
)  # fmt: skip


def titled(text: str) -> bytes:
    """A valid body but for *text*, raw JSON, as its title."""
    return f'{{"location":{{"lat":51,"lng":71}},"text":{{"title":{text}}}}}'.encode()


def wide(number: str) -> bytes:
    """A valid body but for *number*, raw JSON, as its width."""
    return (
        f'{{"location":{{"lat":51,"lng":71}},"resolution":{{"width":{number},"height":600}}}}'
    ).encode()


JSON = (
    raw("B01", 400, "json_invalid", VALID[:-1]),
    raw("B01-string", 400, "json_invalid", b'{"location'),
    raw("B02", 400, "json_invalid", b'{"location":{"lat":51,"lng":71,}}'),
    raw("B03", 400, "json_invalid", b"{'location':{'lat':51,'lng':71}}"),
    raw("B04", 400, "json_encoding", b"\xef\xbb\xbf" + VALID),
    raw("B05", 400, "json_encoding", VALID.decode().encode("utf-16")),
    raw("B05-le", 400, "json_encoding", VALID.decode().encode("utf-16-le")),
    raw("B06", 400, "json_encoding", titled('"') + b'\xff"}}'),
    raw("B07", 400, "json_encoding", titled(r'"\ud800"')),
    raw("B07-key", 400, "json_encoding", rb'{"\udfff":1}'),
    raw("B08", 400, "json_encoding", titled(r'"\u0000"')),
    raw("B08-raw", 400, "json_encoding", titled('"\0"')),
    raw("B09", 400, "json_number", wide("NaN")),
    raw("B10", 400, "json_number", wide("Infinity")),
    raw("B10-minus", 400, "json_number", wide("-Infinity")),
    raw("B11", 400, "json_number", wide("1e999")),
    raw("B12", 400, "json_number", wide("1" * 5000)),
    raw("B13", 400, "json_too_deep", b"[" * 100_000),
    raw("B14", 400, "json_too_deep", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    raw("B14-33", 400, "json_too_deep", b"[" * 33 + b"]" * 33),
    raw("B15", 400, "json_duplicate_key", wide('600,"width":800')),
    raw("B16", 422, "type_mismatch", b"[]", ""),
    raw("B17", 422, "type_mismatch", b'"poster"', ""),
    raw("B17-null", 422, "type_mismatch", b"null", ""),
    raw("B18", 400, "json_forbidden_key", b'{"config":{"__proto__":{"a":1}}}'),
    raw("B18-b", 400, "json_forbidden_key", b'{"config":{"constructor":{"a":1}}}'),
    raw("B-keys", 413, "body_too_large", b"{" + b'"a":1,' * 20_001 + b'"b":1}'),
)

_KEY = "ca_live_" + "0" * 64
KEYS = (
    get("C01", 401, "auth_missing", f"{JOBS}/{UNKNOWN}", key=""),
    Case("C01-post", 401, "auth_missing", body=VALID, key=""),
    get("C01-metrics", 401, "auth_missing", "/metrics", key=""),
    get("C02", 401, "auth_scheme", f"{JOBS}/{UNKNOWN}", key="",
        headers={"Authorization": "Basic dXNlcjpwYXNz"}),
    get("C03", 401, "auth_malformed", f"{JOBS}/{UNKNOWN}", key="ca_live_short"),
    get("C03-upper", 401, "auth_malformed", f"{JOBS}/{UNKNOWN}", key=_KEY[:-1] + "F"),
    get("C03-empty", 401, "auth_malformed", f"{JOBS}/{UNKNOWN}", key="",
        headers={"Authorization": "Bearer "}),
    get("C04", 401, "auth_invalid", f"{JOBS}/{UNKNOWN}", key=_KEY),
    get("C05", 401, "auth_invalid", f"{JOBS}/{UNKNOWN}", key="wrong-secret"),
    get("C06", 401, "key_revoked", f"{JOBS}/{UNKNOWN}", key="revoked"),
    get("C06-wrong", 401, "auth_invalid", f"{JOBS}/{UNKNOWN}", key="revoked-wrong-secret"),
    get("C07", 401, "key_expired", f"{JOBS}/{UNKNOWN}", key="expired"),
    get("C08", 401, "auth_in_query", f"{JOBS}/{UNKNOWN}?api_key=x"),
    get("C08-b", 401, "auth_in_query", f"{JOBS}/{UNKNOWN}?q={_KEY}", key=""),
    Case("C09", 403, "scope_missing", "/priority", key="free",
         body=json.dumps(place(priority="high")).encode()),
    get("C10", 400, "header_duplicate", f"{JOBS}/{UNKNOWN}", key=f"{_KEY},Bearer {_KEY}"),
    get("C13", 404, "job_not_found", f"{JOBS}/FOREIGN"),
    Case("C14", 404, "job_not_found", method="DELETE", path=f"{JOBS}/FOREIGN", headers={}),
    *(
        Case(f"C17-{name}", 400, "idempotency_key_invalid", body=VALID,
             headers={"Content-Type": "application/json", "Idempotency-Key": key})
        for name, key in (
            ("empty", ""), ("long", "k" * 256), ("space", " k"), ("accent", "\xe9"), ("tab", "\ta"),
        )
    ),
    # A request wrong in several ways gets the answer of the first check.
    Case("C-order-media", 415, "media_type_unsupported", body=b"x", headers={}, key=""),
    Case("C-order-key", 401, "auth_missing", body=b"[" * 99, key=""),
    Case("C-order-length", 413, "body_too_large", body=b" " * 2_000_001, headers={}, key=""),
)  # fmt: skip

RANGES = (
    sent("D01", "field_missing", "/resolution/width", size(height=600)),
    sent("D02", "type_mismatch", "/resolution/width", size(width="800", height=600)),
    sent("D03", "out_of_range", "/resolution/width", size(width=0, height=600)),
    sent("D04", "out_of_range", "/resolution/width", size(width=-1, height=600)),
    sent("D05", "type_mismatch", "/resolution/width", size(width=1.5, height=600)),
    sent("D06", "out_of_range", "/resolution/width", size(width=2**31, height=600)),
    sent("D07", "type_mismatch", "/resolution/width", size(width=True, height=600)),
    sent("D08", "type_mismatch", "/resolution/width", size(width=None, height=600)),
    sent("D09", "pixel_limit", "/resolution", size(width=16_000, height=20_001)),
    sent("D09-ratio", "pixel_limit", "/resolution", size(width=8001, height=10_000, pixelRatio=2)),
    sent("D09-side", "pixel_limit", "/resolution", size(width=22_001, height=2000)),
    sent("D10", "out_of_range", "/resolution/pixelRatio",
         size(width=400, height=600, pixelRatio=0)),
    sent("D11", "out_of_range", "/resolution/pixelRatio",
         size(width=400, height=600, pixelRatio=1e-9)),
    sent("D12", "out_of_range", "/resolution/pixelRatio",
         size(width=400, height=600, pixelRatio=100)),
    sent("D13", "out_of_range", "/resolution/dpi", size(width=400, height=600, dpi=-300)),
    sent("D13-paper", "out_of_range", "/resolution/dpi", size(size="A4", dpi=-1)),
    sent("D14", "enum_unknown", "/resolution/unit", size(width=4, height=6, unit="furlong")),
    sent("D15", "size_too_small", "/resolution", size(width=0.01, height=0.01, unit="mm")),
    sent("D15-ratio", "size_too_small", "/resolution",
         size(width=100, height=100, pixelRatio=0.1)),
    sent("D16-paper", "aspect_limit", "/resolution", size(width=1, height=30, unit="cm")),
    sent("D-preset", "enum_unknown", "/resolution/preset", size(preset="small")),
    sent("D-sheet", "enum_unknown", "/resolution/size", size(size="A7")),
    sent("D-two-sizes", "conflicting_fields", "/resolution/width", size(preset="SMALL", width=9)),
    sent("D16", "aspect_limit", "/resolution", size(width=1, height=10_000)),
    sent("D17", "out_of_range", "/location/lat", {"location": {"lat": 90.0001, "lng": 0}}),
    sent("D18", "latitude_beyond_mercator", "/location/lat", {"location": {"lat": 89, "lng": 0}}),
    sent("D19", "out_of_range", "/location/lng", {"location": {"lat": 0, "lng": 181}}),
    sent("D20", "coordinates_swapped", "/config/location/center",
         config(location={"center": [51.1, 120]})),
    sent("D21-1", "array_length", "/config/location/center", config(location={"center": [1]})),
    sent("D21-3", "array_length", "/config/location/center",
         config(location={"center": [1, 2, 3]})),
    sent("D21-text", "type_mismatch", "/config/location/center/1",
         config(location={"center": [1, "2"]})),
    sent("D22", "out_of_range", "/camera/zoom", place(camera={"zoom": -1})),
    sent("D23", "out_of_range", "/camera/zoom", place(camera={"zoom": 25})),
    sent("D23-config", "out_of_range", "/config/location/zoom", config(location={"zoom": 25})),
    sent("D24", "type_mismatch", "/camera/bearing", place(camera={"bearing": "north"})),
    sent("D25", "out_of_range", "/camera/pitch", place(camera={"pitch": 86})),
    sent("D26", "bbox_invalid", "/config/location/bounds",
         config(location={"bounds": [[71, 52], [72, 51]]})),
    sent("D27", "bbox_invalid", "/config/location/bounds",
         config(location={"bounds": [[71, 51], [71, 51]]})),
    # Across the antimeridian is fine; more than once around the world is not.
    sent("D28", "bbox_invalid", "/config/location/bounds",
         config(location={"bounds": [[-190, 51], [190, 52]]})),
    # Center and bounds are both in every config; these are the fields that exclude each other.
    sent("D29", "conflicting_fields", "/text", {**config(), "text": {"title": "x"}}),
    sent("D29-location", "conflicting_fields", "/location", {**config(), **place()}),
    sent("D29-size", "conflicting_fields", "/options/high_res",
         place(options={"high_res": True}, resolution={"width": 400, "height": 600})),
    sent("D29-palette", "conflicting_fields", "/palette",
         {**config(palette="ink"), "palette": "ink"}),
    sent("D30", "unknown_field", "/resolution/widht", size(widht=1, width=400, height=600)),
    sent("D30-top", "unknown_field", "/sytle", place(sytle="minimal")),
    sent("D30-escaped", "unknown_field", "/text/a~1b~0c", place(text={"a/b~c": 1})),
    sent("D30-config", "unknown_field", "/config/typography/titelSize",
         config(typography={"titelSize": 5})),
    sent("D-shape", "type_mismatch", "/location", {"location": [71, 51]}),
    sent("D-flag", "type_mismatch", "/options/water", place(options={"water": 1})),
    sent("D-timeout-long", "out_of_range", "/timeout", place(timeout=900_001)),
    sent("D-timeout-zero", "out_of_range", "/timeout", place(timeout=0)),
    sent("D-timeout-text", "type_mismatch", "/timeout", place(timeout="120s")),
    sent("D-user", "type_mismatch", "/user_id", place(user_id=7)),
    sent("D-style", "enum_unknown", "/style", place(style="minimul")),
    sent("D-style-config", "enum_unknown", "/config/style/id", config(style={"id": "none"})),
    sent("D-palette", "enum_unknown", "/palette", place(palette="nope")),
    sent("D-palette-config", "enum_unknown", "/config/palette", config(palette="nope")),
    sent("D-sun", "out_of_range", "/config/layers/terrainLightAltitude",
         config(layers={"terrainLightAltitude": 91})),
    sent("D-fog", "out_of_range", "/config/layers/terrainFogRange",
         config(layers={"terrainFogRange": [10, 0.5]})),
    sent("D-fog-colour", "colour_invalid", "/config/layers/terrainFogColor",
         config(layers={"terrainFogColor": "mist"})),
    sent("D-ground", "out_of_range", "/config/layers/terrainColor/1",
         config(layers={"terrainColor": [10, 256, 0]})),
    sent("D-mesh", "enum_unknown", "/config/layers/terrainMeshQuality",
         config(layers={"terrainMeshQuality": "best"})),
    sent("D-graticule", "out_of_range", "/config/layers/graticuleDensity",
         config(layers={"graticules": True, "graticuleDensity": 0})),
    sent("D-path", "enum_unknown", "/config/layers/markerPathStyle",
         config(layers={"connectMarkers": True, "markerPathStyle": "dotted"})),
    sent("D-path-width", "out_of_range", "/config/layers/markerPathWidth",
         config(layers={"connectMarkers": True, "markerPathWidth": 1e9})),
    sent("D-transparent", "conflicting_fields", "/output/background",
         place(options={"background": False}, output={"format": "jpeg"})),
    sent("D-format", "enum_unknown", "/output/format", place(output={"format": "gif"})),
    sent("D-quality", "out_of_range", "/output/quality",
         place(output={"format": "jpeg", "quality": 101})),
    sent("D-upscale", "out_of_range", "/outputs/0/width",
         {**size(width=400, height=600), "outputs": [{"width": 401}]}),
    sent("D-outputs", "array_length", "/outputs", place(outputs=[])),
    sent("D-bleed", "enum_unknown", "/output/bleed/unit",
         place(output={"format": "pdf", "bleed": {"amount": 3, "unit": "px"}})),
)  # fmt: skip

TEXTS = (
    sent("E01", "string_too_long", "/text/title", place(text={"title": "a" * 10_001})),
    sent("E01-limit", "string_too_long", "/text/title", place(text={"title": "a" * 201})),
    sent("E01-user", "string_too_long", "/user_id", place(user_id="a" * 201)),
    sent("E02", "text_control_chars", "/text/title", place(text={"title": "\x01\x02\x7f"})),
    sent("E02-line", "text_control_chars", "/text/subtitle", place(text={"subtitle": "a\r\nb"})),
    sent("E04", "text_bidi_override", "/text/title", place(text={"title": "abc\u202etxt"})),
    sent("E05", "text_combining_marks", "/text/title",
         place(text={"title": "a" + "\u0301" * 1000})),
    sent("E06", "font_unknown", "/config/typography/titleFont",
         config(typography={"titleFont": "Comic Sans MS"})),
    sent("E07", "font_unknown", "/config/typography/titleFont",
         config(typography={"titleFont": "../../etc/passwd"})),
    sent("E08", "url_not_allowed", "/config/typography/titleFont",
         config(typography={"titleFont": "http://127.0.0.1"})),
    sent("E10", "colour_invalid", "/text/color",
         place(text={"color": "red;background:url(//x)"})),
    sent("E11", "colour_invalid", "/text/color", place(text={"color": "#12"})),
    sent("E12", "colour_invalid", "/text/color", place(text={"color": "rgb(300,0,0)"})),
    sent("E13", "colour_invalid", "/config/layers/markerColor",
         config(layers={"markerColor": "var(--x)"})),
    sent("E14", "out_of_range", "/config/typography/backdropAlpha",
         config(typography={"backdropAlpha": 1.1})),
    sent("E15", "out_of_range", "/config/typography/titleSize",
         config(typography={"titleSize": 0})),
    sent("E16", "out_of_range", "/config/typography/titleSize",
         config(typography={"titleSize": 1e6})),
    sent("E17", "type_mismatch", "/config/typography/maxWidth",
         config(typography={"maxWidth": "NaN"})),
)  # fmt: skip

_HERE = {"lat": 51, "lng": 71}


def marked(*markers: Any) -> dict[str, Any]:
    return config(markers=list(markers))


MARKERS = (
    sent("H01", "type_mismatch", "/config/markers", config(markers={"lat": 1, "lng": 2})),
    sent("H01-item", "type_mismatch", "/config/markers/1", marked(_HERE, [71, 51])),
    sent("H01-null", "type_mismatch", "/config/markers/0", marked(None)),
    sent("H03", "type_mismatch", "/config/markers/0/lat", marked({"lat": "51", "lng": 71})),
    sent("H04", "type_mismatch", "/config/markers/0/lng", marked({"lat": 51, "lng": None})),
    sent("H05", "out_of_range", "/config/markers/0/lat", marked({"lat": 900, "lng": 0})),
    sent("H05-lng", "out_of_range", "/config/markers/0/lng", marked({"lat": 0, "lng": 181})),
    sent("H05-pole", "latitude_beyond_mercator", "/config/markers/0/lat",
         marked({"lat": 89, "lng": 0})),
    # Counted before any is looked at: each of these would be wrong by itself.
    sent("H11", "marker_limit", "/config/markers", config(markers=[{}] * 10_001)),
    sent("H12", "field_missing", "/config/markers/1/lat", marked(_HERE, {"lng": 71})),
    sent("H12-lng", "field_missing", "/config/markers/0/lng", marked({"lat": 51})),
    sent("H13", "unknown_field", "/config/markers/0/icon",
         marked({**_HERE, "icon": "http://127.0.0.1/x.png"})),
    sent("H17", "string_too_long", "/config/markers/0/label",
         marked({**_HERE, "label": "a" * 1001})),
    sent("H-control", "text_control_chars", "/config/markers/0/label",
         marked({**_HERE, "label": "a\nb"})),
    sent("H-type", "enum_unknown", "/config/markers/0/type", marked({**_HERE, "type": "star"})),
    sent("H-colour", "colour_invalid", "/config/markers/0/color",
         marked({**_HERE, "color": "url(x)"})),
    sent("H-size", "out_of_range", "/config/markers/0/size", marked({**_HERE, "size": 1e6})),
    sent("H-label-size", "out_of_range", "/config/markers/0/labelSize",
         marked({**_HERE, "labelSize": 0})),
    sent("H-label-style", "enum_unknown", "/config/markers/0/labelStyle",
         marked({**_HERE, "labelStyle": "neon"})),
    sent("H-watermark", "string_too_long", "/config/watermark", config(watermark="a" * 101)),
    sent("H-watermark-flag", "type_mismatch", "/config/watermark", config(watermark=True)),
)  # fmt: skip

OPTIONS = (
    sent("I07", "enum_unknown", "/priority", place(priority="urgent")),
    sent("I07-type", "type_mismatch", "/priority", place(priority=1)),
    sent("I07-word", "enum_unknown", "/text/position", place(text={"position": "left"})),
)

_HOOK = "https://hooks.example/poster"


def hook(id_: str, code: str, field_: str, **webhook: Any) -> Case:
    return sent(id_, code, f"/webhook{field_}", place(webhook=webhook))


WEBHOOKS = (
    hook("I01", "webhook_https_required", "/url", url="http://hooks.example/poster"),
    hook("I01-scheme", "url_scheme", "/url", url="ftp://hooks.example/poster"),
    hook("I02", "url_userinfo", "/url", url="https://me:secret@hooks.example/"),
    hook("I03", "webhook_self", "/url", url="https://posters.example/api/v1/posters/generate"),
    hook("I03-upper", "webhook_self", "/url", url="https://POSTERS.example.:443/"),
    hook("I04", "unknown_field", "/headers", url=_HOOK, headers={"Host": "x"}),
    hook("I05", "webhook_secret_length", "/secret", url=_HOOK, secret="whsec_c2hvcnQ="),
    hook("I05-long", "webhook_secret_length", "/secret", url=_HOOK, secret="whsec_" + "A" * 88),
    hook("I05-plain", "webhook_secret_length", "/secret", url=_HOOK, secret="s" * 32),
    hook("I05-type", "type_mismatch", "/secret", url=_HOOK, secret=7),
    hook("I06", "enum_unknown", "/events/0", url=_HOOK, events=["job.done"]),
    hook("I06-none", "array_length", "/events", url=_HOOK, events=[]),
    hook("I06-type", "type_mismatch", "/events", url=_HOOK, events="job.failed"),
    hook("I08", "url_too_long", "/url", url=f"{_HOOK}?{'q' * 2048}"),
    hook("I-missing", "field_missing", "/url"),
    hook("I-type", "type_mismatch", "/url", url=7),
    sent("I-object", "type_mismatch", "/webhook", place(webhook=_HOOK)),
    hook("I-port", "url_port", "/url", url="https://hooks.example:8443/"),
    hook("I-invalid", "url_invalid", "/url", url="https://"),
    *(
        hook(f"I-private-{n}", "url_not_allowed", "/url", url=f"https://{host}/")
        for n, host in enumerate(
            ("127.0.0.1", "[::1]", "10.0.0.7", "169.254.169.254", "[::ffff:127.0.0.1]",
             "2130706433", "0x7f.1", "localhost", "redis.internal")
        )
    ),
)  # fmt: skip

JOB_OPERATIONS = (
    get("J01", 404, "job_not_found", f"{JOBS}/not-a-uuid"),
    get("J01-upper", 404, "job_not_found", f"{JOBS}/{UNKNOWN.replace('0', 'A')}"),
    get("J02", 404, "job_not_found", f"{JOBS}/{UNKNOWN}"),
    Case("J02-delete", 404, "job_not_found", method="DELETE", path=f"{JOBS}/{UNKNOWN}", headers={}),
    Case("J03", 409, "job_terminal", method="DELETE", path=f"{JOBS}/COMPLETED", headers={}),
    get("J-log", 404, "job_not_found", f"{JOBS}/{UNKNOWN}/webhooks"),
    get("J-log-foreign", 404, "job_not_found", f"{JOBS}/FOREIGN/webhooks"),
    Case("J-tell", 404, "job_not_found", path=f"{JOBS}/FOREIGN/webhooks", headers={}),
    Case("J-tell-none", 409, "webhook_not_sent", path=f"{JOBS}/COMPLETED/webhooks", headers={}),
)

# Styles and palettes of callers' own (F), and the URLs in them (G).
STYLES = tuple(
    sent(id_, code, pointer, config(**sections)) for id_, code, pointer, sections in styles.given()
)

CASES = (
    *TRANSPORT,
    *JSON,
    *KEYS,
    *RANGES,
    *TEXTS,
    *MARKERS,
    *STYLES,
    *OPTIONS,
    *WEBHOOKS,
    *JOB_OPERATIONS,
)
