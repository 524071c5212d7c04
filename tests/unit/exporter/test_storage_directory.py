"""The directory store: whole files, signed links, one secret for all processes."""

import errno
import multiprocessing
import os
import stat
import time
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from exporter.directory_store import PART_MAX_AGE_S, DirectoryStore, shared_secret
from exporter.errors import StorageRejected, StorageUnavailable
from exporter.settings import Settings
from webapi.files import SignedFiles

KEY = "api-posters/poster-a-1-x.png"
FOREVER = float("inf")


class TestPut:
    def test_a_poster_is_there_whole_and_alone(self, store, folder):
        put(store, KEY, b"png" * 1000)

        assert store.path(KEY).read_bytes() == b"png" * 1000
        assert files(folder) == [KEY]

    def test_the_same_key_again_replaces_it(self, store):
        put(store, KEY, b"old and longer")
        put(store, KEY, b"new")

        assert store.path(KEY).read_bytes() == b"new"

    def test_a_download_under_way_keeps_its_poster(self, store):
        """A file is renamed into its place, never written there."""
        put(store, KEY, b"old")
        with store.path(KEY).open("rb") as download:
            put(store, KEY, b"new")

            assert download.read() == b"old"

    def test_a_full_disk_leaves_nothing_and_may_pass(self, store, folder, monkeypatch):
        monkeypatch.setattr(os, "fsync", raising(OSError(errno.ENOSPC, "No space left on device")))

        with pytest.raises(StorageUnavailable, match="No space left") as failed:
            put(store, KEY)

        assert files(folder) == []
        assert str(folder) not in failed.value.public

    def test_a_failed_put_keeps_the_old_poster(self, store, monkeypatch):
        put(store, KEY, b"old")
        monkeypatch.setattr(os, "fsync", raising(OSError(errno.EIO, "I/O error")))

        with pytest.raises(StorageUnavailable):
            put(store, KEY, b"new")

        assert store.path(KEY).read_bytes() == b"old"

    def test_a_folder_that_cannot_be_is_refused(self, tmp_path):
        (tmp_path / "var").write_text("a file")

        with pytest.raises(StorageRejected):
            put(DirectoryStore(Settings(var_dir=tmp_path / "var")), KEY)

    def test_nothing_appears_after_the_deadline(self, store, folder):
        """Its attempt has been given up and has deleted the key already."""
        with pytest.raises(StorageUnavailable, match="deadline"):
            store.put(KEY, b"late", content_type="image/png", deadline_s=time.monotonic() - 1)

        assert files(folder) == []

    def test_what_a_dead_process_left_is_dropped_and_a_living_one_is_left_alone(
        self, store, folder
    ):
        put(store, KEY)
        dead, alive = folder / "posters/.parts/.part-dead", folder / "posters/.parts/.part-alive"
        dead.touch()
        alive.touch()
        long_ago = time.time() - PART_MAX_AGE_S - 60
        os.utime(dead, (long_ago, long_ago))

        put(store, KEY)

        assert (dead.exists(), alive.exists()) == (False, True)


class TestDelete:
    def test_a_poster_goes(self, store, folder):
        put(store, KEY)

        store.delete(KEY)

        assert files(folder) == []

    def test_one_that_is_missing_is_fine(self, store):
        store.delete(KEY)


class TestPath:
    @pytest.mark.parametrize(
        "key",
        ["", ".", "..", "../url-secret", "api-posters/../../url-secret", "/etc/passwd", "a\0b"],
    )
    def test_a_key_never_leads_out_of_the_folder(self, store, key):
        for use in (store.path, store.delete, lambda key: put(store, key)):
            with pytest.raises(StorageRejected):
                use(key)

    def test_nor_does_a_link_in_it(self, store, folder):
        put(store, KEY)
        (folder / "posters/way-out").symlink_to("/etc")

        with pytest.raises(StorageRejected):
            store.path("way-out/passwd")

    def test_the_folder_itself_may_be_a_link(self, tmp_path):
        (tmp_path / "disk").mkdir()
        (tmp_path / "var").symlink_to(tmp_path / "disk")
        store = DirectoryStore(Settings(var_dir=tmp_path / "var"))

        put(store, KEY, b"png")

        assert (tmp_path / "disk/posters" / KEY).read_bytes() == b"png"


