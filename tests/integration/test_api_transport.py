"""What reaches the API over a socket: a real gunicorn, and bytes no HTTP client would send."""

import gzip
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from exporter.jobs import connect
from exporter.queues import Priority
from exporter.settings import Settings
from tests.corpus.cases import GENERATE, JOBS, UNKNOWN, VALID
from tests.functional.waiting import eventually
from webapi.keys import Keys
from webapi.tiers import Tier

LIMIT = 2_000_000
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


class TestLength:
    def test_a_declared_length_over_the_limit_is_refused_unread(self, server):
        answer = server.say(server.post({"Content-Length": str(LIMIT + 1)}))

        assert (answer.status, answer.code) == (413, "body_too_large")

    @pytest.mark.parametrize("length", ["9" * 18, "9" * 30])
    def test_an_absurd_length_is_refused_unread(self, server, length):
        answer = server.say(server.post({"Content-Length": length}))

        assert (answer.status, answer.code) == (413, "body_too_large")

    def test_an_endless_chunked_body_is_cut_off_at_the_limit(self, server):
        with server.connected() as line:
            line.sendall(server.post({"Transfer-Encoding": "chunked"}))
            sent = pour(line, CHUNK, at_most=100 * LIMIT)
            answer = Answer.read(line)

        assert (answer.status, answer.code) == (413, "body_too_large")
        assert sent < 20 * LIMIT

    def test_a_chunked_body_too_long_by_its_end_is_not_taken_for_what_fits(self, server):
        body = VALID.ljust(LIMIT + 1)

        answer = server.say(server.post({"Transfer-Encoding": "chunked"}), chunked(body))

        assert (answer.status, answer.code) == (413, "body_too_large")

    def test_a_chunked_body_within_the_limit_is_taken(self, server):
        answer = server.say(
            server.post({"Transfer-Encoding": "chunked"}), chunked(VALID.ljust(LIMIT))
        )

        assert answer.status == 202

    def test_a_body_shorter_than_it_says_is_refused(self, server):
        with server.connected() as line:
            line.sendall(server.post({"Content-Length": "100"}) + VALID)
            line.shutdown(socket.SHUT_WR)
            answer = Answer.read(line)

        assert (answer.status, answer.code) == (400, "bad_request")
        assert server.redis.llen(Priority.NORMAL.value) == 0

    @pytest.mark.parametrize(
        "body",
        [
            b"zz\r\n{}\r\n0\r\n\r\n",
            b"-2\r\n{}\r\n0\r\n\r\n",
            b"2\r\n{}XX0\r\n\r\n",
            b"fffffffffffffffff\r\n{}",
            b"5\r\n{}",
            chunked(VALID).removesuffix(b"0\r\n\r\n"),
        ],
    )
    def test_chunks_that_are_none_are_refused(self, server, body):
        with server.connected() as line:
            line.sendall(server.post({"Transfer-Encoding": "chunked"}) + body)
            line.shutdown(socket.SHUT_WR)
            answer = Answer.read(line)

        assert (answer.status, answer.code) == (400, "bad_request")
        assert server.redis.llen(Priority.NORMAL.value) == 0

    def test_two_lengths_are_refused(self, server):
        answer = server.say(server.post({"Content-Length": "2\r\nContent-Length: 3"}), b"{}")

        assert answer.status == 400

    def test_a_length_and_chunks_together_are_refused(self, server):
        head = server.post({"Content-Length": "2", "Transfer-Encoding": "chunked"})

        assert server.say(head, chunked(VALID)).status == 400


class TestHead:
    def test_a_header_of_16_kb_is_refused(self, server):
        assert server.say(server.get("/health/live", {"X-Long": "a" * 16_000})).status == 431

    def test_a_key_of_10_kb_is_refused(self, server):
        head = server.get(f"{JOBS}/{UNKNOWN}", {"Authorization": f"Bearer {'a' * 10_000}"})

        assert server.say(head).status == 431

    def test_a_key_with_a_line_break_is_refused(self, server):
        head = server.get(f"{JOBS}/{UNKNOWN}", {"Authorization": "Bearer abc\n def"})

        assert server.say(head).status == 400

    def test_a_second_key_is_refused(self, server):
        once = f"Bearer {server.key}"
        head = server.get(
            f"{JOBS}/{UNKNOWN}", {"Authorization": f"{once}\r\nAuthorization: {once}"}
        )

        answer = server.say(head)

        assert (answer.status, answer.code) == (400, "header_duplicate")

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("/nothing%00", "not_found"),
            (f"{JOBS}/..%2f..%2fetc%2fpasswd", "job_not_found"),
            ("/api/v1/styles/%ff%fe", "style_not_found"),
            ("/../../etc/passwd", "not_found"),
        ],
    )
    def test_a_strange_path_leads_nowhere(self, server, path, code):
        answer = server.say(server.get(path, {"Authorization": f"Bearer {server.key}"}))

        assert (answer.status, answer.code) == (404, code)


