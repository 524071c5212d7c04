"""The styles there are, from their files."""

import json

import pytest

from exporter.errors import InvalidSettings
from webapi.catalogue import Catalogue


def test_styles_are_known_by_name_in_the_order_of_the_package(folder):
    catalogue = Catalogue.read(folder)

    assert list(catalogue.styles) == ["night", "ink"]
    assert catalogue.fonts == ("Outfit", "Inter")
    assert catalogue.palettes_of("night") == ("night-1",)
    assert catalogue.palettes["ink-1"]["background"] == "#fff"


def test_the_summary_shows_three_colours_of_each_palette(folder):
    palette = Catalogue.read(folder).summary()["styles"][0]["palettes"][0]

    assert palette["colors"] == {"background": "#fff", "text": "#000", "primary": "#111"}


def test_the_version_follows_the_content(folder):
    before = Catalogue.read(folder).version
    assert Catalogue.read(folder).version == before

    (folder / "styles" / "ink.json").write_text(json.dumps(style("ink", fonts=["Outfit"])))

    assert Catalogue.read(folder).version != before


def test_without_a_style_the_service_does_not_start(tmp_path):
    with pytest.raises(InvalidSettings, match="not complete"):
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
    (tmp_path / "styles").mkdir()
    (tmp_path / "order.json").write_text('["night", "ink"]')
    for name, fonts in (("ink", ["Inter"]), ("night", ["Outfit", "Inter"])):
        (tmp_path / "styles" / f"{name}.json").write_text(json.dumps(style(name, fonts)))
    return tmp_path
