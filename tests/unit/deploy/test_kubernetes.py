"""The Kubernetes manifests, built as an operator builds them: published schemas and our rules."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from deploy.simulation.model import DRAIN_S
from exporter.costs import DISK_BYTES_PER_PX
from exporter.queues import Priority
from exporter.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
OVERLAYS = ("staging", "production")
# The newest that kubernetes-validate has, and the oldest whose `sleep` in preStop is there.
VERSIONS = ("1.37", "1.30")
CUSTOM = ("ScaledObject", "TriggerAuthentication", "ServiceMonitor")
GRACE_S = 45

pytestmark = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl builds the overlays, and is not on the path"
)
overlays = pytest.mark.parametrize("overlay", OVERLAYS)


@overlays
@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_own_kinds_fit_their_schemas(overlay, version):
    for document in built(overlay):
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, version, strict=True)


@overlays
def test_custom_resources_fit_the_schemas_of_their_operators(overlay):
    documents = [d for d in built(overlay) if d["kind"] in CUSTOM]

    assert sorted({d["kind"] for d in documents}) == sorted(CUSTOM)
    assert complaints(documents) == []


def test_a_custom_resource_that_does_not_fit_is_complained_of():
    [wrong] = json.loads(json.dumps(of_kind("production", "ScaledObject")))
    wrong["spec"]["pollingInterval"] = "soon"

    assert complaints([wrong]) == [
        "ScaledObject/worker-high: data/spec/pollingInterval must be integer"
    ]


@overlays
def test_every_pod_is_locked_in(overlay):
    for name, spec in pods(overlay).items():
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["runAsUser"] > 0, name
        assert not spec["automountServiceAccountToken"], name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert {"cpu", "memory"} <= container["resources"]["limits"].keys(), name
            assert re.fullmatch(r"[^:]+:\d[\w.-]+", container["image"]), container["image"]
            written = {mount["mountPath"] for mount in container["volumeMounts"]}
            assert "/tmp" in written, name
    assert all(volume_is_of_the_pod(v) for s in pods(overlay).values() for v in s["volumes"])


@overlays
def test_only_workers_have_more_system_calls_and_those_of_our_profile(overlay):
    profiles = {n: s["securityContext"]["seccompProfile"] for n, s in pods(overlay).items()}

    own = {"type": "Localhost", "localhostProfile": "poster-exporter/seccomp.json"}
    plain = {"type": "RuntimeDefault"}
    assert profiles == {n: own if n.startswith("worker") else plain for n in profiles}


@overlays
def test_workers_have_what_the_plan_gives_them(overlay):
    for name in ("worker-high", "worker-low"):
        template = named(overlay, "Deployment", name)["spec"]["template"]
        [container] = template["spec"]["containers"]

        assert container["resources"] == {
            "requests": {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "512Mi"},
            "limits": {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "1Gi"},
        }
        bandwidth = {k: v for k, v in template["metadata"]["annotations"].items() if "band" in k}
        assert set(bandwidth.values()) == {"100M"}
        assert len(bandwidth) == 2
        assert template["spec"]["terminationGracePeriodSeconds"] == GRACE_S


@overlays
@pytest.mark.parametrize("worker", ["worker-high", "worker-low"])
def test_what_a_worker_writes_fits_on_its_disk(overlay, worker):
    volumes = {v["name"]: v["emptyDir"] for v in pods(overlay)[worker]["volumes"]}
    given = Settings.from_env(
        {name: value for name, value in settings_of(overlay).items() if "STORAGE" not in name}
    )
    pieces = DISK_BYTES_PER_PX * given.most_area_px

    on_disk = [v for v in volumes.values() if v.get("medium") != "Memory"]
    assert sum(mebibytes(v["sizeLimit"]) for v in on_disk) < 1024
    written = pieces + given.cache_max_bytes + given.parked_max_bytes
    assert written <= mebibytes(volumes["state"]["sizeLimit"]) * 2**20


@overlays
def test_a_worker_has_time_to_hand_its_job_back(overlay):
    given = settings_of(overlay).get("EXPORT_STOP_GRACE_S", Settings().stop_grace_s)

    assert float(given) < GRACE_S
    assert Settings().stop_grace_s == DRAIN_S


@overlays
def test_one_deployment_drains_in_reverse(overlay):
    arguments = {
        n: s["containers"][0]["args"] for n, s in pods(overlay).items() if n.startswith("worker")
    }

    assert arguments == {
        "worker-high": ["worker", "high,normal,low"],
        "worker-low": ["worker", "low,normal,high"],
    }


@overlays
def test_scaling_counts_every_queue_and_the_jobs_that_run(overlay):
    spec = named(overlay, "ScaledObject", "worker-high")["spec"]
    lists = {t["name"]: t["metadata"]["listName"] for t in spec["triggers"]}
    database = Settings().redis_url.rpartition("/")[2]

    # `unacked` is the hash in which kombu keeps what was taken and not acknowledged.
    assert lists == {**{p.value: p.value for p in Priority}, "running": "unacked"}
    formula = spec["advanced"]["scalingModifiers"]["formula"]
    assert sorted(formula.split(" + ")) == sorted(lists)
    assert {t["metadata"]["databaseIndex"] for t in spec["triggers"]} == {database}
    assert spec["scaleTargetRef"]["name"] == "worker-high"


@overlays
def test_no_secret_is_written_down(overlay):
    text = yaml.safe_dump_all(built(overlay))

    assert of_kind(overlay, "Secret") == []
    secret = {
        f.metadata["env"] for f in Settings.__dataclass_fields__.values() if f.metadata["secret"]
    }
    assert secret.isdisjoint(settings_of(overlay))
    for spec in pods(overlay).values():
        for one in (e for c in spec["containers"] for e in c.get("env", ())):
            assert list(one["valueFrom"]) == ["secretKeyRef"], one
    assert not re.search(r"redis://\S*:\S+@", text)


@overlays
def test_every_setting_named_is_a_setting(overlay):
    known = {f.metadata["env"] for f in Settings.__dataclass_fields__.values()}
    named_here = set(settings_of(overlay)) | {
        one["name"]
        for name, spec in pods(overlay).items()
        if name != "redis"
        for c in spec["containers"]
        for one in c.get("env", ())
    }

    assert named_here - known == {"FLOWER_BASIC_AUTH"}
    Settings.from_env(
        {name: value for name, value in settings_of(overlay).items() if "STORAGE" not in name}
    )


@overlays
def test_a_worker_reaches_redis_and_public_hosts_only(overlay):
    allowed = egress_of(overlay, "worker")

    assert {port for _, port in allowed} == {53, 6379, 443}
    blocks = [peer["ipBlock"] for peer, port in allowed if port == 443]
    private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"}
    assert private <= set(blocks[0]["except"])
    [names] = [peer for peer, port in allowed if port == 53][:1]
    assert names["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}


@overlays
@pytest.mark.parametrize(
    ("role", "ports"), [("redis", {53}), ("flower", {53, 6379}), ("metrics", {53, 6379})]
)
def test_who_needs_no_internet_has_none(overlay, role, ports):
    assert {port for _, port in egress_of(overlay, role)} == ports


@overlays
def test_every_deployment_with_callers_or_jobs_has_a_disruption_budget(overlay):
    for budget in of_kind(overlay, "PodDisruptionBudget"):
        deployment = named(overlay, "Deployment", budget["metadata"]["name"])
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert budget["spec"]["selector"]["matchLabels"].items() <= labels.items()

    names = {b["metadata"]["name"] for b in of_kind(overlay, "PodDisruptionBudget")}
    assert names == {"webapi", "worker-high", "worker-low"}


def built(overlay):
    return _built(overlay)


@cache
def _built(overlay):
    answer = subprocess.run(
        ["kubectl", "kustomize", str(ROOT / "deploy" / "k8s" / "overlays" / overlay)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return list(yaml.safe_load_all(answer.stdout))


def complaints(documents):
    answer = subprocess.run(
        ["node", "validate.js"],
        cwd=ROOT / "tests" / "schemas",
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def of_kind(overlay, kind):
    return [d for d in built(overlay) if d["kind"] == kind]


def named(overlay, kind, name):
    [found] = [d for d in of_kind(overlay, kind) if d["metadata"]["name"] == name]
    return found


def pods(overlay):
    kinds = ("Deployment", "StatefulSet")
    documents = [d for d in built(overlay) if d["kind"] in kinds]
    return {d["metadata"]["name"]: d["spec"]["template"]["spec"] for d in documents}


def settings_of(overlay):
    [found] = of_kind(overlay, "ConfigMap")
    return found["data"]


def volume_is_of_the_pod(volume):
    return set(volume) <= {"name", "emptyDir"} and "sizeLimit" in volume["emptyDir"]


def mebibytes(text):
    return int(text.removesuffix("Mi"))


def egress_of(overlay, role):
    """What pods of *role* may reach: pairs of a peer and a port."""
    found = []
    for policy in of_kind(overlay, "NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        wanted = selector.get("matchExpressions", [{"values": [role]}])[0]["values"]
        labels = selector.get("matchLabels", {"app.kubernetes.io/component": role})
        if role in wanted and labels["app.kubernetes.io/component"] == role:
            for rule in policy["spec"].get("egress", ()):
                found += [(to, p["port"]) for to in rule["to"] for p in rule["ports"]]
    return found
