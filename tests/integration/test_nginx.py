"""The migration by a real nginx: who answers in each mode, what old callers see, the way back."""

import http.client
import json
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
import redis

from exporter.directory_store import DirectoryStore
from exporter.jobs import Jobs, Result
from exporter.queues import Priority
from tests.conftest import free_port
from webapi.keys import Keys
from webapi.tiers import Tier

NGINX = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
GENERATE = "/api/v1/posters/generate"
# As a client of the old export sends it.
BODY = {"location": {"lat": 51.145, "lng": 71.43}, "style": "minimal", "text": {"title": "Astana"}}
OLD_KEY = f"ca_live_{'0' * 64}"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4096
RESULT = Result("api-posters/a.png", len(PNG), 2400, 3600, "ab" * 32, 1500, 20)

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None, reason="nginx is not on the path (deploy/packages-test.txt)"
)


class TestModes:
    def test_at_first_everything_is_as_before(self, door):
        door.use("old")

        assert door.ask().json == {"id": "old", "status": "completed"}
        assert door.ask("GET", "/editor").json == {"page": "/editor"}
        assert door.old.prefer == ["wait=60"]

    def test_after_the_big_bang_an_old_caller_gets_what_they_always_got(self, door):
        door.use("new")

        told = door.ask().json

        assert set(told) == {"id", "status", "download_url", "metadata"}
        assert told["metadata"]["dimensions"] == "2400x3600"
        link = told["download_url"].removeprefix(door.url)
        assert door.ask("GET", link, key="").body == PNG

    def test_a_picture_comes_as_a_picture(self, door):
        door.use("new")

        answer = door.ask(Accept="image/png")

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
        assert answer.body == PNG
        assert answer.headers["X-Render-Time-Ms"] == "1500"

    def test_a_caller_of_the_new_api_gets_a_job(self, door):
        door.use("new")

        assert door.ask(**{"Idempotency-Key": "order 1"}).status == 202
        assert door.ask(Prefer="respond-async").status == 202

    def test_a_share_of_the_callers_moves_and_stays_moved(self, door):
        door.use("gradual", **{"5%": "30%"})
        keys = [f"ca_live_{n:064x}" for n in range(200)]

        first = {key: door.backend(key) for key in keys}
        again = {key: door.backend(key) for key in keys[:40]}

        assert 30 <= Counter(first.values())["new_export"] <= 90
        assert again.items() <= first.items()

    def test_a_flag_moves_a_caller_and_a_user(self, door):
        (door.folder / "poster-export/users.map").write_text('"u-17" new_export;\n')
        door.use("flagged")

        def backend(**headers):
            return door.ask(key="x", **headers).headers["X-Poster-Export"]

        assert backend() == "old_export"
        assert backend(**{"X-Poster-Export": "new"}) == "new_export"
        assert backend(Cookie="poster_export=new") == "new_export"
        assert backend(**{"X-Virtual-User-ID": "u-17"}) == "new_export"
        assert backend(**{"X-Virtual-User-ID": "u-18"}) == "old_export"
        assert backend(**{"X-Virtual-User-ID": "u-17", "X-Poster-Export": "old"}) == "old_export"

    def test_the_shadow_draws_what_callers_never_see(self, door):
        door.use("shadow", **{"10%": "99.99%"})
        before = len(door.jobs_made())

        answers = [door.ask(Accept="image/png") for _ in range(5)]

        assert all(answer.json["id"] == "old" for answer in answers)
        door.eventually(lambda: len(door.jobs_made()) == before + 5)
        door.eventually(lambda: len(door.logged()) == 5)
        assert [json.loads(body) for body in door.logged()] == [BODY] * 5

    def test_a_shadow_that_is_down_harms_nobody(self, door):
        door.use("shadow", **{"10%": "99.99%", f":{door.api_port} ": ":1 "})

        assert door.ask().json["id"] == "old"

    def test_links_of_the_new_export_work_after_the_way_back(self, door):
        door.use("new")
        link = door.ask().json["download_url"].removeprefix(door.url)

        door.use("old")

        assert door.ask("GET", link, key="").body == PNG

    def test_metrics_stay_inside_and_what_is_wrong_is_told_by_the_api(self, door):
        door.use("new")

        assert door.ask("GET", "/metrics").status == 404
        assert door.ask(body={"location": {"lat": 95, "lng": 0}}).json["code"] == "out_of_range"
        assert door.ask(body={"text": {"title": "x" * 2_000_000}}).json["code"] == "body_too_large"


