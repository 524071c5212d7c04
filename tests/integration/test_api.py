"""The API from request to record and back: posters, jobs, styles, health, metrics, downloads."""

import json
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import redis

from exporter.directory_store import DirectoryStore
from exporter.errors import QueueUnavailable, StorageUnavailable
from exporter.jobs import Progress
from exporter.metrics import Metrics
from exporter.poster import PosterConfig, PosterJob, to_json
from exporter.presence import WorkerState, report
from exporter.queues import Priority
from exporter.settings import Settings
from tests import api as apis
from tests.api import BASE_URL, FAULT, RESULT, completed, submitted, taken
from tests.corpus.cases import GENERATE, JOBS, config, place
from webapi import create_app
from webapi.catalogue import Catalogue
from webapi.tiers import PRIORITIES, Tier

WORKER = WorkerState("host:1", 2, 1, 10, 1, 0, 0, 300_000_000, "llvmpipe")


class TestGenerate:
    def test_a_poster_is_accepted_and_its_address_told(self, api):
        answer = api.generate(place())

        body = answer.json
        url = f"{BASE_URL}/api/v1/posters/jobs/{body['job_id']}"
        assert answer.status_code == 202
        assert (body["status"], body["id"]) == ("queued", body["job_id"])
        assert answer.headers["Location"] == body["status_url"] == url
        assert isinstance(body["estimated_time"], int)
        assert body["estimated_time"] >= 1
        assert api.ask("GET", urlsplit(url).path).json["job_id"] == body["job_id"]

    def test_the_record_is_there_before_the_message_is_sent(self, settings):
        seen = []

        def send(job_id, priority):
            seen.append((running.jobs.get(job_id).state, priority))

        running = apis.api(settings)
        running.http.application.extensions["poster-exporter"].send = send

        running.generate(place(priority="high"))

        assert seen == [("queued", Priority.HIGH)]

    def test_only_the_job_id_is_sent(self, api):
        job_id = submitted(api, place(priority="low", text={"title": "secret"}))

        assert api.sent == [(job_id, Priority.LOW)]

    def test_a_lost_message_does_not_lose_the_job(self, api):
        def send(*_):
            raise QueueUnavailable("broker: gone")

        api.http.application.extensions["poster-exporter"].send = send

        answer = api.generate(place())

        assert answer.status_code == 202
        assert api.job(answer.json["job_id"]).json["status"] == "queued"

    def test_the_short_form_becomes_the_config_of_the_existing_api(self, api):
        body = place(
            text={"title": "Astana", "subtitle": "Kazakhstan", "position": "top", "color": "#f00"},
            camera={"zoom": 14.5, "pitch": 30, "bearing": 45},
            options={"water": False, "buildings_3d": True, "labels": False},
            palette="navy",
        )

        job = record_of(api, body)

        config = job.config
        assert config.location.center == (71.43, 51.145)
        assert (config.location.zoom, config.location.bounds) == (14.5, None)
        assert (config.location.name, config.location.city) == ("Astana", "Kazakhstan")
        assert (config.typography.position, config.typography.text_color) == ("top", "#f00")
        assert (config.layers.pitch, config.layers.bearing) == (30, 45)
        assert (config.layers.water, config.layers.buildings_3d) == (False, True)
        assert (config.layers.parks, config.layers.labels, config.layers.labels_cities) == (
            True, False, False,
        )  # fmt: skip
        assert (config.style, config.palette) == ("minimal", "navy")
        assert (job.resolution.width_px, job.resolution.height_px) == (2400, 3600)

    def test_a_whole_config_reaches_the_job_field_for_field(self, api):
        given = record_of(api, config(location={"zoom": 9, "name": "x", "city": "y"})).config
        changed = to_json(given)
        changed["typography"].update(titleSize=7, titleFont="Outfit", textColor="#abc", offsetY=-3)
        changed["format"].update(aspectRatio="16:9", margin=8, borderStyle="double")
        changed["layers"].update({"labels-cities": True, "buildings3DPitch": 20, "roadWeight": 2})
        changed["palette"] = "void"

        job = record_of(api, {"config": changed})

        assert to_json(job.config) == changed
        assert (job.resolution.width, job.resolution.height) == (3600, 2025)

    def test_a_style_and_a_palette_of_ours_may_be_sent_whole(self, api):
        style = api.ask("GET", "/api/v1/styles/minimal").json
        palette = style["palettes"][3]

        job = record_of(api, config(style=style, palette=palette))

        assert (job.config.style, job.config.palette) == ("minimal", palette["id"])

    def test_zoom_decides_the_camera_and_bounds_frame_only_without_it(self, api):
        bounds = [[71.3, 51.1], [71.5, 51.2]]

        zoomed = record_of(api, config(location={"zoom": 15, "bounds": bounds})).config.location
        framed = record_of(api, config(location={"bounds": bounds})).config.location

        assert (zoomed.zoom, zoomed.bounds) == (15, None)
        assert framed.bounds == ((71.3, 51.1), (71.5, 51.2))

    def test_what_is_not_said_has_the_defaults(self, api):
        job = record_of(api, config())

        assert job.config == PosterConfig(job.config.location)
        assert (job.timeout_s, job.priority, job.user_id) == (120, Priority.NORMAL, "")

    def test_size_owner_and_timeout_reach_the_job(self, api):
        size = {"width": 800, "height": 1200, "pixelRatio": 1.5}

        job = record_of(api, place(resolution=size, timeout=900_000, user_id="u-7"))

        assert (job.resolution.width_px, job.resolution.height_px) == (1200, 1800)
        assert (job.timeout_s, job.user_id, job.key_id) == (900, "u-7", api.key[:16])

    @pytest.mark.parametrize("tier", list(Tier))
    def test_a_tier_decides_the_priorities(self, api, tier):
        key = api.make_key(tier)

        answers = {p: api.generate(place(priority=p.value), key=key).status_code for p in Priority}

        assert answers == {p: 202 if p in PRIORITIES[tier] else 403 for p in Priority}

    def test_fields_of_a_saved_config_that_ask_for_nothing_pass(self, api):
        body = config(
            location={"subtitle": "unprinted"},
            markers=[],
            rendering={"overzoom": 2},
            is3DMode=True,
            layers={"graticules": False, "showScale": True, "connectMarkers": None},
        )

        assert api.generate(body).status_code == 202

    def test_the_estimate_grows_with_the_queue_and_shrinks_with_workers(self, api):
        Metrics(api.redis).observe("export_render_seconds", 10)
        alone = api.generate(place()).json["estimated_time"]
        api.redis.rpush("normal", *range(7))
        queued = api.generate(place()).json["estimated_time"]
        urgent = api.generate(place(priority="high")).json["estimated_time"]
        report(api.redis, WORKER)
        report(api.redis, WorkerState(**{**WORKER.__dict__, "worker": "host:2"}))
        # Another process, since this one knows the workers for two seconds more.
        shared = apis.api(api.settings).generate(place()).json["estimated_time"]

        assert (alone, queued, urgent, shared) == (10, 70, 10, 40)

    def test_the_estimate_is_noted_with_a_job_that_is_drawn(self, api):
        Metrics(api.redis).observe("export_render_seconds", 10)
        first, same = (api.generate(place()).json for _ in range(2))

        assert api.jobs.get(first["job_id"]).estimated_s == first["estimated_time"] == 10
        # It is given the drawing of the first one.
        assert same["reused_from"] == first["job_id"]
        assert api.jobs.get(same["job_id"]).estimated_s == 0


