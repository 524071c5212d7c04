"""Bad input: each case of the corpus gets its own answer and leaves nothing behind."""

import re
from collections import Counter

import pytest

from exporter.poster import PosterJob
from tests import api as apis
from tests.corpus.cases import CASES, GENERATE, JOBS, TRANSPORT, Case, place
from tests.corpus.strings import LITERAL
from webapi.codes import TITLES
from webapi.keys import PREFIX_LENGTH, Keys
from webapi.tiers import Tier

PROBLEM = "application/problem+json"
# What would betray the inside: a traceback, a path of ours, an address, a key's secret.
INSIDE = re.compile(r'Traceback|File "|/webapi/|/exporter/|\d+\.\d+\.\d+\.\d+|ca_live_[0-9a-f]{9}')


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_bad_input_gets_its_answer_and_leaves_nothing(api, case, capsys):
    case, key = stage(api, case)
    before = api.footprint()

    answer = api.ask(
        case.method, case.path, key=key, headers=case.headers, data=case.body or None
    )  # fmt: skip

    assert answer.status_code == case.status, answer.text
    assert answer.mimetype == PROBLEM
    problem = answer.json
    assert problem["code"] == case.code
    assert problem["status"] == case.status
    assert problem["title"] == TITLES[case.code]
    assert problem["type"] == f"{apis.BASE_URL}/docs#{case.code}"
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem.get("pointer") == case.pointer
    assert ("WWW-Authenticate" in answer.headers) is (case.status == 401)
    assert api.footprint() == before
    assert not INSIDE.search(answer.text + str(answer.headers))
    assert "ca_live_0000000" not in capsys.readouterr().out


def test_ids_are_unique_and_codes_are_documented():
    assert [id_ for id_, n in Counter(case.id for case in CASES).items() if n > 1] == []
    assert {case.code for case in CASES} <= set(TITLES)


def test_every_documented_code_of_a_request_has_a_case():
    # Reached elsewhere: styles and files below, a slow or broken request over sockets, an outage.
    elsewhere = {
        "bad_request", "request_timeout", "style_not_found", "link_invalid", "range_invalid",
        "broker_unavailable", "storage_unavailable", "internal_error", "idempotency_key_reused",
        "drawing_failed", "queue_full",
    }  # fmt: skip

    assert set(TITLES) - {case.code for case in CASES} == elsewhere


@pytest.mark.parametrize("case", TRANSPORT, ids=lambda case: case.id)
def test_the_next_request_of_everyone_works(api, case):
    api.ask(case.method, case.path, headers=case.headers, data=case.body or None)

    assert api.generate(place()).status_code == 202
    assert api.generate(place(), key=api.make_key(Tier.FREE)).status_code == 202


@pytest.mark.parametrize("text", LITERAL)
def test_a_text_that_looks_like_an_attack_is_kept_as_it_is(api, text):
    job_id = apis.submitted(api, place(text={"title": text, "subtitle": text}, user_id=text))

    job = api.jobs.get(job_id).job()
    assert (job.config.location.name, job.config.location.city, job.user_id) == (text,) * 3


def test_forty_such_texts_are_tried():
    assert len(set(LITERAL)) == 40


@pytest.mark.parametrize(
    "text",
    ["שלום", "مرحبا", "Ἀθῆναι", "東京", "\u2067שלום\u2069", "👩‍🚀", "Z̯͖a"],  # noqa: RUF001
)
def test_a_text_of_any_script_is_taken(api, text):
    assert api.generate(place(text={"title": text})).status_code == 202


def test_the_largest_poster_is_taken(api):
    exact = {"width": 16_000, "height": 20_000}
    doubled = {"width": 8000, "height": 10_000, "pixelRatio": 2}

    for size in (exact, doubled):
        job = job_of(api, place(resolution=size))
        assert job.resolution.width_px * job.resolution.height_px == api.settings.large_max_area_px


