"""`python -m exporter compare` against two servers that draw, or do not."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner
from PIL import Image

from exporter.__main__ import main

BODY = {"location": {"lat": 1, "lng": 2}}


def test_what_differs_is_measured_shown_and_kept(ask, exports, tmp_path):
    exports["old"].draws = picture("white")
    exports["new"].draws = picture("white", line=True)

    answer = ask([BODY, json.dumps(BODY)])

    assert answer.exit_code == 0, answer.output
    assert "1.00%" in answer.stdout
    assert "requests 2, drawn_by_both 2, lost 0" in answer.stdout
    told = json.loads((tmp_path / "out/report.json").read_text())
    assert told["differs_most"] == 0.01
    with Image.open(tmp_path / "out/0001.png") as sheet:
        assert sheet.width == 320


def test_a_picture_twice_as_fine_is_compared_at_the_same_size(ask, exports):
    exports["old"].draws = picture("navy")
    exports["new"].draws = picture("navy", size=(200, 200))

    answer = ask([BODY])

    assert "100x100  200x200  0.00%" in answer.stdout


def test_more_than_may_differ_is_a_failure(ask, exports):
    exports["new"].draws = picture("white")

    assert ask([BODY], "--most=0.5").exit_code == 1


def test_a_poster_that_only_the_old_export_draws_is_lost(ask, exports):
    exports["new"].draws = {"detail": "/colour: there is no such field"}

    answer = ask([BODY, BODY])

    assert answer.exit_code == 2
    assert "422 /colour: there is no such field" in answer.stdout
    assert "lost 2" in answer.stdout


def test_one_that_neither_draws_is_not_lost(ask, exports):
    exports["old"].draws = {"error": "Invalid request"}
    exports["new"].draws = {"detail": "wrong"}

    assert "lost 0" in ask([BODY]).stdout


def test_both_are_asked_for_the_same_with_their_own_key(ask, exports):
    ask([BODY])

    for name, export in exports.items():
        [(headers, body)] = export.asked
        assert body == BODY
        assert headers["Authorization"] == f"Bearer key-of-{name}"
        assert headers["Accept"] == "image/png"
        assert headers["Prefer"] == "wait=60"


def test_only_so_many_are_asked_for(ask, exports):
    ask([BODY] * 5, "--limit=2")

    assert len(exports["new"].asked) == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [("{", "line 1 is no JSON"), ("[1]", "no body of a request"), ("", "no request")],
)
def test_a_file_that_holds_none_is_refused(ask, line, told):
    answer = ask([], text=line)

    assert answer.exit_code == 2
    assert told in answer.stderr


def picture(colour, size=(100, 100), line=False):
    drawn = Image.new("RGB", size, colour)
    if line:
        drawn.paste("black", (0, 50, size[0], 51))
    return drawn


@pytest.fixture
def ask(exports, tmp_path):
    def run(bodies, *options, text=None):
        requests = tmp_path / "requests.jsonl"
        requests.write_text(text if text is not None else "\n".join(map(json.dumps, bodies)))
        words = ["compare", f"--requests={requests}", f"--out={tmp_path / 'out'}", *options]
        for name, export in exports.items():
            (tmp_path / name).write_text(f"key-of-{name}\n")
            words += [f"--{name}=http://127.0.0.1:{export.server_port}/"]
            words += [f"--{name}-key={tmp_path / name}"]
        return CliRunner().invoke(main, words)

    return run


@pytest.fixture
def exports():
    """Two servers, each with a picture or an error for whoever asks."""

    class Export(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.asked.append((self.headers, body))
            draws = self.server.draws
            content, kind = io.BytesIO(), "image/png"
            if isinstance(draws, dict):
                content.write(json.dumps(draws).encode())
                kind = "application/problem+json"
            else:
                draws.save(content, "PNG")
            self.send_response(422 if isinstance(draws, dict) else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(content.tell()))
            self.end_headers()
            self.wfile.write(content.getvalue())

        def log_message(self, *_):
            pass

    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), Export) for name in ("old", "new")}
    threads = []
    for server in servers.values():
        server.draws, server.asked = picture("black"), []
        threads.append(threading.Thread(target=server.serve_forever))
        threads[-1].start()
    yield servers
    for server, thread in zip(servers.values(), threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()
