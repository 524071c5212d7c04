"""The bucket for real: OpenStack Swift's s3api, which checks signatures, over http and TLS."""

import os
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ssl import create_default_context

import botocore.auth
import pytest
from botocore.exceptions import ClientError

from exporter.errors import StorageDenied, StorageRejected, StorageUnavailable
from exporter.settings import Settings
from exporter.storage import MULTIPART_ABOVE_BYTES, S3Storage, object_key
from tests.swift_server import ACCESS_KEY, REGION, SECRET, require_xattrs, swift
from webapi import prefer

BUCKET = "posters"
PNG = b"\x89PNG\r\n\x1a\n" + os.urandom(300_000)


class TestPut:
    def test_a_poster_comes_back_by_its_link_without_a_key(self, storage, get, key):
        put(storage, key, PNG)

        answer = get(storage.url(key))

        assert answer.body == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Length"] == str(len(PNG))
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="{key.rsplit("/", 1)[1]}"'
        )

    def test_the_bucket_keeps_type_length_and_nothing_else(self, storage, server, key):
        """boto3's default checksums came as aws-chunked, which some servers stored as bytes."""
        put(storage, key, PNG)

        head = server.client().head_object(Bucket=BUCKET, Key=key)

        assert head["ContentLength"] == len(PNG)
        assert head["ContentType"] == "image/png"
        assert "ContentEncoding" not in head

    def test_the_same_key_again_replaces_it(self, storage, get, key):
        put(storage, key, b"old and longer")
        put(storage, key, b"new")

        assert get(storage.url(key)).body == b"new"

    def test_a_poster_of_more_than_50_mib_goes_in_parts(self, storage, server, get, key):
        big = os.urandom(1_048_576) * 53
        assert len(big) > 50 * 2**20 > MULTIPART_ABOVE_BYTES

        put(storage, key, big)

        head = server.client().head_object(Bucket=BUCKET, Key=key)
        assert head["ETag"].endswith('-4"')
        assert head["ContentType"] == "image/png"
        assert head["CacheControl"] == "private, max-age=31536000, immutable"
        answer = get(storage.url(key))
        assert sha256(answer.body).digest() == sha256(big).digest()
        assert server.client().list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


class TestDelete:
    def test_a_poster_goes(self, storage, server, key):
        put(storage, key, PNG)

        storage.delete(key)

        with pytest.raises(ClientError, match="404"):
            server.client().head_object(Bucket=BUCKET, Key=key)

    def test_one_that_is_missing_is_fine(self, storage, key):
        storage.delete(key)

    def test_one_in_parts_goes_whole(self, storage, server, key):
        put(storage, key, bytes(MULTIPART_ABOVE_BYTES + 1))

        storage.delete(key)

        with pytest.raises(ClientError, match="404"):
            server.client().head_object(Bucket=BUCKET, Key=key)


class TestRefusal:
    @pytest.mark.parametrize(
        "wrong", [{"s3_secret_access_key": "guessed-secret"}, {"s3_access_key_id": "nobody"}]
    )
    def test_bad_credentials_are_refused_for_good(self, open_s3, key, wrong):
        storage = open_s3(**wrong)

        for use in (lambda: put(storage, key, PNG), lambda: storage.delete(key), storage.check):
            with pytest.raises(StorageRejected, match="HTTP 403") as refused:
                use()

            assert "guessed-secret" not in str(refused.value)

    def test_a_bucket_that_does_not_exist_is_refused_for_good(self, open_s3, key):
        storage = open_s3(s3_bucket="nowhere")

        for use in (lambda: put(storage, key, PNG), storage.check):
            with pytest.raises(StorageRejected, match="HTTP 404"):
                use()


class TestClock:
    @pytest.mark.parametrize("minutes", [-20, 20])
    def test_one_that_is_off_is_named_and_may_be_mended(
        self, storage, get, key, monkeypatch, minutes
    ):
        with monkeypatch.context() as patch:
            sign_at(patch, minutes)
            for use in (lambda: put(storage, key, PNG), storage.check):
                with pytest.raises(StorageDenied, match="HTTP 403 RequestTimeTooSkewed"):
                    use()

        put(storage, key, PNG)

        assert get(storage.url(key)).status == 200

    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_one_that_is_off_a_little_does_not_matter(self, storage, key, monkeypatch, minutes):
        sign_at(monkeypatch, minutes)

        put(storage, key, PNG)
        storage.check()