class TestJob:
    def test_a_new_job_waits(self, api):
        job = api.job(submitted(api)).json

        assert (job["status"], job["progress"], job["stage"]) == ("queued", 0, "queued")
        assert job["status_url"] == f"{BASE_URL}{JOBS}/{job['job_id']}"
        assert datetime.fromisoformat(job["created_at"]).tzinfo
        assert {job[k] for k in ("started_at", "finished_at", "result", "error")} == {None}

    def test_a_running_job_tells_its_stage_and_tiles(self, api):
        job_id, _ = taken(api, Progress("tiles", 30, 3, 9))

        job = api.job(job_id).json

        assert (job["status"], job["progress"], job["stage"]) == ("running", 30, "tiles")
        assert job["tiles"] == {"done": 3, "total": 9}
        assert job["started_at"] >= job["created_at"]

    def test_a_completed_job_has_all_of_its_result(self, api):
        job = api.job(completed(api)).json

        assert (job["status"], job["progress"], job["stage"]) == ("completed", 100, "completed")
        [file] = job["result"]["outputs"]
        assert job["result"] == {
            "download_url": f"https://bucket.example/{RESULT.key}?signed",
            "file_size": 10,
            "render_time_ms": 1500,
            "queue_time_ms": 20,
            "width": 400,
            "height": 600,
            "sha256": "ab" * 32,
            "format": "png",
            "content_type": "image/png",
            "dpi": 300,
            "warnings": list(RESULT.warnings),
            "manifest": {"style": "minimal"},
            "outputs": [file],
        }
        assert file["name"] == "png"
        assert file.items() - {("name", "png")} <= job["result"].items()
        assert job["error"] is None
        assert job["finished_at"]

    def test_a_failed_job_tells_why(self, api):
        job_id, token = taken(api)
        api.jobs.fail(job_id, token, FAULT)

        job = api.job(job_id).json

        assert job["status"] == "failed"
        assert job["error"] == {
            "code": "tiles_unavailable",
            "message": "The map tiles could not be fetched.",
            "retryable": True,
        }
        assert job["result"] is None

    def test_a_retrying_job_tells_when_and_why(self, api):
        job_id, token = taken(api)
        api.jobs.retry(job_id, token, FAULT, 60)

        job = api.job(job_id).json

        assert (job["status"], job["error"]["code"]) == ("retrying", "tiles_unavailable")
        assert job["retry_at"] > job["started_at"]
        assert job["attempts"] == 1

    def test_another_attempt_calls_the_error_an_earlier_one(self, api):
        job_id, token = taken(api)
        api.jobs.retry(job_id, token, FAULT, 0)
        api.jobs.due()
        api.jobs.claim(job_id, "w")

        job = api.job(job_id).json

        assert (job["status"], job["error"], job["retry_at"]) == ("running", None, None)
        assert job["last_error"]["code"] == "tiles_unavailable"
        assert job["attempts"] == 2


