"""Every setting, its default and its reason; the only reader of the environment.

`Settings.from_env(mapping)` parses once at start. The table in README.md is tested against this
file, so a setting is described here and nowhere else.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, cast

from exporter.errors import InvalidSettings

OPENFREEMAP = "https://tiles.openfreemap.org/planet"


# For what must last some time: a period of zero would never pause, a limit of zero never be met.
MOMENT_S = 0.01
MAX_PORT = 65_535


def setting(
    default: Any,
    env: str,
    help_text: str,
    *,
    secret: bool = False,
    low: float = 0,
    high: float = float("inf"),
) -> Any:
    """Declare one setting: default, environment variable, what it is for, range of a number."""
    metadata = {"env": env, "help": help_text, "secret": secret, "low": low, "high": high}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """All settings of API, worker and tools. Durations in seconds, sizes in bytes or pixels."""

    redis_url: str = setting(
        "redis://127.0.0.1:6379/0", "REDIS_URL", "Redis, the broker and the job store", secret=True
    )
    tiles_url: str = setting(
        OPENFREEMAP,
        "TILES_URL",
        "vector tiles: a TileJSON URL, or `pmtiles:` and a file or folder on this host",
    )
    terrain_url: str = setting(
        "",
        "TERRAIN_URL",
        "elevation tiles (terrarium PNG, 256 px): a URL with `{z}/{x}/{y}`, a TileJSON URL, or "
        "`pmtiles:` and a file or folder; empty: no relief",
    )
    population_url: str = setting(
        "",
        "POPULATION_URL",
        "population: vector tiles with areas in a layer `stats`, their number `population`; a URL "
        "as for `TILES_URL`, or with `{z}/{x}/{y}`; empty: none is drawn",
    )
    port: int = setting(8000, "PORT", "port of the web API", high=MAX_PORT)
    flower_port: int = setting(
        5555, "FLOWER_PORT", "port of Flower under `make run`", high=MAX_PORT
    )
    public_url: str = setting(
        "", "EXPORT_PUBLIC_URL", "the API's own address in links; default `http://127.0.0.1:PORT`"
    )
    dev_api_key: str = setting(
        "", "EXPORT_DEV_API_KEY", "development key for `make run`; made when empty", secret=True
    )
    metrics_key: str = setting(
        "",
        "EXPORT_METRICS_KEY",
        "opens `/metrics` and nothing else, without Redis: `ca_live_` and 64 lower-case hex digits",
        secret=True,
    )
    var_dir: Path = setting(
        Path("var"), "EXPORT_VAR_DIR", "folder for cache, profiles and the directory store"
    )
    log_level: str = setting("INFO", "EXPORT_LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR")

    timeout_default_s: float = setting(
        120.0, "EXPORT_TIMEOUT_DEFAULT_S", "`timeout` of a request that names none", low=MOMENT_S
    )
    timeout_max_s: float = setting(
        900.0, "EXPORT_TIMEOUT_MAX_S", "largest `timeout`; Celery's limits derive from it"
    )
    queue_timeout_s: float = setting(
        86_400.0, "EXPORT_QUEUE_TIMEOUT_S", "how long a job may wait for its first start"
    )
    queue_limit: int = setting(
        10_000,
        "EXPORT_QUEUE_LIMIT",
        "so many jobs may wait, those for their next attempt included; a further poster is refused "
        "(429, `queue_full`) unless it needs no drawing of its own",
        low=1,
    )
    queue_limit_free: int = setting(
        5000,
        "EXPORT_QUEUE_LIMIT_FREE",
        "keys of tier free are refused from so many waiting jobs on, whoever's they are",
        low=1,
    )
    settle_timeout_s: float = setting(
        60.0, "EXPORT_SETTLE_TIMEOUT_S", "how long the page may wait for tiles and fonts"
    )
    fetch_timeout_s: float = setting(
        10.0, "EXPORT_FETCH_TIMEOUT_S", "one outgoing fetch of a tile or TileJSON", low=MOMENT_S
    )
    lease_s: float = setting(
        45.0, "EXPORT_LEASE_S", "a running job without a heartbeat for so long is started again"
    )
    heartbeat_s: float = setting(
        10.0, "EXPORT_HEARTBEAT_S", "how often a worker renews its lease", low=MOMENT_S
    )
    sweep_s: float = setting(
        10.0, "EXPORT_SWEEP_S", "how often lost and overdue jobs are sought", low=MOMENT_S
    )
    lost_after_s: float = setting(
        60.0, "EXPORT_LOST_AFTER_S", "a queued job without a message for so long is sent again"
    )
    max_starts: int = setting(
        3, "EXPORT_MAX_STARTS", "starts that may end with a dead worker", low=1
    )
    max_attempts: int = setting(
        4, "EXPORT_MAX_ATTEMPTS", "attempts that may end in a passing fault", low=1
    )
    retry_base_s: float = setting(
        2.0, "EXPORT_RETRY_BASE_S", "centre of the first wait between attempts; each next is x4"
    )
    stop_grace_s: float = setting(
        30.0,
        "EXPORT_STOP_GRACE_S",
        "a worker told to stop (SIGTERM) is gone after so long; a job not done 8 s before that is "
        "handed back",
        low=10,
    )
    retention_s: float = setting(
        7 * 86_400.0, "EXPORT_RETENTION_S", "how long an ended job and its poster are kept"
    )

    pool_min_instances: int = setting(1, "EXPORT_POOL_MIN", "browsers a worker keeps warm")
    pool_max_instances: int = setting(1, "EXPORT_POOL_MAX", "browsers a worker may have at once")
    pool_max_pages: int = setting(
        1, "EXPORT_POOL_PAGES", "pages per browser (docs/adr/0004)", low=1
    )
    pool_idle_timeout_s: float = setting(
        900.0, "EXPORT_POOL_IDLE_S", "a spare browser above the minimum is closed after so long"
    )
    pool_memory_limit_mb: int = setting(
        2048,
        "EXPORT_POOL_MEMORY_MB",
        "a browser above so much memory (PSS) is replaced after its job",
        low=1,
    )
    pool_max_renders: int = setting(
        100, "EXPORT_POOL_RENDERS", "renders before a browser is replaced", low=1
    )
    pool_max_age_s: float = setting(
        3600.0, "EXPORT_POOL_AGE_S", "age at which a browser is replaced", low=MOMENT_S
    )
    chromium_path: Path = setting(
        Path("/usr/bin/chromium"), "EXPORT_CHROMIUM", "the Chromium to start"
    )
    browser_user: str = setting(
        "nobody", "EXPORT_BROWSER_USER", "user the browser runs as when the worker is root"
    )
    browser_nice: int = setting(
        5,
        "EXPORT_BROWSER_NICE",
        "how far Chromium steps back from the CPU for the API and Redis on the same host (`nice`)",
        high=19,
    )
    allow_no_sandbox: bool = setting(
        False, "EXPORT_ALLOW_NO_SANDBOX", "run Chromium without its sandbox; never with user input"
    )
    gl_backends: tuple[str, ...] = setting(
        ("llvmpipe",),
        "EXPORT_GL_BACKEND",
        "`llvmpipe`, `swiftshader` or `gpu`; of several, with commas, the fastest that draws right",
    )

    fetch_max_bytes: int = setting(
        20_000_000, "EXPORT_FETCH_MAX_BYTES", "largest answer of one fetch, raw and decoded", low=1
    )
    egress_allow: tuple[str, ...] = setting(
        (), "EXPORT_EGRESS_ALLOW", "`host:port` pairs that may be fetched at private addresses"
    )
    egress_ca_file: str = setting(
        "", "EXPORT_EGRESS_CA_FILE", "extra certificate authority for fetches (PEM)"
    )
    contact: str = setting(
        "", "EXPORT_CONTACT", "contact in the user agent of outgoing fetches (mail or URL)"
    )
    cache_max_bytes: int = setting(
        1_000_000_000, "EXPORT_CACHE_MAX_BYTES", "disk cache of fetched tiles, per host"
    )

    storage: str = setting("directory", "EXPORT_STORAGE", "`directory` or `s3`")
    url_ttl_s: int = setting(
        86_400,
        "EXPORT_URL_TTL_S",
        "life of a signed download URL; a new one is made on each read",
        low=1,
    )
    url_secret: str = setting(
        "", "EXPORT_URL_SECRET", "signs the directory store's URLs; made when empty", secret=True
    )
    s3_endpoint_url: str = setting("", "EXPORT_S3_ENDPOINT_URL", "…/storage/v1/s3 at Supabase")
    s3_region: str = setting("", "EXPORT_S3_REGION", "the project's region")
    s3_bucket: str = setting("posters", "EXPORT_S3_BUCKET", "bucket; it must exist")
    s3_access_key_id: str = setting("", "EXPORT_S3_ACCESS_KEY_ID", "S3 access key", secret=True)
    s3_secret_access_key: str = setting("", "EXPORT_S3_SECRET_ACCESS_KEY", "S3 secret", secret=True)
    s3_public_base_url: str = setting(
        "",
        "EXPORT_S3_PUBLIC_BASE_URL",
        "for a public bucket, …/storage/v1/object/public/BUCKET; empty: presigned URLs",
    )
    s3_read_timeout_s: float = setting(
        60.0, "EXPORT_S3_READ_TIMEOUT_S", "one S3 request", low=MOMENT_S
    )
    s3_ca_file: str = setting(
        "", "EXPORT_S3_CA_FILE", "certificate authority of the S3 endpoint (PEM); empty: the usual"
    )

    parked_max_jobs: int = setting(
        20,
        "EXPORT_PARKED_MAX_JOBS",
        "drawn posters a worker keeps for a storage that is away; then it takes no job; 0: none, "
        "such an attempt fails",
    )
    parked_max_bytes: int = setting(
        1_000_000_000,
        "EXPORT_PARKED_MAX_BYTES",
        "the same in bytes; what is being drawn may exceed it",
        low=1,
    )
    min_free_bytes: int = setting(
        50_000_000,
        "EXPORT_MIN_FREE_BYTES",
        "a worker with less free on the disk of its temporary files or of `EXPORT_VAR_DIR` takes "
        "no job",
    )

    max_side_px: int = setting(
        12_000, "EXPORT_MAX_SIDE_PX", "longest side of a poster, bleed included", low=1
    )
    max_area_px: int = setting(
        120_000_000,
        "EXPORT_MAX_AREA_PX",
        "largest poster in pixels, bleed included; by default the largest preset at any ratio",
        low=1,
    )
    large_max_side_px: int = setting(
        22_000, "EXPORT_LARGE_MAX_SIDE_PX", "the same for keys of tier pro and above", low=1
    )
    large_max_area_px: int = setting(
        320_000_000,
        "EXPORT_LARGE_MAX_AREA_PX",
        "the same for keys of tier pro and above; by default 48 x 72 inches at 300 dpi",
        low=1,
    )
    piece_px: int = setting(
        9_000_000,
        "EXPORT_PIECE_PX",
        "most pixels that are drawn at once; larger posters are drawn in pieces",
        low=250_000,
        high=33_177_600,
    )
    max_body_bytes: int = setting(2_000_000, "EXPORT_MAX_BODY_BYTES", "largest request body", low=1)
    body_timeout_s: float = setting(
        15.0,
        "EXPORT_BODY_TIMEOUT_S",
        "a request body must arrive within it; the longest does at 130 kB/s",
        low=MOMENT_S,
    )
    app_env: str = setting("production", "APP_ENV", "`production`, `development` or `test`")
    failpoints: str = setting(
        "", "FAILPOINTS", "faults to be injected (docs/reliability.md); with `APP_ENV=test` only"
    )

    def __post_init__(self) -> None:
        _check(self)

    @property
    def most_area_px(self) -> int:
        """The largest poster that any key may ask for."""
        return max(self.max_area_px, self.large_max_area_px)

    @property
    def base_url(self) -> str:
        """The API's address in links, without a slash at its end."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    # The inner limit must always end first, so that a job is ended by the layer that knows most
    # about it: attempt (asyncio) < soft limit < hard limit < visibility timeout.
    @property
    def task_soft_limit_s(self) -> float:
        """Celery's soft limit: above every job's own `timeout`."""
        return self.timeout_max_s + 30

    @property
    def task_hard_limit_s(self) -> float:
        """Celery's hard limit: kills a child that ignored the soft one."""
        return self.task_soft_limit_s + 30

    @property
    def visibility_timeout_s(self) -> float:
        """When kombu hands an unacknowledged message out again: twice the hard limit."""
        return 2 * self.task_hard_limit_s

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Parse *env* (the process's environment by default). Raises InvalidSettings."""
        source = os.environ if env is None else env
        given = {
            f.name: _parse(f.metadata["env"], source[f.metadata["env"]], f.default)
            for f in fields(cls)
            if source.get(f.metadata["env"], "") != ""
        }
        return cls(**given)


@cache
def settings() -> Settings:
    """Return this process's settings, read once. For entry points; all else is handed them."""
    return Settings.from_env()


def _parse(name: str, text: str, default: Any) -> Any:
    kind = type(default)
    try:
        if kind is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                text.lower()
            ]
        if kind is tuple:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        return cast(Any, kind)(text)
    except (ValueError, KeyError) as err:
        raise InvalidSettings(f"{name} must be a {kind.__name__}, got {text!r}") from err


