"""Where posters go: a bucket (S3, here) or a folder (exporter/directory_store.py).

After image, before the job's end. Owns keys and links. The only module that names boto3, and of S3
it uses put, head, delete, multipart and presign alone: Supabase answers PutObjectTagging and
PutObjectAcl by overwriting the object. It decides on HTTP status only, because Supabase's errors
have an empty Code.
"""

import io
import os
import random
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

from exporter import failpoints
from exporter.directory_store import DirectoryStore
from exporter.errors import (
    InvalidSettings,
    StorageDenied,
    StorageError,
    StorageRejected,
    StorageUnavailable,
)
from exporter.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")
log = structlog.get_logger()

PREFIX = "api-posters/"
# What Supabase takes is wider; this needs no escaping anywhere.
_KEY = re.compile(r"[A-Za-z0-9/_.-]{1,255}")

MIB = 2**20
# Supabase caps a single PUT at 50 MiB by default, multipart much later.
MULTIPART_ABOVE_BYTES = 32 * MIB
# S3 wants 5 MiB at least. Of a file, one part is in memory.
PART_BYTES = 16 * MIB

# docs: reliability, retry schedule. 0.4, 0.8, 1.6, 3.2, 6.4 s, each give or take a quarter.
PUT_TRIES = 6
BACKOFF_BASE_S = 0.4
BACKOFF_MAX_S = 13.0
# The sweeper and the ends of jobs delete; what they could not delete is deleted or logged later.
DELETE_TRIES = 3
DELETE_TIMEOUT_S = 15.0
# Readiness probes wait three seconds and ask again.
CHECK_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 5.0
# A timeout of zero would mean none to a socket.
MIN_TIMEOUT_S = 0.1
# 423, 429, 503, 544: locked, slow down, overloaded, database timeout. All pass.
_PASSING = frozenset({408, 423, 429})
# Somebody has to mend these; until then nothing is taken from us.
_DENIED = frozenset({401, 403})
# The exception to deciding by status: where a Code comes with a 400, these say the same.
_DENIED_CODES = frozenset({"ExpiredToken", "InvalidJWT", "InvalidToken", "InvalidAccessKeyId"})
TOO_LARGE = "The poster's file is larger than the storage takes. Ask for a smaller `resolution`."

# SigV4's own limit. Supabase has none, so an endless link would be possible.
MAX_URL_TTL_S = 7 * 86_400
# A key never gets other bytes, so nobody needs to ask again.
MAX_AGE_S = 31_536_000


class Storage(Protocol):
    """Where posters are kept. Every call may be made from any thread."""

    def put(self, key: str, body: Path | bytes, *, content_type: str, deadline_s: float) -> None:
        """Store *body* under *key*, verified, before *deadline_s* (`time.monotonic()`).

        A large file is never whole in memory. Putting the same key again replaces it. Raises
        StorageUnavailable for what may pass, StorageRejected for what will not; after either, the
        object may exist.
        """

    def delete(self, key: str) -> None:
        """Remove *key*; one that is missing is fine. Raises as `put`."""

    def url(self, key: str) -> str:
        """Return an absolute link that needs no Authorization. No network."""

    def check(self) -> None:
        """Prove that a poster could be stored now. Raises as `put`."""


def object_key(job_id: str, token: int, extension: str = "png") -> str:
    """Return a new key for a file of the attempt *token* at *job_id*.

    Its random part keeps it unguessable, and apart from the attempt's other files. Uniqueness must
    come from the key: Supabase ignores If-None-Match.
    """
    return f"{PREFIX}poster-{job_id}-{token}-{secrets.token_urlsafe(16)}.{extension}"


def open_storage(settings: Settings) -> Storage:
    """Return the storage of these settings. No network. Raises InvalidSettings."""
    return S3Storage(settings) if settings.storage == "s3" else DirectoryStore(settings)


