"""Tiles from the sample cities' archives, and what an archive must not be."""

import shutil

import pytest

from exporter.archives import ArchiveTiles
from exporter.errors import InvalidSettings, ResponseTooLarge, TilesCorrupt
from exporter.vector_tiles import DEFAULT_ATTRIBUTION, check_vector_tile
from tests.servers import SAMPLE

ASTANA = (14, 11442, 5474)
HELSINKI = (14, 9327, 4742)
# In the sea between, in no archive, and inside the zooms.
NOWHERE = (14, 0, 0)


async def test_a_city_is_served_from_its_archive(cities):
    for place in (ASTANA, HELSINKI):
        tile = await cities.tile(*place)

        assert len(tile) > 1000
        check_vector_tile(tile)


async def test_the_same_tile_is_given_again(cities):
    assert await cities.tile(*ASTANA) == await cities.tile(*ASTANA)


async def test_where_no_archive_has_a_tile_the_map_is_empty(cities):
    assert await cities.tile(*NOWHERE) == b""


@pytest.mark.parametrize("outside", [(15, 0, 0), (14, 1 << 14, 0), (14, 0, -1)])
async def test_outside_the_grid_there_is_no_tile(cities, outside):
    assert await cities.tile(*outside) is None


async def test_a_folder_is_the_union_of_its_archives(cities):
    tilejson = await cities.tilejson()

    west, south, east, north = tilejson.bounds
    assert west < 25 < 71 < east
    assert south < 52 < 60 < north
    assert (tilejson.minzoom, tilejson.maxzoom) == (0, 14)
    assert tilejson.attribution == DEFAULT_ATTRIBUTION


async def test_one_file_is_a_source_too():
    source = ArchiveTiles(SAMPLE / "helsinki.pmtiles", 20_000_000)

    try:
        assert await source.tile(*HELSINKI)
        assert await source.tile(*ASTANA) == b""
    finally:
        await source.close()


async def test_a_tile_beyond_the_cap_is_refused():
    source = ArchiveTiles(SAMPLE, max_bytes=1000)

    with pytest.raises(ResponseTooLarge):
        await source.tile(*ASTANA)
    await source.close()


async def test_a_damaged_tile_is_corrupt_and_no_foreign_error(tmp_path):
    damaged = tmp_path / "damaged.pmtiles"
    body = bytearray((SAMPLE / "helsinki.pmtiles").read_bytes())
    body[-170_000:] = bytes(170_000)
    damaged.write_bytes(body)
    source = ArchiveTiles(damaged, 20_000_000)

    with pytest.raises(TilesCorrupt):
        await source.tile(*HELSINKI)
    await source.close()


@pytest.mark.parametrize("body", [b"", b"PMTiles", b"<html>" * 100, bytes(1000)])
def test_a_file_that_is_no_archive_names_the_setting(tmp_path, body):
    path = tmp_path / "a.pmtiles"
    path.write_bytes(body)

    with pytest.raises(InvalidSettings, match="TILES_URL"):
        ArchiveTiles(path, 1000)


def test_a_torn_archive_is_refused_at_once(tmp_path):
    path = tmp_path / "a.pmtiles"
    path.write_bytes((SAMPLE / "helsinki.pmtiles").read_bytes()[:130])

    with pytest.raises(InvalidSettings, match="TILES_URL"):
        ArchiveTiles(path, 1000)


def test_an_empty_folder_and_an_absent_file_name_the_setting(tmp_path):
    for path in (tmp_path, tmp_path / "absent.pmtiles"):
        with pytest.raises(InvalidSettings, match="TILES_URL"):
            ArchiveTiles(path, 1000)


async def test_other_files_of_the_folder_are_passed_over(tmp_path):
    shutil.copy(SAMPLE / "helsinki.pmtiles", tmp_path)
    (tmp_path / "README.md").write_text("no archive")
    source = ArchiveTiles(tmp_path, 20_000_000)

    assert await source.tile(*HELSINKI)
    await source.close()


@pytest.fixture
async def cities():
    source = ArchiveTiles(SAMPLE, 20_000_000)
    yield source
    await source.close()
