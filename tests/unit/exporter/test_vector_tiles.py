"""The words shared by all tile sources: tiles, attributions, bounds and the memory of tiles."""

import pytest

from exporter.errors import TilesCorrupt
from exporter.vector_tiles import (
    DEFAULT_ATTRIBUTION,
    WORLD,
    TileJson,
    TileMemory,
    check_vector_tile,
    joined,
    plain_text,
    sane_bounds,
    within,
)

LAYER = b"\x1a\x03abc"


class TestCheck:
    @pytest.mark.parametrize("tile", [b"", LAYER, LAYER * 3, b"\x1a\x80\x01" + bytes(128)])
    def test_a_chain_of_whole_layers_is_a_tile(self, tile):
        check_vector_tile(tile)

    @pytest.mark.parametrize(
        "body",
        [
            b"<!doctype html>",
            b"\x1f\x8b\x08",
            b'{"error": 1}',
            LAYER[:-1],
            LAYER + b"\x1a",
            LAYER + b"\0",
            b"\x1a\xff\xff\xff\xff\xff\xff",
            b"\x1a\x80",
        ],
    )
    def test_anything_else_is_corrupt(self, body):
        with pytest.raises(TilesCorrupt):
            check_vector_tile(body)


class TestAttribution:
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ('<a href="https://o.example">OpenMapTiles</a> &copy; OSM', "OpenMapTiles © OSM"),
            ("  many \n spaces ", "many spaces"),
            ("<details ontoggle=alert(1)>A</details>", "A"),
            ("<b>half", "half"),
            ("", ""),
        ],
    )
    def test_html_is_drawn_as_its_text(self, html, text):
        assert plain_text(html) == text

    def test_each_credit_is_named_once(self):
        assert joined(["A", "", "B", "A"]) == "A B"

    def test_no_poster_is_without_credit(self):
        assert joined(["", ""]) == DEFAULT_ATTRIBUTION


class TestCoverage:
    @pytest.mark.parametrize(
        ("zxy", "inside"),
        [
            ((2, 0, 0), True),
            ((4, 15, 15), True),
            ((1, 0, 0), False),
            ((5, 0, 0), False),
            ((2, 4, 0), False),
            ((2, 0, 4), False),
            ((2, -1, 0), False),
            ((-1, 0, 0), False),
        ],
    )
    def test_a_tile_is_within_its_grid_and_the_zooms(self, zxy, inside):
        assert within(TileJson(2, 4, WORLD, ""), *zxy) is inside

    @pytest.mark.parametrize(
        "given",
        [(), (0, 0, 0, 0), (10, 0, 5, 1), (0, 0, 1), ("a", 0, 1, 1), (0, 0, 200, 1), None],
    )
    def test_bounds_that_would_show_an_empty_map_are_the_world(self, given):
        assert sane_bounds(given) == WORLD

    def test_sane_bounds_stay(self):
        assert sane_bounds(["71.2", 51, 71.6, 51.3]) == (71.2, 51, 71.6, 51.3)

    def test_its_tilejson_names_where_the_tiles_are(self):
        given = TileJson(0, 14, WORLD, "© A").to_json("http://h/{z}/{x}/{y}")

        assert given["tiles"] == ["http://h/{z}/{x}/{y}"]
        assert (given["minzoom"], given["maxzoom"], given["attribution"]) == (0, 14, "© A")


class TestMemory:
    def test_a_tile_is_kept_while_it_is_fresh(self):
        memory = TileMemory()
        memory.put("a", b"tile", fresh_until=10)

        assert memory.get("a", now=9) == b"tile"
        assert memory.get("a", now=10) is None
        assert memory.get("b", now=0) is None

    def test_those_unused_for_longest_go_first(self):
        memory = TileMemory(max_bytes=10)
        for key in "abc":
            memory.put(key, b"xxx", fresh_until=1)
        memory.get("a", now=0)

        memory.put("d", b"xxx", fresh_until=1)

        assert [key for key in "abcd" if memory.get(key, now=0)] == ["a", "c", "d"]

    def test_a_tile_put_again_counts_once(self):
        memory = TileMemory(max_bytes=8)
        for _ in range(5):
            memory.put("a", b"xxxx", fresh_until=1)
        memory.put("b", b"xxxx", fresh_until=1)

        assert memory.get("a", now=0) == memory.get("b", now=0) == b"xxxx"
