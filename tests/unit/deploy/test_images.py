"""The images: what deploy/Dockerfile says, and that it says what the rest of the project says."""

import json
import re
import shlex
import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest

from deploy.container import oci, prune, seccomp, settings_example
from deploy.container.dockerfile import read
from deploy.container.health import ROLES
from deploy.local.plan import make_plan
from deploy.local.programs import users
from deploy.local.system_packages import listed

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
CONTAINER = DEPLOY / "container"
IMAGES = ("webapi", "worker", "flower")


@pytest.fixture(scope="module")
def stages():
    return read(DEPLOY / "Dockerfile")


class TestDockerfile:
    def test_the_base_has_an_exact_version(self, stages):
        assert re.fullmatch(r"debian:\d+\.\d+-slim", stages["build"].base)
        assert stages["runtime"].base == stages["build"].base

    @pytest.mark.parametrize("image", IMAGES)
    def test_each_image_runs_its_role_under_tini_as_nobody_special(self, stages, image):
        stage = stages[image]

        assert stage.user == "10001:10001"
        assert stage.entrypoint == ["tini", "--", "/app/deploy/container/start"]
        assert stage.command[0] == image
        assert stage.health == ["python", "-m", "deploy.container.health", image]
        assert image in ROLES
        assert stage.env["PYTHONDONTWRITEBYTECODE"] == "1"

    def test_every_step_is_a_script_of_ours(self, stages):
        for step in (s for stage in stages.values() for s in stage.steps if s.kind == "RUN"):
            script = DEPLOY.parent / step.words[0]
            assert script.parent == CONTAINER
            assert script.stat().st_mode & 0o111, f"{script} is not executable"

    def test_what_it_copies_is_there(self, stages):
        for step in (s for stage in stages.values() for s in stage.steps if s.kind == "COPY"):
            for source in () if step.source else step.words[:-1]:
                assert (DEPLOY.parent / source).exists(), source

    def test_an_instruction_that_nobody_carries_out_is_an_error(self, tmp_path):
        file = tmp_path / "Dockerfile"
        file.write_text("FROM debian:12 AS one\nADD a b\n")

        with pytest.raises(ValueError, match="does not know 'ADD a b'"):
            read(file)

    def test_a_stage_goes_on_where_its_base_ended(self, tmp_path):
        file = tmp_path / "Dockerfile"
        file.write_text("FROM debian:12 AS one\nENV A=1\nWORKDIR /x\nFROM one AS two\nENV B=2\n")

        two = read(file)["two"]

        assert (two.base, two.env, two.workdir) == ("one", {"A": "1", "B": "2"}, "/x")

    def test_state_of_a_developer_stays_out(self):
        ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()

        assert {".git", ".venv", "build", "var", "**/node_modules"} <= set(ignored)


class TestPackages:
    def test_redis_is_left_out_by_the_name_it_is_listed_with(self):
        assert "redis-server" in listed((DEPLOY / "packages.txt").read_text())
        assert "^redis-server$" in (CONTAINER / "install-packages").read_text()

    def test_an_unknown_kind_of_image_is_refused(self):
        answer = run("install-packages", "database")

        assert (answer.returncode, answer.stdout) == (2, "")
        assert "build, runtime, webapi or worker" in answer.stderr

    def test_what_the_service_needs_stays_and_developers_tools_go(self):
        installed = {prune.normal(each.name): each for each in distributions()}

        kept = prune.needed(["celery>=5.7,<5.8", "redis>=8.1"], installed)

        assert {"celery", "kombu", "vine", "redis"} <= kept
        assert kept.isdisjoint({"pytest", "mypy", "ruff", "flask"})

    def test_a_requirement_that_is_not_installed_is_an_error(self):
        with pytest.raises(KeyError, match="nowhere"):
            prune.needed(["nowhere"], {})


