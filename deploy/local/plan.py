"""What a stack will be, decided before anything starts: ports, addresses, secrets, environment.

Read from the environment once; everything after it gets the plan.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.ports import HOST, free_port, is_free
from deploy.local.refusal import CannotRun
from exporter.errors import InvalidSettings
from exporter.settings import Settings

SAMPLE_TILES = "pmtiles:static_renderer/sample"
FLOWER_USER = "exporter"

_KEY = re.compile(r"ca_live_[0-9a-f]{64}")
# Flower splits its list of users at commas and colons; supervisord's file has its own quotes.
_PASSWORD = re.compile(r"[A-Za-z0-9._~-]{8,128}")
_PORT, _FLOWER_PORT, _REDIS_PORT = 8000, 5555, 6379
# Ours alone: no business of the services.
_NOT_PASSED_ON = {"EXPORT_DEV_API_KEY", "FLOWER_PASSWORD"}


@dataclass(frozen=True)
class Plan:
    """A stack that can be started. `redis_port` 0 stands for a Redis that runs already."""

    root: Path
    var_dir: Path
    port: int
    flower_port: int
    redis_port: int
    redis_url: str = field(repr=False)
    api_key: str = field(repr=False)
    flower_password: str = field(repr=False)
    env: Mapping[str, str] = field(repr=False)

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def flower_url(self) -> str:
        return f"http://{HOST}:{self.flower_port}"

    @property
    def key_file(self) -> Path:
        return self.var_dir / "dev-api-key"

    @property
    def flower_password_file(self) -> Path:
        return self.var_dir / "flower-password"

    @property
    def settings(self) -> Settings:
        """The settings of the services."""
        return Settings.from_env(self.env)


def make_plan(root: Path, var_dir: Path, env: Mapping[str, str]) -> Plan:
    """Decide on a stack of the checkout *root* that keeps its state in *var_dir*.

    `PORT`, `FLOWER_PORT` or `REDIS_PORT` 0 stand for any free port. Raises CannotRun for a port
    in use or a setting the service cannot run with.
    """
    redis_port = 0 if env.get("REDIS_URL") else _port(env, "REDIS_PORT", _REDIS_PORT)
    redis_url = env.get("REDIS_URL") or f"redis://{HOST}:{redis_port}/0"
    # PORT never moves by itself: whoever calls the API has its address from somewhere else.
    port = _port({**env, "PORT": env.get("PORT") or str(_PORT)}, "PORT", _PORT)
    flower_port = _port(env, "FLOWER_PORT", _FLOWER_PORT)
    passed_on = {
        **{name: value for name, value in env.items() if name not in _NOT_PASSED_ON},
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "FLOWER_PORT": str(flower_port),
        "TILES_URL": env.get("TILES_URL") or SAMPLE_TILES,
        "EXPORT_VAR_DIR": str(var_dir),
        "PYTHONUNBUFFERED": "1",
    }
    try:
        Settings.from_env(passed_on)
    except InvalidSettings as err:
        raise CannotRun(str(err)) from err
    return Plan(
        root=root,
        var_dir=var_dir,
        port=port,
        flower_port=flower_port,
        redis_port=redis_port,
        redis_url=redis_url,
        api_key=_api_key(env, var_dir / "dev-api-key"),
        flower_password=_flower_password(env, var_dir / "flower-password"),
        env=passed_on,
    )


def _port(env: Mapping[str, str], name: str, usual: int) -> int:
    """Return the port *name* asks for; without a wish the *usual* one, or a free one for it."""
    text = env.get(name, "")
    if not text:
        return free_port(usual)
    if not text.isdecimal() or int(text) > 65_535:
        raise CannotRun(f"{name} must be a port from 1 to 65535, got {text!r}.")
    port = int(text)
    if port and not is_free(port):
        raise CannotRun(
            f"Port {port} is in use: stop what listens there, or give another {name} (0: any)."
        )
    return port or free_port()


def _api_key(env: Mapping[str, str], kept: Path) -> str:
    given = env.get("EXPORT_DEV_API_KEY", "")
    if given and not _KEY.fullmatch(given):
        raise CannotRun("EXPORT_DEV_API_KEY must be ca_live_ and 64 lower-case hex digits.")
    return given or _kept(kept, _KEY) or f"ca_live_{secrets.token_hex(32)}"


def _flower_password(env: Mapping[str, str], kept: Path) -> str:
    given = env.get("FLOWER_PASSWORD", "")
    if given and not _PASSWORD.fullmatch(given):
        raise CannotRun("FLOWER_PASSWORD must be 8 to 128 letters, digits or characters of `._~-`.")
    return given or _kept(kept, _PASSWORD) or secrets.token_urlsafe(24)


def _kept(file: Path, form: re.Pattern[str]) -> str:
    """Return the secret an earlier start left in *file*, if it did: jobs belong to a key."""
    text = file.read_text().strip() if file.is_file() else ""
    return text if form.fullmatch(text) else ""
