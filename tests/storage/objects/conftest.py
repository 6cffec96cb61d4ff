"""An empty collection in an object store."""

import pytest
from upath import UPath

from nst_pipeline.storage.data_root import root_at
from tests.object_server import ObjectServer
from tests.object_store import server

__all__ = ["server"]


@pytest.fixture
def root(server: ObjectServer) -> UPath:
    """The URL of an empty collection."""
    return root_at("s3://bucket/data")
