"""Where attached files are kept: a folder, or a bucket when one is named."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import settings


def test_without_a_bucket_it_is_a_folder_of_the_sites_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BUCKET", raising=False)
    assert settings.attachments_storage() == {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    assert settings.MEDIA_ROOT.parent == settings.VAR_DIR
    assert settings.FILE_UPLOAD_PERMISSIONS == 0o600


def test_a_bucket_is_private_and_overwrites_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "parley")
    monkeypatch.setenv("BUCKET_ENDPOINT_URL", "https://s3.example.com")
    monkeypatch.setattr(settings, "find_spec", lambda name: object())
    storage = settings.attachments_storage()
    assert storage["BACKEND"] == "storages.backends.s3.S3Storage"
    assert storage["OPTIONS"] == {
        "bucket_name": "parley",
        "endpoint_url": "https://s3.example.com",
        "region_name": None,
        "access_key": None,
        "secret_key": None,
        "default_acl": None,
        "file_overwrite": False,
        "max_memory_size": 256_000,
    }


def test_a_bucket_without_its_package_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "parley")
    monkeypatch.setattr(settings, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match="django-storages"):
        settings.attachments_storage()
