"""Only the renderer's own files, whatever a path says."""

import pytest

from exporter.page_files import RENDERER_DIR, find


@pytest.mark.parametrize(
    ("path", "file", "content_type"),
    [
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/index.html", "index.html", "text/html; charset=utf-8"),
        ("/src/main.js", "src/main.js", "text/javascript; charset=utf-8"),
        ("/shared-styles/a/b.json", "shared-styles/a/b.json", "application/json"),
        (
            "/vendor/maplibre-gl/dist/maplibre-gl.mjs",
            "node_modules/maplibre-gl/dist/maplibre-gl.mjs",
            "text/javascript; charset=utf-8",
        ),
        (
            "/vendor/maplibre-contour/dist/index.mjs",
            "node_modules/maplibre-contour/dist/index.mjs",
            "text/javascript; charset=utf-8",
        ),
        (
            "/vendor/@fontsource/inter/files/inter.woff2",
            "node_modules/@fontsource/inter/files/inter.woff2",
            "font/woff2",
        ),
    ],
)
def test_a_file_of_the_page_is_found_with_its_type(folder, path, file, content_type):
    found = find(folder, path)

    assert found.path == folder / file
    assert found.content_type == content_type


@pytest.mark.parametrize(
    "path",
    [
        "/absent.html",
        "/src/absent.js",
        "/src",
        "/src/",
        "/README.md",
        "/package.json",
        "/node_modules/maplibre-gl/dist/maplibre-gl.mjs",
        "/vendor/left-pad/index.js",
        "/vendor/maplibre-gl/package.json",
        "/vendor/@fontsource/inter",
        "/src/secret.py",
        "//etc/passwd",
        "/src//etc/passwd.js",
        "/src/nul\0.js",
        "/src/" + 300 * "a" + ".js",
    ],
)
def test_anything_else_is_not_there(folder, path):
    assert find(folder, path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/src/../package.json",
        "/src/../../outside.js",
        "/src/sub/../../../outside.js",
        "/../outside.js",
        "/vendor/maplibre-gl/dist/../package.json",
        "/vendor/@fontsource/../left-pad/index.js",
        "/vendor/@fontsource/inter/../../left-pad/index.js",
        "/src/link.js",
        "/src/folder-link/outside.js",
    ],
)
def test_no_dots_and_no_link_lead_out(folder, path):
    assert find(folder, path) is None


def test_the_real_page_lies_beside_the_package():
    assert find(RENDERER_DIR, "/").path.name == "index.html"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "renderer"
    for name in (
        "index.html",
        "README.md",
        "package.json",
        "src/main.js",
        "src/secret.py",
        "src/sub/part.js",
        "shared-styles/a/b.json",
        "node_modules/maplibre-gl/dist/maplibre-gl.mjs",
        "node_modules/maplibre-gl/package.json",
        "node_modules/maplibre-contour/dist/index.mjs",
        "node_modules/left-pad/index.js",
        "node_modules/@fontsource/inter/files/inter.woff2",
        "../outside.js",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (root / "src/link.js").symlink_to(tmp_path / "outside.js")
    (root / "src/folder-link").symlink_to(tmp_path)
    return root