class TestCancel:
    def test_a_queued_job_is_cancelled(self, api):
        job_id = submitted(api)

        answer = api.ask("DELETE", f"{JOBS}/{job_id}")

        assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
        assert api.jobs.claim(job_id, "w") is None
        assert 'export_jobs_total{state="cancelled"} 1.0' in api.ask("GET", "/metrics").text

    def test_a_retrying_job_is_cancelled(self, api):
        job_id, token = taken(api)
        api.jobs.retry(job_id, token, FAULT, 60)

        answer = api.ask("DELETE", f"{JOBS}/{job_id}")

        assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
        assert answer.json["retry_at"] is None
        assert api.jobs.due() == []

    def test_a_running_job_is_told_to_stop(self, api):
        job_id, token = taken(api)

        answers = [api.ask("DELETE", f"{JOBS}/{job_id}") for _ in range(2)]

        for answer in answers:
            told = (answer.status_code, answer.json["status"], answer.json["cancel_requested"])
            assert told == (200, "running", True)
        api.jobs.end_cancelled(job_id, token)
        assert api.job(job_id).json["status"] == "cancelled"

    def test_an_ended_job_stays_as_it_ended(self, api):
        job_id = submitted(api)
        api.ask("DELETE", f"{JOBS}/{job_id}")

        again = api.ask("DELETE", f"{JOBS}/{job_id}")

        assert (again.status_code, again.json["code"]) == (409, "job_terminal")
        assert again.json["detail"] == "The job is cancelled."