def test_a_body_of_exactly_the_limit_is_taken(api):
    body = b'{"location":{"lat":51,"lng":71}}'.ljust(api.settings.max_body_bytes)

    answer = api.ask("POST", GENERATE, data=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 202


def test_everything_wrong_with_a_body_is_told_at_once(api):
    body = place(camera={"zoom": 99, "pitch": "x"}, stlye="minimal")

    problem = api.generate(body).json

    assert {(each["pointer"], each["code"]) for each in problem["errors"]} == {
        ("/camera/zoom", "out_of_range"),
        ("/camera/pitch", "type_mismatch"),
        ("/stlye", "unknown_field"),
    }
    assert "pointer" not in problem
    assert "3 errors" in problem["detail"]


def test_a_thousand_strange_fields_are_refused_by_a_short_list(api):
    problem = api.generate(place(**{f"field{n}": n for n in range(1000)})).json

    assert len(problem["errors"]) == 20


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (place(camera={"zoom": 25}), "must be 1 to 24, got 25"),
        (place(camera={"zom": 12}), 'did you mean "zoom"?'),
        (place(style="minimul"), "must be one of minimal, dark-mode, midnight, blueprint"),
        (place(style="minimul"), 'got "minimul" (did you mean "minimal"?)'),
        (place(priority="urgent"), "must be one of low, normal, high"),
        (place(timeout=900_001), "must be 1000 to 900000, got 900001"),
        ({"location": {"lat": 0, "lng": 181}}, "it is -179"),
        (place(text={"color": "#12"}), "#rrggbb"),
        (place(resolution={"width": 16_000, "height": 20_001}), "at most 320000000"),
    ],
)
def test_a_complaint_names_the_value_and_the_way_out(api, body, words):
    problem = api.generate(body).json

    assert words in problem["detail"]


def test_the_tier_is_named_when_it_does_not_allow_a_priority(api):
    problem = api.generate(place(priority="high"), key=api.make_key(Tier.FREE)).json

    assert problem["detail"] == "/priority: a key of tier free may use low, normal; got high"


def test_an_unknown_key_and_a_wrong_secret_get_the_same_answer(api):
    unknown = api.job("x", key="ca_live_" + "9" * 64)
    wrong = api.job("x", key=apis.stranger_to(api.key))

    assert without_request_id(unknown) == without_request_id(wrong)


def test_a_foreign_job_and_an_unknown_one_get_the_same_answer(api):
    job_id = apis.submitted(api)
    other = api.make_key()

    foreign, unknown = api.job(job_id, key=other), api.job(job_id.replace("-4", "-5"), key=other)

    assert without_request_id(foreign) == without_request_id(unknown)
    assert api.ask("DELETE", f"{JOBS}/{job_id}", key=other).status_code == 404
    assert api.job(job_id).json["status"] == "queued"


def test_a_wrong_method_says_which_are_right(api):
    assert api.ask("GET", GENERATE).headers["Allow"] == "POST"
    allowed = api.ask("PUT", f"{JOBS}/x").headers["Allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD", "DELETE"}


def test_the_request_id_of_the_caller_is_kept_when_it_is_harmless(api):
    kept = api.ask("GET", "/health/live", headers={"X-Request-ID": "trace-12345"})
    made = api.ask("GET", "/health/live", headers={"X-Request-ID": "<script>alert(1)"})

    assert kept.headers["X-Request-ID"] == "trace-12345"
    assert re.fullmatch("[0-9a-f]{32}", made.headers["X-Request-ID"])


def test_a_key_in_an_address_does_not_reach_the_log(api, capsys):
    api.ask("GET", f"/api/v1/styles/{api.key}")
    api.ask("GET", f"{JOBS}/x?api_key={api.key}", key="")

    log = capsys.readouterr().out
    assert log.count("request answered") == 2
    assert api.key[: PREFIX_LENGTH + 1] not in log


@pytest.mark.parametrize("path", ["/api/v1/styles", "/docs", "/health/live", "/metrics"])
def test_head_answers_like_get_without_a_body(api, path):
    head, get = api.ask("HEAD", path), api.ask("GET", path)

    assert (head.status_code, head.data) == (200, b"")
    assert head.content_type == get.content_type


def stage(api: apis.Api, case: Case) -> tuple[Case, str]:
    """Make the jobs and keys the case names, and return it with their ids put in."""
    makers = {
        "FOREIGN": lambda: apis.submitted(api),
        "COMPLETED": lambda: apis.completed(api),
    }
    path = case.path
    for name, make in makers.items():
        if name in path:
            path = path.replace(name, make())
    if "FOREIGN" in case.path:
        return Case(**{**case.__dict__, "path": path}), api.make_key()
    return Case(**{**case.__dict__, "path": path}), key_for(api, case.key)


def key_for(api: apis.Api, name: str) -> str:
    if name == "good":
        return api.key
    if name == "free":
        return api.make_key(Tier.FREE)
    if name == "expired":
        return apis.expired_key(api)
    if name == "wrong-secret":
        return apis.stranger_to(api.key)
    if name.startswith("revoked"):
        key = api.make_key()
        Keys(api.redis).revoke(key[:PREFIX_LENGTH])
        return apis.stranger_to(key) if name.endswith("secret") else key
    return name


def job_of(api: apis.Api, body: object) -> PosterJob:
    return api.jobs.get(apis.submitted(api, body)).job()


def without_request_id(answer) -> dict[str, object]:
    return {**answer.json, "request_id": "", "status_code": answer.status_code}


@pytest.fixture
def api(settings):
    return apis.api(settings)
