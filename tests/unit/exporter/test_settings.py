"""Settings: parsed once, checked at start, and nested so that the inner limit always ends first."""

import ast
from dataclasses import fields, replace
from pathlib import Path

import pytest

from exporter.errors import InvalidSettings
from exporter.settings import Settings

ROOT = Path(__file__).parents[3]
S3 = {
    "EXPORT_STORAGE": "s3",
    "EXPORT_S3_ENDPOINT_URL": "https://project.example/storage/v1/s3",
    "EXPORT_S3_REGION": "eu-central-1",
    "EXPORT_S3_ACCESS_KEY_ID": "id",
    "EXPORT_S3_SECRET_ACCESS_KEY": "hush",
}


class TestFromEnv:
    def test_an_empty_environment_gives_the_defaults(self):
        assert Settings.from_env({}) == Settings()

    def test_each_kind_of_value_is_parsed(self):
        given = Settings.from_env(
            {
                "PORT": "9000",
                "EXPORT_LEASE_S": "60.5",
                "EXPORT_VAR_DIR": "data",
                "EXPORT_ALLOW_NO_SANDBOX": "Yes",
                "EXPORT_EGRESS_ALLOW": "tiles.lan:8443, other.lan:443,",
                "EXPORT_CONTACT": "maps@example.com",
            }
        )

        assert given == replace(
            Settings(),
            port=9000,
            lease_s=60.5,
            var_dir=Path("data"),
            allow_no_sandbox=True,
            egress_allow=("tiles.lan:8443", "other.lan:443"),
            contact="maps@example.com",
        )

    def test_an_empty_value_is_no_value(self):
        assert Settings.from_env({"PORT": ""}).port == Settings().port

    def test_every_setting_has_its_own_variable_and_a_text(self):
        variables = [f.metadata["env"] for f in fields(Settings)]

        assert len(set(variables)) == len(variables)
        assert all(f.metadata["help"] for f in fields(Settings))

    @pytest.mark.parametrize(
        ("variable", "text"),
        [
            ("PORT", "http"),
            ("PORT", "-1"),
            ("PORT", "65536"),
            ("EXPORT_LEASE_S", "nan"),
            ("EXPORT_LEASE_S", "inf"),
            ("EXPORT_SWEEP_S", "0"),
            ("EXPORT_HEARTBEAT_S", "0"),
            ("EXPORT_MAX_STARTS", "0"),
            ("EXPORT_ALLOW_NO_SANDBOX", "perhaps"),
            ("EXPORT_STORAGE", "ftp"),
            ("EXPORT_GL_BACKEND", "vulkan"),
            ("EXPORT_GL_BACKEND", "llvmpipe,vulkan"),
            ("EXPORT_GL_BACKEND", ","),
            ("EXPORT_LOG_LEVEL", "LOUD"),
            ("APP_ENV", "staging"),
            ("REDIS_URL", "127.0.0.1:6379"),
            ("TILES_URL", "file:///srv/tiles.pmtiles"),
            ("TILES_URL", "/srv/tiles.pmtiles"),
            ("EXPORT_PUBLIC_URL", "posters.example"),
            ("EXPORT_S3_ENDPOINT_URL", "project.example"),
        ],
    )
    def test_a_value_it_cannot_run_with_names_its_variable(self, variable, text):
        with pytest.raises(InvalidSettings, match=variable):
            Settings.from_env({variable: text})

    @pytest.mark.parametrize("missing", sorted(set(S3) - {"EXPORT_STORAGE"}))
    def test_a_bucket_needs_all_four_of_its_settings(self, missing):
        assert Settings.from_env(S3).storage == "s3"

        with pytest.raises(InvalidSettings, match=missing):
            Settings.from_env({**S3, missing: ""})

    def test_a_password_in_a_refused_url_is_not_repeated(self):
        with pytest.raises(InvalidSettings) as refused:
            Settings.from_env({"REDIS_URL": "http://:hush@redis.example"})

        assert "hush" not in str(refused.value)


class TestNesting:
    """The order of the timeouts: what ends first must be the layer that knows most about it."""

    def test_an_attempt_fits_into_the_limits_around_it(self):
        s = Settings()

        nested = [
            s.fetch_timeout_s,
            s.settle_timeout_s,
            s.timeout_default_s,
            s.timeout_max_s,
            s.task_soft_limit_s,
            s.task_hard_limit_s,
            s.visibility_timeout_s,
        ]

        assert nested == sorted(set(nested))

    @pytest.mark.parametrize("timeout_max_s", [120, 900, 3600])
    def test_the_limits_follow_the_largest_timeout(self, timeout_max_s):
        s = Settings(timeout_max_s=timeout_max_s)

        assert s.timeout_max_s < s.task_soft_limit_s < s.task_hard_limit_s
        assert s.visibility_timeout_s >= 2 * s.task_hard_limit_s

    def test_a_dead_workers_job_is_taken_back_within_a_minute(self):
        s = Settings()

        assert s.lease_s + s.sweep_s <= 60

    @pytest.mark.parametrize(
        ("wrong", "variable"),
        [
            ({"heartbeat_s": 12}, "EXPORT_HEARTBEAT_S"),
            ({"fetch_timeout_s": 60}, "EXPORT_FETCH_TIMEOUT_S"),
            ({"settle_timeout_s": 900}, "EXPORT_SETTLE_TIMEOUT_S"),
            ({"timeout_default_s": 901}, "EXPORT_TIMEOUT_DEFAULT_S"),
            ({"pool_min_instances": 2}, "EXPORT_POOL_MIN"),
            ({"pool_min_instances": 0}, "EXPORT_POOL_MIN"),
        ],
    )
    def test_a_broken_order_is_refused(self, wrong, variable):
        with pytest.raises(InvalidSettings, match=variable):
            Settings(**wrong)


def test_links_are_made_from_the_public_url_or_the_port():
    assert Settings(port=8123).base_url == "http://127.0.0.1:8123"
    assert Settings(public_url="https://posters.example/").base_url == "https://posters.example"


@pytest.mark.parametrize("package", ["exporter", "webapi"])
def test_only_settings_reads_the_environment(package):
    readers = {
        path.name
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if ast.unparse(node) in ("os.environ", "os.environb", "os.getenv")
    }

    assert readers <= {"settings.py"}