class TestStyles:
    def test_styles_and_their_palettes_are_listed_for_everyone(self, api):
        answer = api.ask("GET", "/api/v1/styles", key="")

        styles = answer.json["styles"]
        assert styles[0].keys() == {"id", "name", "description", "palettes"}
        assert "minimal" in [style["id"] for style in styles]
        for palette in styles[0]["palettes"]:
            assert palette.keys() == {"id", "name", "colors"}
            assert palette["colors"].keys() == {"background", "text", "primary"}

    def test_a_style_is_served_as_its_file_holds_it(self, api):
        answer = api.ask("GET", "/api/v1/styles/minimal", key="")

        assert answer.json == Catalogue.read().styles["minimal"]
        assert {"mapStyle", "recommendedFonts", "layerToggles"} <= answer.json.keys()

    def test_an_unknown_style_is_named_with_those_there_are(self, api):
        answer = api.ask("GET", "/api/v1/styles/minimul", key="")

        assert (answer.status_code, answer.json["code"]) == (404, "style_not_found")
        assert 'did you mean "minimal"?' in answer.json["detail"]

    @pytest.mark.parametrize("path", ["/api/v1/styles", "/api/v1/styles/minimal"])
    def test_an_unchanged_style_is_not_sent_again(self, api, path):
        first = api.ask("GET", path, key="")

        second = api.ask("GET", path, key="", headers={"If-None-Match": first.headers["ETag"]})

        assert (second.status_code, second.data) == (304, b"")
        assert "public" in first.headers["Cache-Control"]


class TestHealth:
    def test_a_process_that_answers_is_live(self, api):
        api.store.failure = StorageUnavailable("gone")

        answer = api.ask("GET", "/health/live", key="")

        assert (answer.status_code, answer.json) == (200, {"status": "live"})

    def test_redis_a_worker_and_a_storage_make_it_ready(self, api):
        report(api.redis, WORKER)

        answer = api.ask("GET", "/health/ready", key="")

        assert answer.status_code == 200
        assert answer.json == {
            "status": "ready",
            "checks": {"redis": "ok", "workers": "ok", "storage": "ok"},
        }

    def test_without_a_worker_it_is_not_ready(self, api):
        answer = api.ask("GET", "/health/ready", key="")

        assert (answer.status_code, answer.json["status"]) == (503, "not ready")
        assert answer.json["checks"]["workers"] == "failed"

    def test_without_redis_it_is_live_and_everything_else_says_so(self, outage):
        live = outage.get("/health/live")
        ready = outage.get("/health/ready")
        asked = outage.post(GENERATE, json=place(), headers={"Authorization": "Bearer " + KEY})

        assert (live.status_code, ready.status_code) == (200, 503)
        assert ready.json["checks"] == {"redis": "failed", "workers": "failed", "storage": "ok"}
        assert (asked.status_code, asked.json["code"]) == (503, "broker_unavailable")
        assert asked.headers["Retry-After"] == "5"


class TestMetrics:
    def test_the_state_of_queues_workers_and_jobs_is_shown(self, api):
        api.redis.rpush("high", "a", "b")
        report(api.redis, WORKER)
        Metrics(api.redis).observe("export_render_seconds", 2.5)
        Metrics(api.redis).count("export_errors", "render_timeout")
        submitted(api)

        answer = api.ask("GET", "/metrics")

        assert answer.mimetype == "text/plain"
        for line in (
            'export_queue_depth{queue="high"} 2.0',
            'export_queue_depth{queue="retry"} 0.0',
            'export_render_seconds_bucket{le="3"} 1.0',
            "export_render_seconds_count 1.0",
            'export_errors_total{code="render_timeout"} 1.0',
            'export_submitted_total{priority="normal"} 1.0',
            'export_pool_browsers{state="busy",worker="host:1"} 1.0',
            'export_pool_browsers{state="idle",worker="host:1"} 1.0',
        ):
            assert line in answer.text.splitlines()

    def test_all_promised_names_are_there_before_anything_happened(self, api):
        text = api.ask("GET", "/metrics").text

        for name in (
            "export_queue_depth", "export_render_seconds", "export_errors", "export_pool_browsers",
        ):  # fmt: skip
            assert f"# TYPE {name}" in text


