"""Make the checkout known to its virtual environment as if it were installed there.

Celery finds sub-commands by entry points, which need metadata beside the packages. An editable
install would make it, and needs a build tool from the network; this needs nothing. Standard library
only: it runs before the virtual environment exists.
"""

import shutil
from configparser import ConfigParser
from pathlib import Path

# A name of its own: metadata that a build left in the checkout would hide that of the same name.
NAME = "poster_exporter_checkout"


def make_known(root: Path, venv: Path) -> None:
    """Write metadata and entry points of setup.cfg, and the path of *root*, into *venv*."""
    config = ConfigParser()
    config.read_string((root / "setup.cfg").read_text())
    [packages] = venv.glob("lib/python3*/site-packages")
    for old in packages.glob(f"{NAME}-*.dist-info"):
        shutil.rmtree(old)
    version = config["metadata"]["version"]
    folder = packages / f"{NAME}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {NAME.replace('_', '-')}\nVersion: {version}\n"
    )
    (folder / "entry_points.txt").write_text(_entry_points(config))
    (packages / f"{NAME}.pth").write_text(f"{root}\n")


def _entry_points(config: ConfigParser) -> str:
    groups = config["options.entry_points"].items()
    return "\n".join(f"[{group}]\n{points.strip()}\n" for group, points in groups)