class TestTheWayBack:
    def test_it_takes_seconds_and_no_caller_is_cut_off(self, door):
        """Callers ask all the while, one of them for a poster that takes longer than the change."""
        door.use("new")
        door.slow_s = 1.0
        with ThreadPoolExecutor(5) as pool:
            stop = threading.Event()

            def keep_asking():
                answers = []
                while not stop.is_set():
                    answers.append(door.ask())
                return answers

            asking = [pool.submit(keep_asking) for _ in range(4)]
            time.sleep(0.3)
            began = time.monotonic()
            door.use("old")
            while door.backend(door.key) != "old_export":
                assert time.monotonic() - began < 10
            seconds = time.monotonic() - began
            time.sleep(1.5)
            stop.set()
            answers = [answer for each in asking for answer in each.result()]

        print(f"rollback: {seconds:.2f} s")
        assert seconds < 5
        assert {answer.status for answer in answers} == {200}
        assert len({answer.headers["X-Poster-Export"] for answer in answers}) == 2

    def test_a_mode_that_nginx_does_not_take_changes_nothing(self, door):
        door.use("old")
        (door.folder / "poster-export/modes/new.conf").write_text("nonsense;\n")

        answer = door.change("new")

        assert answer.returncode == 1
        assert door.ask().json["id"] == "old"
        assert "old.conf" in str((door.folder / "poster-export/mode.conf").readlink())

    def test_an_unknown_mode_is_named(self, door):
        answer = door.change("newer")

        assert answer.returncode == 2
        assert "one of old, new, gradual, flagged, shadow, not 'newer'" in answer.stderr


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Door:
    """nginx with both exports behind it."""

    def __init__(self, folder, settings, old, port):
        self.folder = folder
        self.old = old
        self.url = f"http://127.0.0.1:{port}"
        self.slow_s = 0.0
        self._port = port
        self.api_port = settings.port
        self.client = redis.Redis.from_url(settings.redis_url, decode_responses=True)
        self.jobs = Jobs(self.client, settings)
        self.key = Keys(self.client).create("new", Tier.INTERNAL, 0.0)

    def ask(self, method="POST", path=GENERATE, body=BODY, key=OLD_KEY, **headers):
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        given = {"Content-Type": "application/json", **headers}
        if key:
            given["Authorization"] = f"Bearer {key}"
        with closing(line):
            line.request(method, path, json.dumps(body) if method == "POST" else None, given)
            response = line.getresponse()
            return Answer(response.status, response.headers, response.read())

    def backend(self, key):
        return self.ask(body={}, key=key).headers["X-Poster-Export"]

    def use(self, mode, **changes):
        """Change the mode as an operator does; *changes* are made in its files beforehand."""
        folder = self.folder / "poster-export"
        for file in (folder / f"modes/{mode}.conf", folder / "upstreams.conf"):
            text = file.read_text()
            for old, new in changes.items():
                text = text.replace(old, new)
            file.write_text(text)
        former = self._taking()
        answer = self.change(mode)
        assert answer.returncode == 0, answer.stderr
        # Workers of the former mode finish what they have. One that has not heard of the change yet
        # still takes connections, so that they answer in both ways for a moment.
        self.eventually(lambda: self._mode_is(mode) and not former & self._taking())

    def _mode_is(self, mode):
        return self.ask("GET", "/mode", key="").body.decode() == mode

    def _taking(self):
        """Return the workers of nginx that take connections."""
        master = (self.folder / "nginx.pid").read_text().strip()
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return {pid for pid in children if b"shutting down" not in title(pid)}

    def change(self, mode):
        return subprocess.run(
            [str(self.folder / "poster-export/use-mode"), mode],
            env={
                "PATH": "/usr/sbin:/usr/bin:/bin",
                "POSTER_NGINX_DIR": str(self.folder / "poster-export"),
                "POSTER_NGINX_CONF": str(self.folder / "nginx.conf"),
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def jobs_made(self):
        return list(self.client.scan_iter("export:job:*"))

    def logged(self):
        file = self.folder / "poster-requests.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def eventually(self, true):
        deadline = time.monotonic() + 10
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def door(tmp_path, settings, old):
    """nginx from the project's own files, only places and ports changed."""
    port, api_port = free_port(), free_port()
    settings = replace(
        settings, port=api_port, public_url=f"http://127.0.0.1:{port}", app_env="production"
    )
    folder = tmp_path / "nginx"
    shutil.copytree(NGINX, folder / "poster-export")
    door = Door(folder, settings, old, port)
    files = folder / "poster-export"
    (files / "keys.map").write_text(f'"Bearer {OLD_KEY}" "Bearer {door.key}";\n')
    ports = {"3000": str(old.server_port), "8000": str(api_port)}
    upstreams = (files / "upstreams.conf").read_text()
    for usual, here in ports.items():
        upstreams = upstreams.replace(f":{usual} ", f":{here} ")
    (files / "upstreams.conf").write_text(upstreams)
    (files / "listen.conf").write_text(f"listen 127.0.0.1:{port};\n")
    site = (files / "poster-export.conf").read_text().replace("/var/log/nginx", str(folder))
    # The name of the mode, for the test to know that the change has come.
    site = site.replace(
        "location / {", "location = /mode { return 200 $poster_mode; }\n    location / {"
    )
    (files / "poster-export.conf").write_text(site)
    for mode in (files / "modes").glob("*.conf"):
        mode.write_text(mode.read_text() + f"map $host $poster_mode {{ default {mode.stem}; }}\n")
    (files / "mode.conf").symlink_to(files / "modes/old.conf")
    temp = "".join(
        f"{k}_temp_path {folder}/{k};\n"
        for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"worker_processes 2;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        "daemon off;\nevents {}\n"
        f"http {{ access_log off;\n{temp}include poster-export/poster-export.conf; }}\n"
    )
    api = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "webapi.wsgi:app", f"--bind=127.0.0.1:{api_port}",
         "--worker-class=gthread", "--workers=1", "--threads=16", "--no-control-socket"],
        env={
            "PATH": "/usr/bin:/bin",
            "REDIS_URL": settings.redis_url,
            "EXPORT_VAR_DIR": str(settings.var_dir),
            "EXPORT_PUBLIC_URL": settings.public_url,
            "PORT": str(api_port),
        },
        cwd=NGINX.parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    nginx = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        with worker_of(door, settings):
            door.eventually(lambda: answers(api_port) and answers(port))
            yield door
    finally:
        for process in (nginx, api):
            process.terminate()
            process.wait(20)
        door.client.close()


def title(pid):
    """Return what a process calls itself, nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


class worker_of:
    """What takes jobs from the queues and ends them, with one picture for all: no browser here."""

    def __init__(self, door, settings):
        self._door = door
        self._store = DirectoryStore(settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._store.put(RESULT.key, PNG, content_type="image/png", deadline_s=time.monotonic() + 5)
        self._thread.start()

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _work(self):
        queues = [priority.value for priority in Priority]
        while not self._stop.is_set():
            found = self._door.client.brpop(queues, timeout=1)
            if found is None:
                continue
            job_id = json.loads(found[1])["headers"]["id"]
            self._stop.wait(self._door.slow_s)
            if claim := self._door.jobs.claim(job_id, "w"):
                self._door.jobs.complete(job_id, claim.token, RESULT)


@pytest.fixture
def old():
    """A stand-in for the old export: synchronous, and with pages of its own."""

    class Old(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.server.prefer.append(self.headers["Prefer"])
            self._tell({"id": "old", "status": "completed"})

        def do_GET(self):
            self._tell({"page": self.path})

        def _tell(self, what):
            body = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Old) as server:
        server.daemon_threads = True
        server.prefer = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def answers(port):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/health/live")
        return line.getresponse().read() is not None
    except OSError:
        return False
    finally:
        line.close()