class TestStart:
    def test_the_api_starts_as_make_run_starts_it(self, tmp_path):
        [api] = [
            p
            for p in users(make_plan(DEPLOY.parent, tmp_path, {"REDIS_URL": "redis://r/0"}))
            if p.name == "api"
        ]
        script = (CONTAINER / "start").read_text().replace("\\\n", "")
        words = shlex.split(next(line for line in script.splitlines() if "exec gunicorn" in line))

        def options(given):
            return {word for word in given if word.startswith("--") and "--bind" not in word}

        assert options(words) == options(api.command)

    @pytest.mark.parametrize(
        ("words", "env", "told"),
        [
            ("", {}, "webapi, worker QUEUES or flower"),
            ("redis", {}, "not 'redis'"),
            ("worker", {}, "worker needs its queues"),
            ("flower", {}, "set FLOWER_BASIC_AUTH"),
            ("flower", {"FLOWER_BASIC_AUTH": "ops"}, "set FLOWER_BASIC_AUTH"),
            ("flower", {"FLOWER_BASIC_AUTH": "ops:short"}, "set FLOWER_BASIC_AUTH"),
            (
                "flower",
                {"FLOWER_BASIC_AUTH": "ops:longenough", "FLOWER_UNAUTHENTICATED_API": "true"},
                "unset it",
            ),
        ],
    )
    def test_what_must_not_start_says_why(self, words, env, told):
        answer = run("start", *words.split(), env=env)

        assert answer.returncode == 2
        assert told in answer.stderr

    @pytest.mark.skipif(shutil.which("sh") is None, reason="the scripts are for a POSIX shell")
    @pytest.mark.parametrize(
        "script",
        ["start", "enter", "install-packages", "install-python", "install-node", "make-user"],
    )
    def test_the_scripts_are_shell(self, script):
        answer = subprocess.run(
            ["sh", "-n", str(CONTAINER / script)], capture_output=True, text=True, check=False
        )

        assert answer.returncode == 0, answer.stderr


class TestSeccomp:
    def test_what_chromiums_sandbox_needs_is_allowed(self):
        allowed = {n for r in rules("SCMP_ACT_ALLOW") if not r.get("args") for n in r["names"]}

        assert set(seccomp.SANDBOX) <= allowed
        assert {"execve", "epoll_wait", "futex", "mmap", "socketpair"} <= allowed

    def test_what_a_container_must_not_do_is_not(self):
        allowed = {n for r in rules("SCMP_ACT_ALLOW") for n in r["names"]}

        dangerous = {"bpf", "kexec_load", "init_module", "finit_module", "perf_event_open"}
        assert allowed.isdisjoint(dangerous | set(seccomp.REFUSED) | {"open_by_handle_at"})
        assert profile()["defaultAction"] == "SCMP_ACT_ERRNO"

    def test_no_condition_is_left_that_only_one_engine_understands(self):
        assert all(
            r.keys() <= {"names", "action", "errnoRet", "args"} for r in profile()["syscalls"]
        )

    def test_a_rule_for_a_capability_does_not_reach_a_container_that_has_none(self):
        default = {
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 38,
            "syscalls": [
                {"names": ["read", "mount"], "action": "SCMP_ACT_ALLOW"},
                {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}},
                {"names": ["s390"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}},
            ],
        }

        made = seccomp.profile(default)["syscalls"]

        assert made[0] == {"names": ["read"], "action": "SCMP_ACT_ALLOW"}
        assert len(made) == 3

    def test_images_are_tried_with_it(self, stages):
        config = oci.config(Path("/r"), stages["worker"], ["true"], {}, "name")

        assert config["linux"]["seccomp"] == profile()
        assert config["process"]["noNewPrivileges"]
        assert config["root"]["readonly"]
        assert not any(config["process"]["capabilities"].values())


def test_the_example_of_settings_is_that_of_the_settings():
    text = (DEPLOY / "settings.env.example").read_text()

    assert text == settings_example.example(), (
        "make it anew: python -m deploy.container.settings_example > deploy/settings.env.example"
    )


def run(script, *words, env=None):
    return subprocess.run(
        [str(CONTAINER / script), *words],
        env={"PATH": "/usr/bin:/bin", **(env or {})},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


def profile():
    return json.loads((CONTAINER / "seccomp.json").read_text())


def rules(action):
    return [rule for rule in profile()["syscalls"] if rule["action"] == action]
