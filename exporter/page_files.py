"""The files the renderer page may load: the allow-list behind exporter/gateway.py."""

from dataclasses import dataclass
from pathlib import Path

RENDERER_DIR = Path(__file__).resolve().parent.parent / "static_renderer"

# A type not named here is not served. MapLibre's modules must be text/javascript, or its worker
# fails without a word and the map stays empty.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
FOLDERS = ("src", "shared-styles", "fonts")


@dataclass(frozen=True)
class PageFile:
    """A file to serve and its type."""

    path: Path
    content_type: str


def find(renderer_dir: Path, url_path: str) -> PageFile | None:
    """Return the file *url_path* (decoded, with its leading slash) stands for, None if not one.

    A path that leaves its root, by dots or by a link, is not one.
    """
    if url_path == "/":
        url_path = "/index.html"
    root, name = _root(renderer_dir, url_path)
    content_type = TYPES.get(Path(name).suffix)
    if root is None or content_type is None:
        return None
    try:
        path = (root / name).resolve(strict=True)
        inside = path.is_relative_to(root.resolve())
    except (OSError, ValueError):  # absent, a NUL in it, too long
        return None
    return PageFile(path, content_type) if inside and path.is_file() else None


def _root(renderer_dir: Path, url_path: str) -> tuple[Path | None, str]:
    """Split *url_path* into the allow-listed folder it is under and the rest."""
    if url_path == "/index.html":
        return renderer_dir, "index.html"
    match url_path.removeprefix("/").split("/"):
        case [folder, *rest] if folder in FOLDERS:
            return renderer_dir / folder, "/".join(rest)
        case ["vendor", ("maplibre-gl" | "maplibre-contour") as library, "dist", *rest]:
            return renderer_dir / "node_modules" / library / "dist", "/".join(rest)
        case ["vendor", ("@fontsource" | "@fontsource-variable") as scope, font, *rest] if rest:
            return _font_root(renderer_dir, scope, font), "/".join(rest)
    return None, ""


def _font_root(renderer_dir: Path, scope: str, font: str) -> Path | None:
    return None if font.startswith(".") else renderer_dir / "node_modules" / scope / font