_REDIS = ("redis://", "rediss://", "unix://")
_WEB = ("https://", "http://")
# What a text setting may be, or must start with.
_WORDS = {
    "storage": ("directory", "s3"),
    "gl_backends": ("llvmpipe", "swiftshader", "gpu"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
    "app_env": ("production", "development", "test"),
}
_STARTS = {
    "redis_url": _REDIS,
    "tiles_url": ("https://", "http://", "pmtiles:"),
    "terrain_url": ("https://", "http://", "pmtiles:"),
    "population_url": ("https://", "http://", "pmtiles:"),
    "public_url": _WEB,
    "s3_endpoint_url": _WEB,
    "s3_public_base_url": _WEB,
}


def _check(s: Settings) -> None:
    for f in fields(s):
        value, env = getattr(s, f.name), f.metadata["env"]
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = f.metadata["low"], f.metadata["high"]
            _need(
                low <= value <= high and value != float("inf"),
                f"{env} must be {_range(low, high)}, got {value}",
            )
        if words := _WORDS.get(f.name):
            each = value if isinstance(value, tuple) else (value,)
            for word in each or ("",):
                _need(word in words, f"{env} must be one of {', '.join(words)}, got {word!r}")
        if value and (starts := _STARTS.get(f.name)):
            # Not the value: a Redis URL may hold a password.
            _need(value.startswith(starts), f"{env} must start with one of {', '.join(starts)}")
    _check_relations(s)


def _check_relations(s: Settings) -> None:
    _need(
        s.storage != "s3"
        or all((s.s3_endpoint_url, s.s3_region, s.s3_access_key_id, s.s3_secret_access_key)),
        "EXPORT_STORAGE=s3 needs EXPORT_S3_ENDPOINT_URL, EXPORT_S3_REGION, EXPORT_S3_ACCESS_KEY_ID "
        "and EXPORT_S3_SECRET_ACCESS_KEY",
    )
    _need(
        s.timeout_default_s <= s.timeout_max_s,
        f"EXPORT_TIMEOUT_DEFAULT_S ({s.timeout_default_s:g}) must not exceed "
        f"EXPORT_TIMEOUT_MAX_S ({s.timeout_max_s:g})",
    )
    _need(
        s.lease_s > 4 * s.heartbeat_s,
        f"EXPORT_LEASE_S ({s.lease_s:g}) must be more than four EXPORT_HEARTBEAT_S "
        f"({s.heartbeat_s:g})",
    )
    _need(
        s.fetch_timeout_s < s.settle_timeout_s < s.timeout_max_s,
        "EXPORT_FETCH_TIMEOUT_S < EXPORT_SETTLE_TIMEOUT_S < EXPORT_TIMEOUT_MAX_S must hold",
    )
    _need(
        1 <= s.pool_min_instances <= s.pool_max_instances,
        "1 <= EXPORT_POOL_MIN <= EXPORT_POOL_MAX must hold",
    )
    _need(
        not s.failpoints or s.app_env == "test",
        f"FAILPOINTS is for APP_ENV=test, and APP_ENV is {s.app_env}: unset FAILPOINTS",
    )


def _need(ok: bool, text: str) -> None:
    if not ok:
        raise InvalidSettings(text)


def _range(low: float, high: float) -> str:
    return f"{low:g} or more" if high == float("inf") else f"{low:g}-{high:g}"