class TestCheck:
    def test_a_writable_bucket_passes_and_is_left_as_it_was(self, storage, server):
        before = server.client().list_objects_v2(Bucket=BUCKET)["KeyCount"]

        storage.check()

        assert server.client().list_objects_v2(Bucket=BUCKET)["KeyCount"] == before


class TestPresigned:
    def test_it_is_sigv4(self, storage, key):
        """Swift takes SigV2 too; Supabase does not."""
        assert "X-Amz-Signature=" in storage.url(key)

    @pytest.mark.parametrize(
        "tamper",
        [
            lambda url, other: url.replace("X-Amz-Expires=86400", "X-Amz-Expires=86401"),
            lambda url, other: url.replace(*other),
            lambda url, other: url + "&response-content-type=text%2Fhtml",
            lambda url, other: url[:-1] + ("0" if url[-1] != "0" else "1"),
            lambda url, other: url.split("&X-Amz-Signature=")[0],
        ],
        ids=["longer life", "another key", "one more parameter", "another signature", "none"],
    )
    def test_a_tampered_one_is_refused(self, storage, get, key, tamper):
        other = object_key("another", 1)
        put(storage, key, PNG)
        put(storage, other, PNG)
        url = storage.url(key)

        changed = tamper(url, (f"/{key}?", f"/{other}?"))

        assert changed != url
        assert get(url).status == 200
        assert get(changed).status == 403

    @pytest.mark.parametrize(("ttl_s", "status"), [(3600, 200), (60, 403)])
    def test_it_ends_with_its_life(self, open_s3, get, key, monkeypatch, ttl_s, status):
        storage = open_s3(url_ttl_s=ttl_s)
        put(storage, key, PNG)
        sign_at(monkeypatch, -10)

        assert get(storage.url(key)).status == status


class TestPictureOfAWaitingCaller:
    def test_the_api_reads_it_from_the_bucket_and_passes_it_on(self, storage, key):
        put(storage, key, PNG)
        settings = storage._settings

        assert b"".join(prefer.from_bucket(storage.url(key), settings)) == PNG

    def test_a_bucket_that_has_it_no_more_may_be_asked_later(self, storage, key):
        with pytest.raises(StorageUnavailable, match="404"):
            prefer.from_bucket(storage.url(key), storage._settings)


class TestTls:
    def test_a_server_of_an_unknown_authority_is_not_spoken_to(self, server, key):
        storage = S3Storage(s3_settings(server, "https", s3_ca_file=""), lambda _: None)

        with pytest.raises(StorageUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            put(storage, key, PNG)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


def sign_at(monkeypatch, minutes):
    """Let the clock that signs be so many minutes ahead."""
    at = datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_args, **_named: at)


def put(storage, key, body):
    storage.put(key, body, content_type="image/png", deadline_s=float("inf"))


def s3_settings(server, scheme, **given):
    return Settings(
        **{
            "storage": "s3",
            "s3_endpoint_url": server.url(scheme),
            "s3_region": REGION,
            "s3_bucket": BUCKET,
            "s3_access_key_id": ACCESS_KEY,
            "s3_secret_access_key": SECRET,
            "s3_ca_file": server.ca_file if scheme == "https" else "",
            **given,
        }
    )


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One Swift for the session, with an empty bucket."""
    folder = tmp_path_factory.mktemp("swift")
    require_xattrs(folder)
    with swift(folder) as running:
        running.client().create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture(params=["http", "https"])
def open_s3(request, server):
    """Open a storage on the server, by both schemes in turn; settings may be given."""
    return lambda **given: S3Storage(s3_settings(server, request.param, **given))


@pytest.fixture
def storage(open_s3):
    return open_s3()


@pytest.fixture
def key():
    return object_key("3f0f8bf5-6d2c-4f83-9b53-4f0d7a1f5f0e", 1)


@pytest.fixture
def get(server):
    """A caller without any key of ours: GET a link, whatever the status."""
    trusted = create_default_context(cafile=server.ca_file)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
    )

    def get(url):
        try:
            with opener.open(url, timeout=20) as response:
                return Answer(response)
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused)

    return get


@pytest.fixture(autouse=True, scope="session")
def direct():
    """A proxy of the machine is not for loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield
