"""The one tile server all contenders draw from: the sample city over plain HTTP on loopback.

Each contender has a path of its own, so that what each fetched can be counted.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pmtiles.reader import MmapSource, Reader

from deploy.local.ports import HOST

ARCHIVE = Path(__file__).resolve().parents[2] / "static_renderer" / "sample" / "astana.pmtiles"
DAY_S = 86_400


class TileHost:
    """A running server. *fetched* counts the tiles each contender asked for, by path."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.authority = f"{HOST}:{server.server_address[1]}"
        self.fetched: Counter[str] = Counter()

    def url(self, contender: str) -> str:
        """Return the address of the TileJSON for *contender*."""
        return f"http://{self.authority}/{contender}/planet"

    def counted(self, contender: str) -> tuple[int, int]:
        """Return how many tiles *contender* fetched, and how many different ones."""
        counts = [n for path, n in self.fetched.items() if path.startswith(f"/{contender}/")]
        return sum(counts), len(counts)


@contextmanager
def tile_host() -> Iterator[TileHost]:
    """Serve the sample city inside the `with`."""
    with ARCHIVE.open("rb") as file:
        server = ThreadingHTTPServer((HOST, 0), _Handler)
        server.daemon_threads = True
        host = TileHost(server)
        _Handler.reader = Reader(MmapSource(file))  # type: ignore[no-untyped-call]
        _Handler.host = host
        thread = threading.Thread(target=server.serve_forever, name="tile-host", daemon=True)
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    reader: Reader
    host: TileHost
    protocol_version = "HTTP/1.1"
    # Whole answers in one packet: else head and body meet Nagle and the client's delayed ACK,
    # which would cost 40 ms a tile.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        contender, *rest = self.path.strip("/").split("/")
        if rest == ["planet"]:
            return self._answer(200, json.dumps(self._tilejson(contender)).encode(), "json")
        self.host.fetched[self.path] += 1
        tile = self.reader.get(*map(int, rest))  # type: ignore[no-untyped-call]
        return self._answer(200, tile, "x-protobuf", "gzip") if tile else self._answer(404)

    def _tilejson(self, contender: str) -> dict[str, object]:
        about = self.reader.header()  # type: ignore[no-untyped-call]
        corners = ("min_lon", "min_lat", "max_lon", "max_lat")
        return {
            "tilejson": "3.0.0",
            "tiles": [f"http://{self.host.authority}/{contender}/{{z}}/{{x}}/{{y}}"],
            "minzoom": about["min_zoom"],
            "maxzoom": about["max_zoom"],
            "bounds": [about[f"{corner}_e7"] / 1e7 for corner in corners],
            "attribution": "OpenMapTiles OpenStreetMap contributors",
        }

    def _answer(
        self, status: int, body: bytes = b"", kind: str = "json", encoding: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"application/{kind}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", f"public, max-age={DAY_S}")
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a line a tile would bury the progress."""