class TestBombs:
    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"[" * 1_900_000, 400, "json_too_deep"),
            (b'{"a":' * 300_000, 400, "json_too_deep"),
            (b'{"a":' + b"1" * 1_900_000 + b"}", 400, "json_number"),
            (b'{"' + b"a" * 1_900_000, 400, "json_invalid"),
            (b'{"' + rb"\u0041" * 300_000 + b'":1}', 422, "field_missing"),
            (b'"' * 1_900_000, 400, "json_invalid"),
            (b":" * 1_900_000, 413, "body_too_large"),
            (b"[" + b"0," * 900_000 + b"0]", 422, "type_mismatch"),
        ],
    )
    def test_a_bomb_of_json_is_refused(self, server, body, status, code):
        answer = server.say(server.post({"Content-Length": str(len(body))}), body)

        assert (answer.status, answer.code) == (status, code)

    def test_a_compressed_body_is_not_unpacked(self, server):
        bomb = gzip.compress(bytes(50_000_000))
        head = server.post({"Content-Length": str(len(bomb)), "Content-Encoding": "gzip"})

        answer = server.say(head, bomb)

        assert (answer.status, answer.code) == (415, "content_encoding_unsupported")

    def test_a_hundred_attacks_cost_no_memory_and_no_job(self, server):
        bodies = [b"[" * 1_900_000, b'{"a":' + b"1" * 1_900_000, b'"' + b"a" * 1_900_000]
        server.say(server.post({"Content-Length": str(len(bodies[0]))}), bodies[0])
        before, jobs = server.memory_bytes(), server.redis.dbsize()

        for n in range(99):
            body = bodies[n % 3]
            assert server.say(server.post({"Content-Length": str(len(body))}), body).status == 400

        assert server.memory_bytes() - before < 50_000_000
        assert server.redis.dbsize() == jobs


class TestAfterwards:
    def test_a_valid_request_is_taken_and_its_job_id_is_in_the_queue(self, server):
        server.say(server.post({"Content-Length": str(LIMIT + 1)}))

        answer = server.say(server.post({"Content-Length": str(len(VALID))}), VALID)

        assert answer.status == 202
        job_id = json.loads(answer.body)["job_id"]
        (message,) = server.redis.lrange(Priority.NORMAL.value, 0, -1)
        assert json.loads(message)["headers"]["argsrepr"] == f"['{job_id}']"
        assert server.redis.hget(f"export:job:{job_id}", "state") == "queued"

    def test_a_key_stops_working_the_moment_it_is_revoked(self, server):
        head = server.get(f"{JOBS}/{UNKNOWN}", {"Authorization": f"Bearer {server.key}"})
        assert server.say(head).code == "job_not_found"

        Keys(server.redis).revoke(server.key[:16])

        assert server.say(head).code == "key_revoked"

    def test_a_caller_who_leaves_before_the_answer_has_its_job(self, server):
        for _ in range(4):  # as many as there are threads
            with server.connected() as line:
                line.sendall(server.post({"Content-Length": str(len(VALID))}) + VALID)

        eventually(
            lambda: len(server.redis.keys("export:job:*")) == 4,
            within_s=10,
            what="four jobs are there",
        )
        head = server.post({"Content-Length": str(len(VALID)), "Cache-Control": "no-cache"})
        assert server.say(head, VALID).status == 202

    def test_metrics_can_be_scraped(self, server):
        answer = server.say(server.get("/metrics", {"Authorization": f"Bearer {server.key}"}))

        assert answer.status == 200
        assert b"export_queue_depth" in answer.body


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])

    @classmethod
    def read(cls, line: socket.socket) -> "Answer":
        response = http.client.HTTPResponse(line)
        response.begin()
        return cls(response.status, response.read())


@dataclass
class Server:
    process: "subprocess.Popen[bytes]"
    port: int
    settings: Settings
    key: str = ""

    def __post_init__(self) -> None:
        self.redis = connect(self.settings)

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def say(self, head: bytes, body: bytes = b"") -> Answer:
        """Send *head* and *body* on a connection of their own and read one answer."""
        with self.connected() as line:
            line.sendall(head)
            pour(line, body, at_most=len(body))
            return Answer.read(line)

    def post(self, headers: dict[str, str]) -> bytes:
        json_with_key = {
            "Content-Type": "application/json", "Authorization": f"Bearer {self.key}",
        }  # fmt: skip
        return head_of("POST", GENERATE, {**json_with_key, **headers})

    def get(self, path: str, headers: dict[str, str]) -> bytes:
        return head_of("GET", path, headers)

    def memory_bytes(self) -> int:
        """Return the resident memory of the server's processes."""
        task = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = [str(self.process.pid), *task.read_text().split()]
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
        return pages * os.sysconf("SC_PAGE_SIZE")


def head_of(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: posters.example"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def pour(line: socket.socket, piece: bytes, at_most: int) -> int:
    """Send *piece* until *at_most* bytes or until the server has had enough; return the bytes."""
    sent = 0
    while sent < at_most:
        try:
            line.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            break
        sent += len(piece)
    return sent


@pytest.fixture
def server(gunicorn: Server, redis_url: str) -> Iterator[Server]:
    """The module's gunicorn with an empty Redis and a key that may do everything."""
    gunicorn.key = Keys(gunicorn.redis).create("test", Tier.INTERNAL)
    return gunicorn


@pytest.fixture(scope="module")
def gunicorn(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A gunicorn as `make run` starts it, handed its socket, so that nobody waits for it."""
    var = tmp_path_factory.mktemp("var")
    settings = Settings(redis_url=redis_server, var_dir=var)
    command = [
        shutil.which("gunicorn", path=str(Path(sys.executable).parent)), "webapi.wsgi:app",
        "--worker-class=gthread", "--workers=1", "--threads=4", "--no-control-socket",
    ]  # fmt: skip
    env = {**os.environ, "REDIS_URL": redis_server, "EXPORT_VAR_DIR": str(var)}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        fd = listening.fileno()
        process = subprocess.Popen(
            [*command, f"--bind=fd://{fd}"],
            env=env,
            pass_fds=[fd],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Server(process, listening.getsockname()[1], settings)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
