"""K5, a bad network: tiles, storage and Redis behind connections that are cut, slow or silent."""

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from deploy.local.ports import HOST
from tests.bench.tile_host import tile_host
from tests.chaos import invariants
from tests.chaos.toxi import WELL, Evil, Net, toxi
from tests.chaos.trial import Files, Scene, Trial
from tests.swift_server import ACCESS_KEY, REGION, SECRET, swift

JOBS = 600
BAD = Evil(reset=0.05, blackhole=0.01, latency_s=0.3, jitter_s=0.2)
# A connection to Redis serves for hours; as many answers as an upload or a tile needs are one.
BAD_REDIS = replace(BAD, life=10)
LEAST_SHARE = 0.995
BUCKET = "posters"


@dataclass(frozen=True)
class Bucket:
    """A bucket behind *net*: the settings that use it, and what it holds, seen past the proxy."""

    net: Net
    settings: Mapping[str, str]
    files: Files


def run(trial: Trial) -> None:
    """Draw all through a bad network."""
    count = trial.jobs(JOBS)
    with tile_host() as tiles, bucket(trial) as store:
        port = int(tiles.authority.rpartition(":")[2])
        with toxi(port, trial.chance) as net:
            # The TileJSON names the tiles' own address, so that it must be the proxy's.
            tiles.authority = net.authority
            given = {**store.settings, "TILES_URL": f"http://{net.authority}/k5/planet"}
            with (
                trial.stack(net.authority, files=store.files, **given) as scene,
                toxi(scene.stack.plan.redis_port, trial.chance) as broker,
            ):
                settle_behind(broker, scene)
                net.evil = store.net.evil = BAD
                broker.evil = BAD_REDIS
                feeder = scene.submit_in_background(count, in_flight=60)
                scene.await_ends(count, 15.0 * count + 300)
                feeder.join(60)
                net.evil = store.net.evil = broker.evil = WELL
                tell(trial, {"tiles": net, "storage": store.net, "Redis": broker})
                trial.fact("calls of the API without an answer", scene.caller.unanswered)
                invariants.check(scene, completed=math.ceil(LEAST_SHARE * count))


def settle_behind(broker: Net, scene: Scene) -> None:
    """Start an API and the workers of *scene* that find Redis behind *broker* only."""
    url = f"redis://{HOST}:{broker.port}/0"
    scene.caller.port = scene.stack.start_second_api(REDIS_URL=url)
    workers = scene.trial.options.workers
    scene.stack.start_workers(workers, REDIS_URL=url)
    scene.stack.await_workers(workers)


def tell(trial: Trial, nets: Mapping[str, Net]) -> None:
    """Judge that each network was bad."""
    for name, net in nets.items():
        trial.fact(f"connections to {name}", net.connections)
        trial.goal(
            f"connections to {name} cut", wanted="> 0", measured=net.resets, met=net.resets > 0
        )
    trial.fact("connections silent", {name: net.blackholes for name, net in nets.items()})


@contextmanager
def bucket(trial: Trial) -> Iterator[Bucket]:
    """Run a real S3 server behind a proxy."""
    with (
        tempfile.TemporaryDirectory(prefix="s3-") as folder,
        swift(Path(folder)) as server,
        toxi(int(server.http_url.rpartition(":")[2].split("/")[0]), trial.chance) as net,
    ):
        client = server.client()
        client.create_bucket(Bucket=BUCKET)

        def read(key: str) -> bytes:
            return bytes(client.get_object(Bucket=BUCKET, Key=key)["Body"].read())

        def files() -> dict[str, Callable[[], bytes]]:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
            keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
            return {key: partial(read, key) for key in keys if "/poster-" in key}

        settings = {
            "EXPORT_STORAGE": "s3",
            "EXPORT_S3_ENDPOINT_URL": f"http://{net.authority}",
            "EXPORT_S3_REGION": REGION,
            "EXPORT_S3_BUCKET": BUCKET,
            "EXPORT_S3_ACCESS_KEY_ID": ACCESS_KEY,
            "EXPORT_S3_SECRET_ACCESS_KEY": SECRET,
        }
        yield Bucket(net, settings, files)
