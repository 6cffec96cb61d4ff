"""Say in one line what is wrong with an object store, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nst_pipeline.errors import StorageError, without_codes

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_NO_BUCKET = "there is no such bucket: create it, or correct the URL"
_REFUSED = "the store refuses the credentials: correct {credentials}"
_MISSING = "there are no credentials: set {credentials}"
_CLOCK = "this machine's clock differs too much from the store's: set it by NTP"
_PERMISSION = (
    "a permission is missing: allow these credentials to list, read, write and delete there"
)
_AWAY = (
    "the store does not answer: check its address{endpoint} and the network, and run again; "
    "finished work is kept"
)
_BY_WORDS = {
    "NoSuchBucket": _NO_BUCKET,
    "ContainerNotFound": _NO_BUCKET,
    "The specified bucket does not exist": _NO_BUCKET,
    "RequestTimeTooSkewed": _CLOCK,
    "InvalidAccessKeyId": _REFUSED,
    "SignatureDoesNotMatch": _REFUSED,
    "ExpiredToken": _REFUSED,
    "InvalidToken": _REFUSED,
    "AuthenticationFailed": _REFUSED,
    "401 Unauthorized": _REFUSED,
    # Where clouds tell their machines credentials: the client asks there if it was given none.
    "169.254.169.254": _MISSING,
    "metadata.google.internal": _MISSING,
    "AccessDenied": _PERMISSION,
    "403 Forbidden": _PERMISSION,
    "error sending request": _AWAY,
    "SlowDown": _AWAY,
    "Server returned non-2xx status code: 5": _AWAY,
    "timed out": _AWAY,
}
"""Words of clients and stores; of several in one message, the first listed here explains it."""
_REASON_CHARACTERS = 200


def problem(url: str, message: str) -> StorageError | None:
    """Explain a client's message; None if it says nothing about the store as a whole."""
    scheme = url.partition("://")[0]
    kind = "s3" if scheme.startswith("s3") else "gs" if scheme.startswith("g") else "az"
    endpoint = " (AWS_ENDPOINT_URL)" if kind == "s3" else ""
    for words, remedy in _BY_WORDS.items():
        if words in message:
            text = remedy.format(credentials=_CREDENTIALS[kind], endpoint=endpoint)
            return StorageError(f"{url}: {text}")
    return None


def _first_line(error: Exception) -> str:
    return " ".join(without_codes(str(error)).partition("\n")[0].split())[:_REASON_CHARACTERS]


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn errors of the client into one line with the remedy.

    Parameters
    ----------
    url
        What is being read or written.

    Raises
    ------
    FileNotFoundError
        There is no such object.
    StorageError
        The store cannot be used, or not with these credentials.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        # A missing bucket looks like a missing object, except for the store's own words.
        found = problem(url, str(error))
        if found is not None:
            raise found from error
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(2, "no such object", url) from error
        reason = f"{url} cannot be read or written ({_first_line(error)}): correct this"
        raise StorageError(reason) from error
