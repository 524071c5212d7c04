"""The styles there are, from their files."""

import json

import pytest

from exporter.errors import InvalidSettings
from webapi.catalogue import Catalogue


def test_a_style_is_known_by_the_name_of_its_file(folder):
    catalogue = Catalogue.read(folder)

    assert list(catalogue.styles) == ["ink", "night"]
    assert catalogue.fonts == ("Inter", "Outfit")
    assert catalogue.palettes_of("night") == ("night-1",)
    assert catalogue.palettes["ink-1"]["background"] == "#fff"


def test_the_summary_shows_three_colours_of_each_palette(folder):
    palette = Catalogue.read(folder).summary()["styles"][0]["palettes"][0]

    assert palette["colors"] == {"background": "#fff", "text": "#000", "primary": "#111"}


def test_the_version_follows_the_content(folder):
    before = Catalogue.read(folder).version
    assert Catalogue.read(folder).version == before

    (folder / "ink.json").write_text(json.dumps(style("ink", fonts=["Outfit"])))

    assert Catalogue.read(folder).version != before


def test_without_a_style_the_service_does_not_start(tmp_path):
    with pytest.raises(InvalidSettings, match="no styles"):
        Catalogue.read(tmp_path)


def style(name, fonts):
    palette = {
        "id": f"{name}-1", "name": name, "background": "#fff", "text": "#000",
        "roads": {"motorway": "#111"},
    }  # fmt: skip
    return {
        "id": name, "name": name, "description": "", "recommendedFonts": fonts,
        "palettes": [palette],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, fonts in (("ink", ["Inter"]), ("night", ["Outfit", "Inter"])):
        (tmp_path / f"{name}.json").write_text(json.dumps(style(name, fonts)))
    return tmp_path
