"""Print deploy/settings.env.example as the settings want it.

exporter/settings.py is the settings' only home; a test compares the file with what this prints.
"""

from dataclasses import Field, fields
from typing import Any

from exporter.settings import Settings

HEAD = """\
# Settings of API, workers and Flower, for compose.yaml and the units of systemd/: copy this file to
# settings.env (mode 0600) and take the "#" from what differs. Every line shows the default.
"""


def example() -> str:
    """Return the file: each setting with its meaning above it, commented out."""
    return "\n".join([HEAD, *(_lines(each) for each in fields(Settings))])


def _lines(setting: Field[Any]) -> str:
    about = setting.metadata
    secret = "Secret. " if about["secret"] else ""
    return f"# {secret}{about['help']}\n#{about['env']}={_text(setting.default)}\n"


def _text(default: object) -> str:
    """Return *default* as the environment would say it."""
    if isinstance(default, bool):
        return str(int(default))
    if isinstance(default, tuple):
        return ",".join(default)
    return f"{default:.10g}" if isinstance(default, float) else str(default)


if __name__ == "__main__":
    print(example(), end="")
