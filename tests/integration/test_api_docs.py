"""The description of the API: whole, consistent with the routes, and readable by people."""

import re
from html.parser import HTMLParser

import pytest

from tests import api as apis
from webapi.codes import TITLES

METHODS = {"get", "post", "delete"}
# The description does not describe itself.
OWN = {"/openapi.json", "/docs"}


def test_every_reference_leads_somewhere(spec):
    found = list(references(spec))

    assert len(found) > 20
    for reference in found:
        target = spec
        for part in reference.removeprefix("#/").split("/"):
            assert part in target, reference
            target = target[part]


def test_every_route_and_method_is_described_and_no_other(api, spec):
    rules = api.http.application.url_map.iter_rules()
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in rules
        if rule.rule not in OWN
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    described = {(path, m) for path, item in spec["paths"].items() for m in METHODS & item.keys()}

    assert described == routes


def test_every_operation_says_what_it_does_answers_and_needs(spec):
    open_to_all = {
        "/api/v1/styles", "/api/v1/styles/{style_id}", "/health/live", "/health/ready",
        "/api/v1/posters/files/{key}",
    }  # fmt: skip

    for path, item in spec["paths"].items():
        for method in METHODS & item.keys():
            operation = item[method]
            assert operation["summary"]
            assert any(status.startswith("2") for status in operation["responses"])
            assert (operation.get("security") == []) is (path in open_to_all)


def test_every_path_parameter_is_declared(spec):
    for path, item in spec["paths"].items():
        declared = {each["name"] for each in item.get("parameters", []) if each["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))


def test_errors_are_described_as_problems(spec):
    for answer in spec["components"]["responses"].values():
        assert set(answer["content"]) == {"application/problem+json"}
        schema = answer["content"]["application/problem+json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Problem"}


def test_the_body_of_generate_is_described_with_its_ranges(spec):
    schemas = spec["components"]["schemas"]
    body = spec["paths"]["/api/v1/posters/generate"]["post"]["requestBody"]

    assert body["content"]["application/json"]["schema"]["$ref"].endswith("/Generate")
    zoom = schemas["Camera"]["properties"]["zoom"]
    assert zoom == {"type": "number", "minimum": 1, "maximum": 24, "default": 12.0}
    assert schemas["Text"]["properties"]["title"]["default"] == "API Request"
    assert schemas["Generate"]["properties"]["timeout"]["default"] == 120_000
    assert schemas["Generate"]["properties"]["priority"]["enum"] == ["low", "normal", "high"]
    assert schemas["Typography"]["properties"]["titleWeight"]["type"] == "integer"
    assert schemas["Location"]["required"] == ["center"]


def test_sizes_and_files_are_described_with_their_words_and_ranges(spec):
    schemas = spec["components"]["schemas"]
    size, output = schemas["Resolution"]["properties"], schemas["Output"]["properties"]

    assert "preset" in schemas["Generate"]["properties"]["resolution"]["description"]
    assert len(size["preset"]["enum"]) == 9
    assert size["unit"] == {"type": "string", "enum": ["px", "mm", "cm", "in"], "default": "px"}
    assert {"A4", "18x24in"} < set(size["size"]["enum"])
    assert (size["dpi"]["minimum"], size["dpi"]["maximum"]) == (10, 2400)
    assert output["format"]["enum"] == ["png", "jpeg", "webp", "pdf"]
    assert output["quality"]["default"] == 90
    assert schemas["Generate"]["properties"]["outputs"]["maxItems"] == 6


def test_answers_have_the_fields_their_schemas_promise(api, spec):
    schemas = spec["components"]["schemas"]
    job_id = apis.completed(api)
    job = api.job(job_id).json

    assert set(schemas["Job"]["required"]) <= job.keys() == schemas["Job"]["properties"].keys()
    assert job["result"].keys() == schemas["Result"]["properties"].keys()
    for file in job["result"]["outputs"]:
        assert file.keys() == schemas["File"]["properties"].keys()
    problem = api.job("x").json
    required = set(schemas["Problem"]["required"])
    assert required <= problem.keys() <= schemas["Problem"]["properties"].keys()


def test_the_page_is_html_without_scripts_or_foreign_resources(page):
    assert {"script", "link", "img", "iframe"} & page.tags == set()
    assert not any(name.startswith("on") for name in page.attributes)


def test_the_page_names_every_route_code_and_schema(page, spec):
    for path in spec["paths"]:
        assert path in page.text
    for code in TITLES:
        assert code in page.ids
    assert "deadline_exceeded" in page.ids
    assert {f"schema-{name}" for name in spec["components"]["schemas"]} <= page.ids


def test_links_of_the_page_lead_to_places_on_it(page):
    targets = {link[1:] for link in page.links if link.startswith("#")}

    assert targets
    assert targets <= page.ids


def test_the_page_may_load_nothing(api):
    policy = api.ask("GET", "/docs", key="").headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes |= given.keys()
        self.ids |= {given["id"]} if "id" in given else set()
        self.links |= {given["href"]} if "href" in given else set()

    def handle_data(self, data):
        self.text += data


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.fixture
def api(settings):
    return apis.api(settings)


@pytest.fixture
def spec(api):
    answer = api.ask("GET", "/openapi.json", key="")
    assert answer.mimetype == "application/json"
    assert answer.json["openapi"].startswith("3.1")
    return answer.json


@pytest.fixture
def page(api):
    answer = api.ask("GET", "/docs", key="")
    assert answer.mimetype == "text/html"
    return Page(answer.text)
