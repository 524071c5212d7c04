"""The disk cache of answers."""

import os
import time
from pathlib import Path

import pytest

from exporter.http_cache import PART_MAX_AGE_S, Entry, HttpCache

URL = "https://example.com/1"


def test_an_entry_comes_back_whole(cache):
    entry = an_entry(body=b"line\nline\x00" * 9)
    cache.put(entry)

    assert cache.get(URL) == entry


def test_what_was_never_stored_is_a_miss(cache):
    assert cache.get(URL) is None


def test_another_process_sees_the_entry(cache, folder):
    cache.put(an_entry())

    assert HttpCache(folder, 1_000_000).get(URL) == an_entry()


def test_a_later_entry_replaces_the_earlier(cache, folder):
    cache.put(an_entry(body=b"old"))
    cache.put(an_entry(body=b"new"))

    assert cache.get(URL).body == b"new"
    assert len(files(folder)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: b"",
        lambda packed: packed[:-1],
        lambda packed: packed[:20],
        lambda packed: b"\x00" * len(packed),
        lambda packed: packed.replace(b"tile", b"tyle"),
        lambda packed: packed.replace(b'"crc"', b'"crd"'),
        lambda packed: packed.replace(b'"etag"', b'"gate"'),
        lambda packed: packed.replace(b"example.com/1", b"example.com/2"),
        lambda packed: b"[]\n",
    ],
)
def test_a_damaged_entry_is_a_miss_and_goes(cache, folder, damage):
    cache.put(an_entry())
    path = files(folder)[0]
    path.write_bytes(damage(path.read_bytes()))

    assert cache.get(URL) is None
    assert files(folder) == []


def test_the_least_recently_used_go_first(folder):
    cache = HttpCache(folder, max_bytes=10_000)
    for number in range(8):
        cache.put(an_entry(f"https://example.com/{number}", bytes(1000)))
    age_all(folder)
    cache.get("https://example.com/3")

    for number in range(8, 14):
        cache.put(an_entry(f"https://example.com/{number}", bytes(1000)))

    kept = {n for n in range(14) if cache.get(f"https://example.com/{n}")}
    assert 3 in kept
    assert 13 in kept
    assert not kept & {0, 1, 2, 4}
    assert sum(path.stat().st_size for path in files(folder)) <= 10_000
    assert cache.evictions == 14 - len(kept)


def test_the_folder_is_not_looked_through_on_every_write(folder, monkeypatch):
    cache = HttpCache(folder, max_bytes=1_000_000)
    scans = []
    look = HttpCache._scan
    monkeypatch.setattr(HttpCache, "_scan", lambda self: scans.append(1) or look(self))

    for number in range(100):
        cache.put(an_entry(f"https://example.com/{number}", bytes(1000)))

    assert 1 <= len(scans) <= 4


def test_a_part_left_by_a_dead_process_is_removed(folder):
    part = folder / "aa" / "bb" / "left.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"torn")
    long_ago = time.time() - PART_MAX_AGE_S - 1
    os.utime(part, (long_ago, long_ago))

    HttpCache(folder, 1_000_000).put(an_entry())

    assert not part.exists()


def test_a_disk_that_cannot_be_written_does_not_stop_the_fetch(tmp_path):
    (tmp_path / "file").write_text("where a folder should be")
    cache = HttpCache(tmp_path / "file", 1_000_000)

    cache.put(an_entry())


def an_entry(url: str = URL, body: bytes = b"tile") -> Entry:
    return Entry(url, 200, "text/plain", "", '"e"', "", 123.5, body)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age_all(folder: Path) -> None:
    hour_ago = time.time() - 3600
    for number, path in enumerate(files(folder)):
        os.utime(path, (hour_ago + number, hour_ago + number))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "http"


@pytest.fixture
def cache(folder):
    return HttpCache(folder, 1_000_000)