class TestUrl:
    def test_it_is_absolute_and_ends_where_the_api_serves_it(self, store):
        url = store.url(KEY)

        assert url.startswith(f"https://posters.example/api/v1/posters/files/{KEY}?expires=")
        assert isinstance(store, SignedFiles)

    def test_it_verifies_until_it_expires(self, store, clock):
        link = parts(store.url(KEY))

        assert store.verify(*link)
        clock.now += 59
        assert store.verify(*link)
        clock.now += 1
        assert not store.verify(*link)

    def test_another_process_verifies_it(self, store, folder):
        assert another_store(folder).verify(*parts(store.url(KEY)))

    def test_a_key_of_odd_characters_survives(self, store):
        key = "api-posters/ä b%2F+?#.png"

        assert parts(store.url(key))[0] == key
        assert store.verify(*parts(store.url(key)))

    def test_nothing_of_it_can_be_changed(self, store):
        key, expires, signature = parts(store.url(KEY))

        for changed in (
            (key + "x", expires, signature),
            (key, str(int(expires) + 1), signature),
            (key, "0" + expires, signature),
            (key, expires, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
            (key, expires, signature.upper()),
            (key, expires, ""),
            (key, "", signature),
            (key, "soon", signature),
            (key, "9" * 5000, signature),
            (key, expires, "é\udcff"),
            ("\udcff", expires, signature),
        ):
            assert not store.verify(*changed), changed

    def test_a_link_signed_with_another_secret_is_refused(self, folder, store):
        other = DirectoryStore(Settings(var_dir=folder, url_secret="other"))

        assert not store.verify(*parts(other.url(KEY)))

    def test_a_given_secret_is_used_and_none_is_made(self, tmp_path):
        first = DirectoryStore(Settings(var_dir=tmp_path / "a", url_secret="given"))
        second = DirectoryStore(Settings(var_dir=tmp_path / "b", url_secret="given"))

        assert second.verify(*parts(first.url(KEY)))
        assert list(tmp_path.rglob("*")) == []


class TestSecret:
    def test_it_is_readable_by_its_owner_alone(self, folder):
        shared_secret(folder / "url-secret")

        assert stat.S_IMODE((folder / "url-secret").stat().st_mode) == 0o600
        assert len((folder / "url-secret").read_bytes()) == 64

    def test_processes_that_start_together_share_one(self, tmp_path):
        """API and workers come up at the same moment; 4 of them, 50 times over."""
        context = multiprocessing.get_context("fork")
        barrier, found = context.Barrier(4), context.SimpleQueue()
        racers = [
            context.Process(target=_race, args=(tmp_path, barrier, found, 50)) for _ in range(4)
        ]
        for racer in racers:
            racer.start()
        answers = [found.get() for _ in racers]
        for racer in racers:
            racer.join(10)

        assert len(answers[0]) == len(set(answers[0])) == 50
        assert all(answer == answers[0] for answer in answers)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(map(str, range(50)))

    def test_a_damaged_one_is_not_used(self, store, folder):
        folder.mkdir()
        (folder / "url-secret").write_text("short")

        with pytest.raises(StorageRejected, match="remove it"):
            store.url(KEY)


class TestCheck:
    def test_a_writable_folder_passes_and_is_left_as_it_was(self, store, folder):
        store.check()

        assert files(folder) == []

    def test_one_that_cannot_be_written_does_not(self, store, monkeypatch):
        monkeypatch.setattr(os, "fsync", raising(OSError(errno.ENOSPC, "No space left on device")))

        with pytest.raises(StorageUnavailable):
            store.check()

    def test_nor_does_a_read_only_one(self, store, monkeypatch):
        monkeypatch.setattr(Path, "mkdir", raising(OSError(errno.EROFS, "Read-only file system")))

        with pytest.raises(StorageRejected):
            store.check()


def put(store, key, body=b"png"):
    store.put(key, body, content_type="image/png", deadline_s=FOREVER)


def files(folder):
    root = folder / "posters"
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def parts(url):
    """Split a link into what the web API hands to `verify`."""
    split = urlsplit(url)
    query = parse_qs(split.query)
    key = unquote(split.path.removeprefix("/api/v1/posters/files/"))
    return key, query["expires"][0], query["signature"][0]


def another_store(folder, now=time.time):
    return DirectoryStore(
        Settings(var_dir=folder, public_url="https://posters.example/", url_ttl_s=60), now
    )


def raising(error):
    def raise_it(*_args, **_named):
        raise error

    return raise_it


def _race(folder, barrier, found, times):
    secrets = []
    for number in range(times):
        barrier.wait(10)
        secrets.append(shared_secret(folder / str(number)))
    found.put(tuple(secrets))


class Clock:
    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "var"


@pytest.fixture
def store(folder, clock):
    return another_store(folder, clock)
