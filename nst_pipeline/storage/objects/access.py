"""How object stores are reached: by which client, with which options from the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nst_pipeline.errors import StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
"""Schemes of the URLs of object stores."""
_EXTRA = {"s": "s3", "g": "gcs", "a": "azure"}
"""Extra that installs the client, by the first letter of the scheme."""
_PATIENCE = timedelta(minutes=3)
"""How long a store may be away, or ask for patience, before a run ends; the clients' own default.
Signed requests are repeated as they are, and expire after five minutes."""
_MAX_PAUSE = timedelta(seconds=10)
_RETRIES = 30
"""More than fit into this time."""
_HASTE = timedelta(seconds=4)
"""The same when a process asks for the first time, so that a wrong address shows at once."""
_TIMEOUT = timedelta(seconds=30)
"""For one request: a store that accepts it and never answers counts as away."""
_HASTY_TIMEOUT = timedelta(seconds=10)


def is_object_store(protocol: str) -> bool:
    """Whether fsspec's name of a protocol is that of an object store."""
    return protocol in SCHEMES


def _allows_http() -> bool:
    """Whether the endpoint is one without TLS, as a server on the own network."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
    given = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return given.startswith("http://")


def _milliseconds(duration: timedelta) -> str:
    return f"{duration.total_seconds() * 1000:.0f}ms"


def delta_options(scheme: str) -> dict[str, str]:
    """Return the options by which Delta's client reaches what `client` does.

    It reads credentials and endpoint from the environment, too.
    """
    options = {
        "max_retries": str(_RETRIES),
        "retry_timeout": _milliseconds(_PATIENCE),
        "timeout": _milliseconds(_TIMEOUT),
        "backoff_config.max_backoff": _milliseconds(_MAX_PAUSE),
        "allow_http": str(_allows_http()).lower(),
    }
    # Two writers that commit at the same time: the second put is refused, and tried again.
    return options | ({"aws_conditional_put": "etag"} if scheme.startswith("s3") else {})


def _connect(bucket: str, patience: timedelta, timeout: timedelta) -> ObjectStore:
    try:
        from obstore.store import from_url
    except ImportError as error:
        extra = _EXTRA[bucket[0]]
        raise StorageError(
            f"{bucket}: the client is not installed: `pip install 'nst-pipeline[{extra}]'`"
        ) from error
    backoff: Any = {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": _MAX_PAUSE,
        "base": 2,
    }
    return from_url(
        bucket,
        client_options={"allow_http": _allows_http(), "timeout": timeout},
        retry_config={"max_retries": _RETRIES, "retry_timeout": patience, "backoff": backoff},
    )


@lru_cache
def client(bucket: str) -> ObjectStore:
    """Return the client of a bucket, such as `s3://photos`.

    Raises
    ------
    StorageError
        The client is not installed.
    """
    return _connect(bucket, _PATIENCE, _TIMEOUT)


def object_at(scheme: str, path: str) -> tuple[ObjectStore, str]:
    """Return the client of an object's bucket, and its key; a path is `bucket/key`."""
    bucket, _, key = path.partition("/")
    return client(f"{scheme}://{bucket}"), key


@lru_cache
def check_access(bucket: str, prefix: str) -> None:
    """Ask a store for one object, once in each process, to learn at once whether it answers.

    Raises
    ------
    StorageError
        It does not answer, or refuses the credentials, or has no such bucket.
    """
    from nst_pipeline.storage.objects.problems import explained

    hasty = _connect(bucket, _HASTE, _HASTY_TIMEOUT)
    with explained(f"{bucket}/{prefix}"):
        next(iter(hasty.list(prefix or None, chunk_size=1)), None)
