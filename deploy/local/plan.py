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
_DEFAULT_PORT, _DEFAULT_FLOWER_PORT, _DEFAULT_REDIS_PORT = 8000, 5555, 6379
# Ours alone, and what make tells its children: no business of the services.
_NOT_PASSED_ON = {"EXPORT_DEV_API_KEY", "FLOWER_PASSWORD", "MAKEFLAGS", "MFLAGS", "MAKELEVEL"}


@dataclass(frozen=True)
class Plan:
    """A stack that can be started. `redis_port` 0 stands for a Redis that runs already."""

    root: Path
    var_dir: Path
    port: int
    flower_port: int
    redis_port: int
    redis_url: str
    api_key: str = field(repr=False)
    flower_password: str = field(repr=False)
    env: Mapping[str, str] = field(repr=False)

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def flower_url(self) -> str:
        return f"http://{HOST}:{self.flower_port}"


def make_plan(root: Path, var_dir: Path, env: Mapping[str, str]) -> Plan:
    """Decide on a stack of the checkout *root* that keeps its state in *var_dir*.

    `PORT` 0 or `FLOWER_PORT` 0 stand for any free port. Raises CannotRun for a port in use or a
    setting the service cannot run with.
    """
    redis_port = 0 if env.get("REDIS_URL") else free_port(_DEFAULT_REDIS_PORT)
    redis_url = env.get("REDIS_URL") or f"redis://{HOST}:{redis_port}/0"
    port, flower_port = _api_port(env), _flower_port(env)
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
        api_key=_api_key(env),
        flower_password=_flower_password(env),
        env=passed_on,
    )


def _api_port(env: Mapping[str, str]) -> int:
    port = _port(env, "PORT", _DEFAULT_PORT)
    if port and not is_free(port):
        raise CannotRun(f"Port {port} is in use: stop what listens there, or give another PORT.")
    return port or free_port()


def _flower_port(env: Mapping[str, str]) -> int:
    if not env.get("FLOWER_PORT"):
        return free_port(_DEFAULT_FLOWER_PORT)
    port = _port(env, "FLOWER_PORT", 0)
    if port and not is_free(port):
        raise CannotRun(
            f"FLOWER_PORT {port} is in use: give another one, or none to get a free one."
        )
    return port or free_port()


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65_535:
        raise CannotRun(f"{name} must be a port from 1 to 65535, got {text!r}.")
    return int(text)


def _api_key(env: Mapping[str, str]) -> str:
    key = env.get("EXPORT_DEV_API_KEY") or f"ca_live_{secrets.token_hex(32)}"
    if not _KEY.fullmatch(key):
        raise CannotRun("EXPORT_DEV_API_KEY must be ca_live_ and 64 lower-case hex digits.")
    return key


def _flower_password(env: Mapping[str, str]) -> str:
    password = env.get("FLOWER_PASSWORD") or secrets.token_urlsafe(24)
    if not _PASSWORD.fullmatch(password):
        raise CannotRun(
            "FLOWER_PASSWORD must be 8 to 128 letters, digits or characters of `._~-`."
        )
    return password
