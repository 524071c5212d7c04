"""The README says what is true: its settings are those of exporter/settings.py."""

import re
from dataclasses import fields
from pathlib import Path

from exporter.settings import Settings

README = Path(__file__).parents[2] / "README.md"
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (.*?) \| (.*) \|$", re.MULTILINE)


def test_the_settings_table_is_that_of_the_settings():
    told = {name: (default, text) for name, default, text in ROW.findall(README.read_text())}

    are = {f.metadata["env"]: (shown(f.default), f.metadata["help"]) for f in fields(Settings)}
    assert told == are


def shown(default: object) -> str:
    if isinstance(default, bool):
        return "`1`" if default else "off"
    if default in ("", ()):
        return "-"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`" if isinstance(default, float) and default < 1e6 else f"`{default}`"
