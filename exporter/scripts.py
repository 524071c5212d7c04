"""Lua scripts in Redis: files of them, cut at `--- name` lines, each run with its file's head."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar, cast

import redis
from redis.commands.core import Script

from exporter.errors import QueueUnavailable

PREFIX = "export:"
T = TypeVar("T")


class Scripts:
    """The scripts of the file *name*; their KEYS[1] is the prefix of everything of ours."""

    def __init__(self, client: "redis.Redis", name: str) -> None:
        head, *parts = files("exporter").joinpath(name).read_text().split("\n--- ")
        self._scripts: dict[str, Script] = {}
        for part in parts:
            title, body = part.split("\n", 1)
            self._scripts[title.strip()] = client.register_script(f"{head}\n{body}")

    def run(self, name: str, *args: Any) -> list[str]:
        """Run script *name*. Raises QueueUnavailable."""
        answer = ask(self._scripts[name], keys=[PREFIX], args=list(args))
        return cast(list[str], answer)


def ask(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call Redis. Raises QueueUnavailable when it does not answer as it should."""
    try:
        return call(*args, **kwargs)
    except redis.RedisError as err:
        raise QueueUnavailable(f"Redis: {type(err).__name__}: {err}") from err
