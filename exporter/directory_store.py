"""The embedded store: posters in a folder, links signed here and ended in webapi/files.py.

Stands where a bucket stands at scale (exporter/storage.py chooses). API and workers share the
folder and the secret that signs the links.
"""

import contextlib
import errno
import hmac
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from exporter import failpoints
from exporter.errors import StorageRejected, StorageUnavailable
from exporter.settings import Settings

ROUTE = "/api/v1/posters/files"
# 256 bits, as long as the signature itself.
SECRET_BYTES = 32
_COPIED_AT_ONCE = 2**20
# A part file so old belongs to a process that died while writing it.
PART_MAX_AGE_S = 3600.0
# An operator has to change something before these go away; a full disk may be emptied meanwhile.
_PERMANENT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR})


class DirectoryStore:
    """A `Storage` on this host's disk. Safe between threads and processes; it holds no lock."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self._root = settings.var_dir.absolute() / "posters"
        self._parts = self._root / ".parts"
        self._secret_file = settings.var_dir / "url-secret"
        self._given_secret = settings.url_secret
        self._base_url = settings.base_url
        self._ttl_s = settings.url_ttl_s
        self._now = now

    def put(
        self,
        key: str,
        body: Path | bytes,
        *,
        content_type: str,  # noqa: ARG002 - the link's end names the type
        deadline_s: float,
    ) -> None:
        """Write *body* whole or not at all. Raises StorageUnavailable, StorageRejected."""
        with _translated(f"put {key}"):
            path = self.path(key)
            for folder in (self._parts, path.parent):
                folder.mkdir(parents=True, exist_ok=True)
            self._drop_stale_parts()
            with _part_file(self._parts, body) as part:
                if time.monotonic() > deadline_s:
                    # Its attempt has been given up: a file now would be nobody's.
                    raise StorageUnavailable(f"put {key}: not written before its deadline")
                failpoints.hit("mid_upload")
                part.replace(path)
            _sync_folder(path.parent)

    def delete(self, key: str) -> None:
        """Remove *key*; one that is missing is fine. Raises StorageUnavailable, StorageRejected."""
        with _translated(f"delete {key}"):
            self.path(key).unlink(missing_ok=True)

    def url(self, key: str) -> str:
        """Return an absolute link to *key*, signed and valid for `url_ttl_s`."""
        expires = str(int(self._now()) + self._ttl_s)
        query = f"expires={expires}&signature={self._signature(key, expires)}"
        return f"{self._base_url}{ROUTE}/{quote(key, safe='/')}?{query}"

    def check(self) -> None:
        """Write and remove a tiny file. Raises StorageUnavailable, StorageRejected."""
        key = f".check-{secrets.token_hex(8)}"
        self.put(key, b"check", content_type="text/plain", deadline_s=float("inf"))
        self.delete(key)

    def verify(self, key: str, expires: str, signature: str) -> bool:
        """Say whether *signature* is ours for *key* and *expires*, and the link still alive."""
        genuine = hmac.compare_digest(
            self._signature(key, expires).encode(), signature.encode(errors="replace")
        )
        # Only digits of ours get past the signature, so the number is of a sane length.
        return genuine and self._now() < int(expires)

    def path(self, key: str) -> Path:
        """Return where *key* lies. Raises StorageRejected for one that leads out of the folder."""
        root = self._root.resolve()
        try:
            path = (root / key).resolve()
        except ValueError as err:  # a NUL in it
            raise StorageRejected(f"key {key!r} is not a path") from err
        if path == root or not path.is_relative_to(root):
            raise StorageRejected(f"key {key!r} leads out of {root}")
        return path

    def _signature(self, key: str, expires: str) -> str:
        # A line break cannot stand in `expires`, so no two pairs sign the same text.
        text = f"{expires}\n{key}".encode(errors="surrogatepass")
        return hmac.new(self._secret, text, sha256).hexdigest()

    @cached_property
    def _secret(self) -> bytes:
        if self._given_secret:
            return self._given_secret.encode()
        with _translated(f"secret {self._secret_file}"):
            return shared_secret(self._secret_file)

    def _drop_stale_parts(self) -> None:
        for part in self._parts.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process drops it too
                if time.time() - part.stat().st_mtime > PART_MAX_AGE_S:
                    part.unlink()


def shared_secret(path: Path) -> bytes:
    """Return the secret kept in *path*, made by whichever process comes first.

    The file appears by a hard link, which fails when another process was first: nobody ever reads
    half a secret or one that is replaced a moment later. Raises OSError, StorageRejected.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            _part_file(path.parent, secrets.token_hex(SECRET_BYTES).encode()) as part,
            contextlib.suppress(FileExistsError),
        ):
            path.hardlink_to(part)
        _sync_folder(path.parent)
    secret = path.read_bytes()
    if len(secret) < 2 * SECRET_BYTES:
        raise StorageRejected(f"{path} is damaged; remove it (links made so far become invalid)")
    return secret


@contextlib.contextmanager
def _part_file(folder: Path, body: Path | bytes) -> Iterator[Path]:
    """Write *body* to a file of mode 0600 in *folder*, on disk when yielded, gone at the end."""
    handle, name = tempfile.mkstemp(prefix=".part-", dir=folder)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(body, bytes):
                file.write(body)
            else:
                with body.open("rb") as source:
                    shutil.copyfileobj(source, file, _COPIED_AT_ONCE)
            file.flush()
            os.fsync(handle)
        yield part
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a new name in *folder* survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        kind = StorageRejected if err.errno in _PERMANENT else StorageUnavailable
        raise kind(f"{what}: {err}") from err