class TestDownload:
    def test_the_link_of_a_job_serves_the_file_without_a_key(self, files):
        running, store = files
        store.put(RESULT.key, b"\x89PNG...", content_type="image/png", deadline_s=float("inf"))
        link = running.job(completed(running)).json["result"]["download_url"]

        answer = running.ask("GET", local(link), key="")

        assert link.startswith(BASE_URL)
        assert (answer.status_code, answer.data) == (200, b"\x89PNG...")
        assert answer.mimetype == "image/png"
        assert answer.cache_control.private
        assert answer.cache_control.immutable
        assert "public" not in answer.headers["Cache-Control"]

    @pytest.mark.parametrize(
        ("extension", "content_type"),
        [("jpg", "image/jpeg"), ("webp", "image/webp"), ("pdf", "application/pdf")],
    )
    def test_every_format_is_served_as_what_it_is(self, files, extension, content_type):
        running, store = files
        key = f"api-posters/poster-1.{extension}"
        store.put(key, b"...", content_type=content_type, deadline_s=float("inf"))

        answer = running.ask("GET", local(store.url(key)), key="")

        assert answer.mimetype == content_type
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{key[12:]}"'

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),
            lambda link: link.replace("expires=", "expires=9"),
            lambda link: link.replace("poster-1", "poster-2"),
            lambda link: link.split("?")[0],
            lambda link: link.replace("api-posters/", "api-posters/..%2f..%2furl-secret?x="),
        ],
    )
    def test_a_link_of_ones_own_making_opens_nothing(self, files, spoil):
        running, store = files
        store.put(RESULT.key, b"\x89PNG...", content_type="image/png", deadline_s=float("inf"))

        answer = running.ask("GET", spoil(local(store.url(RESULT.key))), key="")

        assert answer.status_code in (400, 403)
        assert answer.json["code"] in ("link_invalid", "parameter_unknown")

    def test_an_expired_link_is_refused(self, files):
        running, _ = files
        past = DirectoryStore(running.settings, now=lambda: 1e9)

        answer = running.ask("GET", local(past.url(RESULT.key)), key="")

        assert (answer.status_code, answer.json["code"]) == (403, "link_invalid")

    def test_a_poster_that_is_gone_is_not_found(self, files):
        running, store = files

        answer = running.ask("GET", local(store.url(RESULT.key)), key="")

        assert (answer.status_code, answer.json["code"]) == (404, "not_found")

    def test_with_a_bucket_there_is_nothing_at_such_an_address(self, api):
        answer = api.ask("GET", "/api/v1/posters/files/x?expires=1&signature=2", key="")

        assert (answer.status_code, answer.json["code"]) == (404, "not_found")

    def test_a_range_beyond_the_file_is_refused(self, files):
        running, store = files
        store.put(RESULT.key, b"\x89PNG...", content_type="image/png", deadline_s=float("inf"))
        link = local(store.url(RESULT.key))

        part = running.ask("GET", link, key="", headers={"Range": "bytes=1-3"})
        beyond = running.ask("GET", link, key="", headers={"Range": "bytes=100-"})

        assert (part.status_code, part.data) == (206, b"PNG")
        assert (beyond.status_code, beyond.json["code"]) == (416, "range_invalid")


class TestUnforeseen:
    def test_an_error_nobody_foresaw_tells_nothing_of_itself(self, api):
        api.store.url = lambda key: 1 / 0
        job_id = completed(api)

        answer = api.job(job_id)

        assert (answer.status_code, answer.json["code"]) == (500, "internal_error")
        assert "Zero" not in answer.text

    def test_a_storage_that_does_not_answer_is_told(self, api):
        def url(_key):
            raise StorageUnavailable("at 10.0.0.1")

        api.store.url = url
        job_id = completed(api)

        answer = api.job(job_id)

        assert (answer.status_code, answer.json["code"]) == (503, "storage_unavailable")
        assert "10.0.0.1" not in answer.text


KEY = "ca_live_" + "0" * 64


def record_of(running: apis.Api, body: object) -> PosterJob:
    """Submit *body* and return the job as a worker will read it."""
    job_id = submitted(running, body)
    stored = json.loads(running.redis.hget(f"export:job:{job_id}", "request"))
    return PosterJob.from_message(stored)


def local(link: str) -> str:
    return link.removeprefix(BASE_URL)


@pytest.fixture
def api(settings):
    return apis.api(settings)


@pytest.fixture
def files(api):
    """An API whose posters lie in a folder."""
    store = DirectoryStore(api.settings)
    api.http.application.extensions["poster-exporter"].storage = store
    return api, store


@pytest.fixture
def outage(tmp_path):
    """A client of an API whose Redis is not there."""
    settings = Settings(redis_url="redis://127.0.0.1:1/0", var_dir=tmp_path)
    client = redis.Redis.from_url(settings.redis_url, decode_responses=True)
    return create_app(settings, client=client, storage=apis.MemoryStore()).test_client()
