"""An S3 server that this process's clients talk to."""

from collections.abc import Iterator

import pytest

from nst_pipeline.storage.catalog.shared import OPEN_TABLES
from nst_pipeline.storage.objects.access import check_access, client
from tests.object_server import ObjectServer, object_server


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[ObjectServer]:
    """Serve `tmp_path / "served"`, with the bucket `bucket`; the environment names the server."""
    with object_server(tmp_path / "served") as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        _forget()
        yield found
    _forget()


def _forget() -> None:
    """Drop what this process knows of the server before: the next one has another address."""
    client.cache_clear()
    check_access.cache_clear()
    OPEN_TABLES.clear()