class S3Storage:
    """A `Storage` in a bucket that exists already. Clients are made after the fork, when used."""

    def __init__(self, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._bucket = settings.s3_bucket
        self._public_base_url = settings.s3_public_base_url.rstrip("/")
        self._sleep = sleep
        self._session: tuple[int, boto3.session.Session] | None = None
        self._signer: tuple[int, S3Client] | None = None
        _check_settings(settings)

    def put(self, key: str, body: Path | bytes, *, content_type: str, deadline_s: float) -> None:
        """Upload *body* in at most PUT_TRIES tries and verify it. See `Storage.put`."""
        if not _KEY.fullmatch(key):
            raise StorageRejected(f"key {key!r} has characters the bucket may refuse")

        def upload() -> None:
            with self._client(f"put {key}", deadline_s) as client:
                upload = _Upload(client, self._bucket, key, body, deadline_s)
                upload.send(content_type, self._cache_control)

        self._insist(upload, PUT_TRIES, deadline_s)
        if time.monotonic() > deadline_s:
            # Its attempt has been given up and may have deleted the object before it was there.
            with suppress(StorageError):
                self.delete(key)
            raise StorageUnavailable(f"put {key} in bucket {self._bucket}: done after its deadline")

    def delete(self, key: str) -> None:
        """Remove *key*. See `Storage.delete`."""
        deadline_s = time.monotonic() + DELETE_TIMEOUT_S
        self._insist(lambda: self._delete(key, deadline_s), DELETE_TRIES, deadline_s)

    def url(self, key: str) -> str:
        """Return the public address, or a presigned one that a browser saves under a good name."""
        if self._public_base_url:
            return f"{self._public_base_url}/{quote(key, safe='/')}"
        name = Path(key).name
        with self._translated(f"sign {key}"):
            return self._signing_client().generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": key,
                    # Only what is signed may be in the query, so a caller cannot add it later.
                    "ResponseContentDisposition": f'attachment; filename="{name}"',
                },
                ExpiresIn=min(self._settings.url_ttl_s, MAX_URL_TTL_S),
            )

    def check(self) -> None:
        """Put and delete a tiny object, once. See `Storage.check`."""
        # A key of its own: two processes checking at once would meet in the bucket's row lock.
        key = f"{PREFIX}.check-{secrets.token_hex(8)}"
        deadline_s = time.monotonic() + CHECK_TIMEOUT_S
        with self._client(f"check by {key}", deadline_s) as client:
            # The type of a poster: a bucket may allow no other.
            client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=b"check",
                ContentType="image/png",
                CacheControl="no-store",
            )
        self._delete(key, deadline_s)

    def _delete(self, key: str, deadline_s: float) -> None:
        with self._client(f"delete {key}", deadline_s) as client:
            try:
                client.delete_object(Bucket=self._bucket, Key=key)
            except ClientError as err:
                if _status(err) != 404:
                    raise

    @property
    def _cache_control(self) -> str:
        scope = "public" if self._public_base_url else "private"
        return f"{scope}, max-age={MAX_AGE_S}, immutable"

    def _insist(self, work: Callable[[], T], tries: int, deadline_s: float) -> T:
        """Do *work* again while it raises StorageUnavailable and time and *tries* are left."""
        tried = 1
        while True:
            try:
                return work()
            except StorageUnavailable as err:
                wait_s = _backoff_s(tried)
                if tried == tries or time.monotonic() + wait_s >= deadline_s:
                    raise StorageUnavailable(f"{err} (tries: {tried})") from err
                log.warning("storage tried again", error=str(err), tried=tried, wait_s=wait_s)
            self._sleep(wait_s)
            tried += 1

    @contextmanager
    def _client(self, what: str, deadline_s: float) -> Iterator["S3Client"]:
        """Lend a client for one try of *what*; foreign errors inside become ours.

        botocore takes timeouts per client only. A client costs 4 ms once its session is warm, and
        a client of its own keeps every try from outliving the deadline by more than an answer.
        """
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise StorageUnavailable(f"{what} in bucket {self._bucket}: no time left")
        with self._translated(what), closing(self._new_client(left_s)) as client:
            yield client

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        what = f"{what} in bucket {self._bucket}"
        try:
            yield
        except ClientError as err:
            raise _by_status(_status(err), what, err.response["Error"].get("Code", "")) from err
        except (HTTPClientError, NoConnection, ResponseParserError) as err:
            raise StorageUnavailable(f"{what}: {type(err).__name__}: {err}") from err
        except (BotoCoreError, ValueError) as err:
            raise StorageRejected(f"{what}: {type(err).__name__}: {err}") from err

    def _signing_client(self) -> "S3Client":
        if self._signer is None or self._signer[0] != os.getpid():
            self._signer = (os.getpid(), self._new_client(CONNECT_TIMEOUT_S))
        return self._signer[1]

    def _new_client(self, timeout_s: float) -> "S3Client":
        # Two threads at once make two sessions and one is dropped: no lock that a fork could keep.
        if self._session is None or self._session[0] != os.getpid():
            self._session = (os.getpid(), boto3.session.Session())
        return self._session[1].client(
            "s3",
            endpoint_url=self._settings.s3_endpoint_url,
            region_name=self._settings.s3_region,
            aws_access_key_id=self._settings.s3_access_key_id,
            aws_secret_access_key=self._settings.s3_secret_access_key,
            verify=self._settings.s3_ca_file or None,
            config=_config(min(timeout_s, self._settings.s3_read_timeout_s)),
        )


