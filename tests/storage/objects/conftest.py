"""An S3 server, and an empty collection in it."""

from collections.abc import Iterator

import pytest
from upath import UPath

from nst_pipeline.storage.data_root import root_at
from nst_pipeline.storage.objects.access import check_access, client
from tests.object_server import ObjectServer, object_server


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[ObjectServer]:
    """A server with an empty bucket; the environment names it."""
    with object_server(tmp_path / "served") as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        client.cache_clear()
        check_access.cache_clear()
        yield found
    client.cache_clear()
    check_access.cache_clear()


@pytest.fixture
def root(server: ObjectServer) -> UPath:
    """The URL of an empty collection."""
    return root_at("s3://bucket/data")
