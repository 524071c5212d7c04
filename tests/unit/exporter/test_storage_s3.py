"""The bucket's bad days, against a real HTTP server that has Supabase's habits.

No S3 server one can install reproduces them: errors with an empty Code in a namespaced root, an
ignored If-None-Match, 409/413/415/544, a reply lost after the body was taken.
"""

import os
import re
import socket
import struct
import threading
import time
from collections import Counter
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

import exporter.storage
from exporter.errors import StorageDenied, StorageRejected, StorageUnavailable
from exporter.settings import Settings
from exporter.storage import BACKOFF_BASE_S, DELETE_TRIES, PUT_TRIES, S3Storage

KEY = "api-posters/poster-a-1-x.png"
BODY = b"png\x00" * 1000
SECRET = "s3cr3t-of-the-bucket"
PASSING = [408, 423, 429, 500, 502, 503, 504, 544]
PERMANENT = [400, 401, 403, 404, 405, 409, 411, 412, 413, 415, 422]
EMPTY_ERROR = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Resource>posters</Resource>'
    b"<Code></Code><Message></Message></Error>"
)
BLOCK_PAGE = (
    b"<!DOCTYPE html><html><head><title>Attention</title></head><body><p>no<br></body></html>"
)


class TestPut:
    def test_a_poster_arrives_whole_with_its_headers(self, bucket, storage):
        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods == {"PUT": 1, "HEAD": 1}
        sent = bucket.headers[0]
        assert sent["Content-Type"] == "image/png"
        assert sent["Cache-Control"] == "private, max-age=31536000, immutable"
        assert sent["Content-Length"] == str(len(BODY))
        assert sent["Authorization"].startswith("AWS4-HMAC-SHA256 ")

    def test_nothing_is_sent_that_supabase_ignores_or_stores_by_mistake(self, bucket, storage):
        put(storage)

        sent = {name.lower() for name in bucket.headers[0]}
        assert not sent & {
            "transfer-encoding",
            "content-encoding",
            "x-amz-trailer",
            "x-amz-sdk-checksum-algorithm",
            "if-none-match",
            "x-amz-acl",
            "x-amz-tagging",
        }

    def test_a_public_bucket_may_be_cached_by_everyone(self, bucket):
        put(a_storage(bucket, s3_public_base_url="https://cdn.example/posters"))

        assert bucket.headers[0]["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_the_same_key_again_replaces_it(self, bucket, storage):
        put(storage, b"old")
        put(storage, b"new")

        assert bucket.objects == {KEY: b"new"}

    @pytest.mark.parametrize("key", ["", "a b", "café.png", "a#b", "a%2e", "x" * 256, "a\nb"])
    def test_a_key_the_bucket_may_refuse_is_never_sent(self, bucket, storage, key):
        with pytest.raises(StorageRejected, match="key"):
            storage.put(key, BODY, content_type="image/png", deadline_s=in_s(30))

        assert bucket.methods == {}

    def test_an_empty_object_is_stored(self, bucket, storage):
        put(storage, b"")

        assert bucket.objects == {KEY: b""}


class TestStatus:
    @pytest.mark.parametrize("status", PASSING)
    def test_what_passes_is_outlived(self, bucket, storage, waits, status):
        bucket.faults = [status, status]

        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods["PUT"] == 3
        assert len(waits) == 2

    @pytest.mark.parametrize("status", PASSING)
    def test_what_does_not_pass_ends_after_six_tries(self, bucket, storage, waits, status):
        bucket.faults = [status] * 20

        with pytest.raises(StorageUnavailable, match=f"HTTP {status}") as failed:
            put(storage)

        assert failed.value.retryable
        assert bucket.methods == {"PUT": PUT_TRIES} == {"PUT": 6}
        for number, wait_s in enumerate(waits):
            assert wait_s == pytest.approx(BACKOFF_BASE_S * 2**number, rel=0.25)
        assert len(waits) == 5

    @pytest.mark.parametrize("status", PERMANENT)
    def test_what_is_permanent_is_tried_once(self, bucket, storage, waits, status):
        bucket.faults = [status]

        with pytest.raises(StorageRejected, match=f"HTTP {status}") as failed:
            put(storage)

        assert not failed.value.retryable
        assert bucket.methods["PUT"] == 1
        assert waits == []
        assert bucket.objects == {}

    def test_the_block_page_of_a_gateway_is_an_ordinary_403(self, bucket, storage):
        bucket.faults = ["block page"]

        with pytest.raises(StorageRejected, match="HTTP 403"):
            put(storage)

        assert bucket.methods == {"PUT": 1}

    @pytest.mark.parametrize(
        ("fault", "denied"),
        [
            (401, True),
            (403, True),
            ("block page", True),
            ((403, "RequestTimeTooSkewed"), True),
            ((400, "ExpiredToken"), True),
            ((400, "InvalidJWT"), True),
            ((400, "InvalidKey"), False),
            (400, False),
            (404, False),
            (413, False),
        ],
        ids=str,
    )
    def test_who_must_be_let_in_is_told_apart_from_what_is_refused(
        self, bucket, storage, fault, denied
    ):
        """Of being denied nothing is said of the file: it may be stored once somebody mended it."""
        bucket.faults = [fault]

        with pytest.raises(StorageRejected) as failed:
            put(storage)

        assert isinstance(failed.value, StorageDenied) is denied
        assert bucket.methods == {"PUT": 1}

    def test_waits_are_spread(self, bucket, storage, waits):
        """Workers that failed together must not come back together."""
        for _ in range(8):
            bucket.faults = [503]
            put(storage)

        assert len(set(waits)) > 1

    def test_the_log_text_names_the_place_and_the_public_text_nothing_of_ours(
        self, bucket, storage
    ):
        bucket.faults = [403]

        with pytest.raises(StorageRejected) as failed:
            put(storage)

        assert all(part in str(failed.value) for part in ("403", KEY, "posters"))
        assert SECRET not in str(failed.value)
        for ours in (KEY, "bucket", "403", "127.0.0.1", "S3"):
            assert ours not in failed.value.public

    def test_too_large_tells_the_caller_what_to_change(self, bucket, storage):
        bucket.faults = [413]

        with pytest.raises(StorageRejected) as failed:
            put(storage)

        assert "resolution" in failed.value.public

    def test_a_conflict_with_our_own_lost_upload_is_success(self, bucket, storage):
        bucket.faults = ["lost reply", 409]

        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods == {"PUT": 2, "HEAD": 2}

    def test_a_conflict_with_other_bytes_is_refused(self, bucket, storage):
        bucket.objects[KEY] = b"x" * len(BODY)
        bucket.faults = [409]

        with pytest.raises(StorageRejected, match="HTTP 409"):
            put(storage)

        assert bucket.methods["PUT"] == 1


class TestWire:
    def test_a_lost_reply_is_answered_by_the_same_upload(self, bucket, storage, waits):
        bucket.faults = ["lost reply"]

        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods == {"PUT": 2, "HEAD": 1}
        assert len(waits) == 1

    def test_a_reset_in_the_middle_leaves_a_whole_object(self, bucket, storage):
        bucket.faults = ["reset"]
        big = os.urandom(8_000_000)

        put(storage, big)

        assert bucket.objects == {KEY: big}
        assert bucket.methods["PUT"] == 2

    def test_a_bucket_that_never_answers_is_given_up_in_time(self, bucket, storage):
        """Although one request alone might take 60 s."""
        storage.url(KEY)  # makes the session, so that the time below is the bucket's
        bucket.faults = ["hang"] * 20
        started = time.monotonic()

        with pytest.raises(StorageUnavailable, match="ReadTimeoutError"):
            put(storage, deadline_s=in_s(1.5))

        assert time.monotonic() - started < 6

    def test_one_that_hangs_once_is_outlived(self, bucket, waits):
        bucket.faults = ["hang"]

        put(a_storage(bucket, waits=waits, s3_read_timeout_s=0.2))

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods["PUT"] == 2

    def test_nobody_there_is_unavailable(self, waits):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            storage = S3Storage(s3_settings(closed.getsockname()[1]), waits.append)

            with pytest.raises(StorageUnavailable, match=r"EndpointConnectionError.*tries: 6"):
                put(storage)

        assert len(waits) == 5

    def test_a_slow_line_is_not_a_connect_timeout(self, bucket, storage, monkeypatch):
        """Given bytes, http.client bounds the whole upload by the connect timeout."""
        monkeypatch.setattr(exporter.storage, "CONNECT_TIMEOUT_S", 0.8)
        bucket.pause_s = 0.03
        started = time.monotonic()

        put(storage, bytes(12_000_000))

        assert time.monotonic() - started > 1
        assert bucket.methods["PUT"] == 1

    def test_a_slow_line_ends_at_the_deadline(self, bucket, storage):
        bucket.pause_s = 0.05
        started = time.monotonic()

        with pytest.raises(StorageUnavailable):
            put(storage, bytes(30_000_000), deadline_s=in_s(1))

        assert time.monotonic() - started < 6  # the whole would take 11 s
        assert bucket.objects == {}


class TestVerification:
    def test_other_bytes_under_a_good_status_are_sent_again(self, bucket, storage):
        bucket.faults = ["wrong etag"]

        put(storage)

        assert bucket.methods == {"PUT": 2, "HEAD": 1}

    def test_a_bucket_that_always_stores_other_bytes_is_not_believed(self, bucket, storage):
        bucket.faults = ["wrong etag"] * 20

        with pytest.raises(StorageUnavailable, match="ETag"):
            put(storage)

        assert bucket.methods == {"PUT": 6}

    def test_a_truncated_object_is_found_and_sent_again(self, bucket, storage):
        bucket.faults = ["truncated"]

        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods == {"PUT": 2, "HEAD": 2}

    def test_an_object_that_is_not_there_afterwards_is_sent_again(self, bucket, storage):
        bucket.faults = ["forgotten"]

        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert bucket.methods == {"PUT": 2, "HEAD": 2}

    def test_the_tag_of_parts_is_no_md5(self, bucket, storage):
        """Hosted Supabase hands a PUT above 5 MiB on in parts; its ETag then ends in `-N`."""
        bucket.faults = ["tag of parts"]

        put(storage)

        assert bucket.methods == {"PUT": 1, "HEAD": 1}


class TestDeadline:
    def test_nothing_is_sent_after_it(self, bucket, storage):
        with pytest.raises(StorageUnavailable, match="no time left"):
            put(storage, deadline_s=in_s(-1))

        assert bucket.methods == {}

    def test_a_wait_that_would_pass_it_is_not_begun(self, bucket, storage, waits, monkeypatch):
        monkeypatch.setattr(exporter.storage, "BACKOFF_BASE_S", 200)
        monkeypatch.setattr(exporter.storage, "BACKOFF_MAX_S", 200)
        bucket.faults = [503] * 20

        with pytest.raises(StorageUnavailable, match=r"HTTP 503 \(tries: 1\)"):
            put(storage, deadline_s=in_s(30))

        assert (bucket.methods, waits) == ({"PUT": 1}, [])

    def test_an_upload_that_was_done_too_late_is_taken_back(self, bucket, storage):
        """The attempt has been given up, and its own delete may have come before the object."""
        storage.url(KEY)  # makes the session, so that the time below is the bucket's
        bucket.latency_s = 0.8

        with pytest.raises(StorageUnavailable, match="after its deadline"):
            put(storage, deadline_s=in_s(1.5))

        assert bucket.objects == {}
        assert bucket.methods == {"PUT": 1, "HEAD": 1, "DELETE": 1}


class TestParts:
    def test_a_large_poster_goes_in_parts(self, bucket, storage, small_parts):
        put(storage, bytes(range(250)))

        assert bucket.objects == {KEY: bytes(range(250))}
        assert bucket.methods == {"POST": 2, "PUT": 3, "HEAD": 1}
        assert bucket.headers[0]["Content-Type"] == "image/png"
        assert "immutable" in bucket.headers[0]["Cache-Control"]
        assert bucket.uploads == {}

    def test_one_at_the_threshold_goes_whole(self, bucket, storage, small_parts):
        put(storage, bytes(200))

        assert bucket.methods == {"PUT": 1, "HEAD": 1}

    def test_parts_of_a_failed_try_are_not_left_behind(self, bucket, storage, small_parts):
        bucket.faults = [503]

        put(storage, bytes(250))

        assert bucket.objects == {KEY: bytes(250)}
        assert bucket.methods == {"POST": 3, "PUT": 4, "DELETE": 1, "HEAD": 1}
        assert bucket.uploads == {}

    def test_a_refused_part_ends_it(self, bucket, storage, small_parts):
        bucket.faults = [413]

        with pytest.raises(StorageRejected, match="HTTP 413"):
            put(storage, bytes(250))

        assert bucket.uploads == {}
        assert bucket.objects == {}

    def test_a_truncated_part_is_found_by_size(self, bucket, storage, small_parts):
        bucket.faults = ["truncated"]

        put(storage, bytes(250))

        assert bucket.objects == {KEY: bytes(250)}
        assert bucket.methods["HEAD"] == 2

    def test_no_single_request_comes_near_the_cap_of_50_mib(self):
        assert exporter.storage.MULTIPART_ABOVE_BYTES < 50 * 2**20
        assert 5 * 2**20 <= exporter.storage.PART_BYTES < 50 * 2**20


class TestDelete:
    def test_a_poster_goes(self, bucket, storage):
        put(storage)

        storage.delete(KEY)

        assert bucket.objects == {}

    @pytest.mark.parametrize("answer", [None, 404])
    def test_one_that_is_missing_is_fine(self, bucket, storage, answer):
        bucket.delete_faults = [answer]

        storage.delete(KEY)

        assert bucket.methods == {"DELETE": 1}

    def test_what_passes_is_outlived(self, bucket, storage):
        put(storage)
        bucket.delete_faults = [503, 503]

        storage.delete(KEY)

        assert bucket.objects == {}
        assert bucket.methods["DELETE"] == 3

    @pytest.mark.parametrize(
        ("status", "error", "tries"),
        [(503, StorageUnavailable, DELETE_TRIES), (403, StorageRejected, 1)],
    )
    def test_what_does_not_pass_is_told(self, bucket, storage, status, error, tries):
        bucket.delete_faults = [status] * 20

        with pytest.raises(error, match=f"HTTP {status}"):
            storage.delete(KEY)

        assert bucket.methods == {"DELETE": tries}


class TestCheck:
    def test_it_writes_and_cleans_up(self, bucket, storage):
        storage.check()

        assert bucket.methods == {"PUT": 1, "DELETE": 1}
        assert bucket.objects == {}
        assert bucket.headers[0]["Content-Type"] == "image/png"

    @pytest.mark.parametrize(
        ("status", "error"), [(503, StorageUnavailable), (403, StorageRejected)]
    )
    def test_it_answers_at_once_when_it_may_not_write(self, bucket, storage, waits, status, error):
        bucket.faults = [status]

        with pytest.raises(error, match=f"HTTP {status}"):
            storage.check()

        assert bucket.methods == {"PUT": 1}
        assert waits == []

    def test_a_bucket_it_may_not_clean_fails_it(self, bucket, storage):
        bucket.delete_faults = [403]

        with pytest.raises(StorageRejected):
            storage.check()


class TestUrl:
    def test_a_presigned_one_is_sigv4_bounded_and_names_the_file(self, bucket, storage):
        split = urlsplit(storage.url(KEY))
        query = {name: values[0] for name, values in parse_qs(split.query).items()}

        assert split.path == f"/posters/{KEY}"
        assert len(query["X-Amz-Signature"]) == 64
        assert "X-Amz-Security-Token" not in query
        assert query["X-Amz-Expires"] == "86400"
        assert query["response-content-disposition"] == 'attachment; filename="poster-a-1-x.png"'
        assert bucket.methods == {}

    @pytest.mark.parametrize("region", ["us-east-1", "local", "eu-central-1"])
    def test_it_is_sigv4_in_every_region(self, bucket, region):
        """boto3 presigns with SigV2 in us-east-1 unless told."""
        url = a_storage(bucket, s3_region=region).url(KEY)

        assert "X-Amz-Signature=" in url
        assert "AWSAccessKeyId=" not in url

    @pytest.mark.parametrize(("asked_s", "given_s"), [(30 * 86_400, 604_800), (60, 60)])
    def test_its_life_is_bounded(self, bucket, asked_s, given_s):
        url = a_storage(bucket, url_ttl_s=asked_s).url(KEY)

        assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == [str(given_s)]

    def test_a_public_one_is_quoted_as_a_path(self, bucket):
        storage = a_storage(bucket, s3_public_base_url="https://ref.example/object/public/posters/")

        assert storage.url("a b/c+d.png") == (
            "https://ref.example/object/public/posters/a%20b/c%2Bd.png"
        )

    def test_a_dns_host_keeps_the_bucket_in_the_path(self, monkeypatch, tmp_path):
        """Whatever `~/.aws/config` says."""
        (tmp_path / "config").write_text("[default]\ns3 =\n    addressing_style = virtual\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        storage = S3Storage(
            s3_settings(0, s3_endpoint_url="https://ref.storage.example/storage/v1/s3")
        )

        assert storage.url(KEY).startswith(
            f"https://ref.storage.example/storage/v1/s3/posters/{KEY}?"
        )


class TestClient:
    def test_a_forked_process_makes_its_own(self, bucket, storage, monkeypatch):
        put(storage)
        storage.url(KEY)
        made = []
        session = exporter.storage.boto3.session.Session
        monkeypatch.setattr(
            exporter.storage.boto3.session,
            "Session",
            lambda *given: made.append(1) or session(*given),
        )
        put(storage)
        assert made == []

        monkeypatch.setattr(os, "getpid", lambda: -1)
        put(storage)
        storage.url(KEY)

        assert made == [1]

    def test_the_process_environment_does_not_redirect_it(self, bucket, storage, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "someone's")
        monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")

        put(storage)

        assert bucket.objects == {KEY: BODY}
        assert "x-amz-security-token" not in {name.lower() for name in bucket.headers[0]}

    def test_only_harmless_operations_are_reachable(self, storage):
        """Supabase answers put_object_acl and put_object_tagging by overwriting the object."""
        offered = {name for name in dir(storage) if not name.startswith("_")}
        called = set(
            re.findall(r"client(?:\(\))?\.(\w+)\(", Path(exporter.storage.__file__).read_text())
        )

        assert offered == {"put", "delete", "url", "check"}
        assert called == {
            "put_object",
            "head_object",
            "delete_object",
            "create_multipart_upload",
            "upload_part",
            "complete_multipart_upload",
            "abort_multipart_upload",
            "generate_presigned_url",
        }


class Bucket(ThreadingHTTPServer):
    """One bucket. `faults` strike PUTs in turn, `delete_faults` DELETEs; then all is well."""

    daemon_threads = True
    # Small, so that a client cannot push a whole poster into the kernel.
    receive_buffer_bytes = 65_536

    def __init__(self):
        self.objects = {}
        self.uploads = {}
        self.faults = []
        self.delete_faults = []
        self.methods = Counter()
        self.headers = []
        self.pause_s = 0.0
        self.latency_s = 0.0
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def server_bind(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer_bytes)
        super().server_bind()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Bucket

    def log_message(self, *_args):
        pass

    def do_PUT(self):
        self.arrived()
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == "reset":
            return self.reset()
        body = self.body()
        if body is None:
            return None
        if fault == "hang":
            self.server.closing.wait(10)
            return self.hang_up()
        if isinstance(fault, int):
            return self.answer(fault, EMPTY_ERROR)
        if isinstance(fault, tuple):
            return self.answer(fault[0], xml("Error", Code=fault[1], Message="no"))
        if fault == "block page":
            return self.answer(403, BLOCK_PAGE, {"Content-Type": "text/html"})
        if fault != "forgotten":
            self.store(body[:-1] if fault == "truncated" else body)
        if fault == "lost reply":
            return self.hang_up()
        etag = {"wrong etag": "0" * 32, "tag of parts": f"{'0' * 32}-2"}.get(fault, tag(body))
        return self.answer(200, b"", {"ETag": f'"{etag}"'})

    def do_HEAD(self):
        self.arrived()
        found = self.server.objects.get(self.key)
        if found is None:
            return self.answer(404)
        return self.answer(200, found, {"ETag": f'"{tag(found)}"'})

    def do_DELETE(self):
        self.arrived()
        fault = self.server.delete_faults.pop(0) if self.server.delete_faults else None
        if fault:
            return self.answer(fault, EMPTY_ERROR)
        if "uploadId" in self.query:
            del self.server.uploads[self.query["uploadId"][0]]
        else:
            self.server.objects.pop(self.key, None)
        return self.answer(204)

    def do_POST(self):
        self.arrived()
        self.body()
        if "uploads" in self.query:
            upload_id = f"u{self.server.methods['POST']}"
            self.server.uploads[upload_id] = {}
            return self.answer(200, xml("InitiateMultipartUploadResult", UploadId=upload_id))
        parts = self.server.uploads.pop(self.query["uploadId"][0])
        self.server.objects[self.key] = b"".join(parts[number] for number in sorted(parts))
        return self.answer(200, xml("CompleteMultipartUploadResult", ETag='"x-3"'))

    def store(self, body):
        if "uploadId" in self.query:
            parts = self.server.uploads[self.query["uploadId"][0]]
            parts[int(self.query["partNumber"][0])] = body
        else:
            self.server.objects[self.key] = body

    @property
    def key(self):
        return unquote(urlsplit(self.path).path.removeprefix("/posters/"))

    @property
    def query(self):
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def arrived(self):
        self.server.methods[self.command] += 1
        self.server.headers.append(dict(self.headers))

    def body(self):
        """Read the body, slowly when asked to; None when the client left in the middle."""
        left, pieces = int(self.headers.get("Content-Length", 0)), []
        while left:
            piece = self.rfile.read(min(left, 131_072))
            if not piece:
                self.close_connection = True
                return None
            pieces.append(piece)
            left -= len(piece)
            if self.server.pause_s:
                time.sleep(self.server.pause_s)  # a thin line
        return b"".join(pieces)

    def answer(self, status, body=b"", headers=None):
        if self.server.latency_s and self.command != "DELETE":
            time.sleep(self.server.latency_s)  # a long line
        self.send_response(status, "As it is")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {"Content-Type": "application/xml"}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True

    def reset(self):
        self.rfile.read(100_000)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True


def tag(body):
    return md5(body).hexdigest()


def xml(root, **values):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<{root}>{inner}</{root}>".encode()


def put(storage, body=BODY, deadline_s=None):
    storage.put(KEY, body, content_type="image/png", deadline_s=deadline_s or in_s(60))


def in_s(seconds):
    return time.monotonic() + seconds


def s3_settings(port, **given):
    return Settings(
        **{
            "storage": "s3",
            "s3_endpoint_url": f"http://127.0.0.1:{port}",
            "s3_region": "us-east-1",
            "s3_access_key_id": "id",
            "s3_secret_access_key": SECRET,
            **given,
        }
    )


def a_storage(bucket, waits=None, **given):
    wait = (waits if waits is not None else []).append
    return S3Storage(s3_settings(bucket.server_port, **given), wait)


@pytest.fixture
def bucket():
    with Bucket() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join(5)


@pytest.fixture
def waits():
    """The waits between tries, which no test really waits."""
    return []


@pytest.fixture
def storage(bucket, waits):
    return a_storage(bucket, waits)


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(exporter.storage, "MULTIPART_ABOVE_BYTES", 200)
    monkeypatch.setattr(exporter.storage, "PART_BYTES", 100)


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """A proxy of the machine is not for loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