class _Upload:
    """One try at one object: send it, then compare what the bucket says it has."""

    def __init__(
        self, client: "S3Client", bucket: str, key: str, body: Path | bytes, deadline_s: float
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._body = body
        self._size = len(body) if isinstance(body, bytes) else body.stat().st_size
        self._deadline_s = deadline_s

    def send(self, content_type: str, cache_control: str) -> None:
        """Upload the body whole or in parts. Raises botocore's errors and StorageUnavailable."""
        if self._size > MULTIPART_ABOVE_BYTES:
            self._send_parts(content_type, cache_control)
        else:
            self._send_whole(content_type, cache_control)
        stored = self._stored()
        if stored is None or stored[0] != self._size:
            size = stored[0] if stored else "none"
            raise self._damaged(f"size {size} instead of {self._size}")

    def _send_whole(self, content_type: str, cache_control: str) -> None:
        body = self._part(0, self._size)
        tag = md5(body, usedforsecurity=False).hexdigest()
        try:
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=_Timed(body, self._deadline_s),
                ContentType=content_type,
                CacheControl=cache_control,
            )
        except ClientError as err:
            # The key is this attempt's own, so what is there came by a try whose reply was lost.
            if _status(err) == 409 and self._stored() == (self._size, tag):
                return
            raise
        etag = _unquoted(answer["ETag"])
        # The server checks neither the signed hash nor Content-MD5. A tag with a dash is no MD5:
        # an S3 behind the server was given parts, as hosted Supabase's is above 5 MiB.
        if "-" not in etag and etag != tag:
            raise self._damaged(f"ETag {etag} instead of {tag}")

    def _send_parts(self, content_type: str, cache_control: str) -> None:
        upload_id = self._client.create_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            ContentType=content_type,
            CacheControl=cache_control,
        )["UploadId"]
        try:
            tags = [
                self._client.upload_part(
                    Bucket=self._bucket,
                    Key=self._key,
                    UploadId=upload_id,
                    PartNumber=number,
                    Body=_Timed(self._part(start, PART_BYTES), self._deadline_s),
                )["ETag"]
                for number, start in enumerate(range(0, self._size, PART_BYTES), 1)
            ]
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload_id,
                MultipartUpload={
                    "Parts": [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]
                },
            )
        except BaseException:
            # Parts nobody completes are stored, and paid for, for ever.
            with suppress(ClientError, BotoCoreError):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=self._key, UploadId=upload_id
                )
            raise

    def _stored(self) -> tuple[int, str] | None:
        """Return size and ETag of what the bucket has under the key, None when nothing."""
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=self._key)
        except ClientError as err:
            if _status(err) == 404:
                return None
            raise
        return head.get("ContentLength", 0), _unquoted(head["ETag"])

    def _part(self, start: int, size: int) -> bytes:
        if isinstance(self._body, bytes):
            return self._body[start : start + size]
        with self._body.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def _damaged(self, how: str) -> StorageUnavailable:
        return StorageUnavailable(f"put {self._key} in bucket {self._bucket}: stored with {how}")


class _Timed(io.BytesIO):
    """A body that is sent in small blocks and not past its deadline.

    Given bytes, http.client sends them in one call, which the *connect* timeout then bounds: 5 s
    for a whole poster.
    """

    def __init__(self, body: bytes, deadline_s: float) -> None:
        super().__init__(body)
        self._deadline_s = deadline_s

    def read(self, size: int | None = -1, /) -> bytes:
        if time.monotonic() > self._deadline_s:
            raise StorageUnavailable("not uploaded before its deadline")
        if self.tell():
            failpoints.hit("mid_upload")
        return super().read(size)


def _config(read_timeout_s: float) -> Config:
    timeout_s = max(read_timeout_s, MIN_TIMEOUT_S)
    return Config(
        signature_version="s3v4",  # without it boto3 presigns with SigV2, which Supabase refuses
        s3={"addressing_style": "path"},
        # boto3's default checksums come as a trailer that Supabase once stored inside the file.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=min(timeout_s, CONNECT_TIMEOUT_S),
        read_timeout=timeout_s,
        # One try: the retries are ours, which know the deadline, and must not multiply.
        retries={"total_max_attempts": 1, "mode": "standard"},
    )


def _backoff_s(tried: int) -> float:
    wait_s: float = min(BACKOFF_BASE_S * 2 ** (tried - 1), BACKOFF_MAX_S)
    return wait_s * random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, guards nothing


def _by_status(status: int, what: str, code: str) -> StorageError:
    if status >= 500 or status in _PASSING:
        return StorageUnavailable(f"{what}: HTTP {status}")
    if status in _DENIED or (status == 400 and code in _DENIED_CODES):
        return StorageDenied(f"{what}: HTTP {status} {code}".rstrip())
    return StorageRejected(f"{what}: HTTP {status}", public=TOO_LARGE if status == 413 else None)


def _status(err: ClientError) -> int:
    return err.response["ResponseMetadata"]["HTTPStatusCode"]


def _unquoted(etag: str) -> str:
    return etag.strip('"')


def _check_settings(settings: Settings) -> None:
    url = urlsplit(settings.s3_endpoint_url)
    if not url.hostname or url.username:
        # Its text stays out of the message: it may hold a password.
        raise InvalidSettings("EXPORT_S3_ENDPOINT_URL must be http(s)://host…, without a user")
    if settings.s3_ca_file and not os.access(settings.s3_ca_file, os.R_OK):
        raise InvalidSettings(
            f"EXPORT_S3_CA_FILE must be a readable PEM file, got {settings.s3_ca_file!r}"
        )
