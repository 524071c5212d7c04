"""Keys, and which storage the settings open."""

import re

import pytest

from exporter.directory_store import DirectoryStore
from exporter.errors import InvalidSettings
from exporter.settings import Settings
from exporter.storage import S3Storage, object_key, open_storage

JOB_ID = "3f0f8bf5-6d2c-4f83-9b53-4f0d7a1f5f0e"
S3 = {
    "storage": "s3",
    "s3_endpoint_url": "https://project.storage.example/storage/v1/s3",
    "s3_region": "eu-central-1",
    "s3_access_key_id": "id",
    "s3_secret_access_key": "secret",
}


class TestObjectKey:
    def test_it_names_job_and_attempt_in_plain_ascii(self):
        assert re.fullmatch(
            rf"api-posters/poster-{JOB_ID}-7-[A-Za-z0-9_-]{{22}}\.png", object_key(JOB_ID, 7)
        )

    def test_it_cannot_be_guessed_from_the_job(self):
        """A public bucket is guarded by the key alone."""
        keys = {object_key(JOB_ID, 1) for _ in range(1000)}

        assert len(keys) == 1000


class TestOpenStorage:
    def test_the_default_is_a_folder(self, tmp_path):
        assert isinstance(open_storage(Settings(var_dir=tmp_path)), DirectoryStore)

    def test_a_bucket_when_asked_for(self):
        assert isinstance(open_storage(Settings(**S3)), S3Storage)

    @pytest.mark.parametrize(
        ("wrong", "variable"),
        [
            ({"s3_endpoint_url": "project.storage.example"}, "EXPORT_S3_ENDPOINT_URL"),
            ({"s3_endpoint_url": "ftp://storage.example"}, "EXPORT_S3_ENDPOINT_URL"),
            ({"s3_endpoint_url": "https://me:hush@storage.example"}, "EXPORT_S3_ENDPOINT_URL"),
            ({"s3_secret_access_key": ""}, "EXPORT_S3_SECRET_ACCESS_KEY"),
            ({"s3_ca_file": "/nowhere/ca.pem"}, "EXPORT_S3_CA_FILE"),
        ],
    )
    def test_a_bucket_it_could_never_reach_is_refused_at_once(self, wrong, variable):
        with pytest.raises(InvalidSettings, match=variable) as refused:
            open_storage(Settings(**{**S3, **wrong}))

        assert "hush" not in str(refused.value)
