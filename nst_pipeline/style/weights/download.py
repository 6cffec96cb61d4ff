"""Download a file whose size and digest are known: resumable, whole or not at all."""

from __future__ import annotations

import errno
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from nst_pipeline.errors import ModelUnavailableError
from nst_pipeline.style.server import server_responds
from nst_pipeline.style.weights.package import file_digest

Progress = Callable[[int], None]
"""Gets the number of bytes that have arrived so far, those of earlier attempts included."""

_INTERRUPTIONS = (OSError, http.client.HTTPException)
"""What a broken connection raises; `HTTPError` and `URLError` are kinds of `OSError`."""
_WRONG_RANGE = http.client.REQUESTED_RANGE_NOT_SATISFIABLE
_DISK_REFUSES = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}


@dataclass(frozen=True)
class DownloadParameters:
    """How patient a download is."""

    tries: int = 5
    """Attempts without a single new byte after which it gives up."""
    first_wait_s: float = 1.0
    """Wait before the second of these attempts; it doubles with each."""
    timeout_s: float = 30.0
    """Longest wait for the server's next bytes."""
    chunk_bytes: int = 1 << 18


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server.

    Attributes
    ----------
    url
        Its address, whose content does not change.
    sha256
        Its digest, in hexadecimal.
    size_bytes
        Its size.
    """

    url: str
    sha256: str
    size_bytes: int

    @property
    def name(self) -> str:
        """Its name: the last part of the URL."""
        return self.url.rpartition("/")[2]


def _request(source: RemoteFile, start: int) -> urllib.request.Request:
    headers = {"User-Agent": "nst-pipeline", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    return urllib.request.Request(source.url, headers=headers)


def _continues(response: http.client.HTTPResponse, start: int) -> bool:
    """Return whether a response goes on where the file on disk ends, instead of starting anew."""
    given = response.headers.get("Content-Range", "")
    return response.status == http.client.PARTIAL_CONTENT and given.startswith(f"bytes {start}-")


def _receive(
    response: http.client.HTTPResponse,
    part: IO[bytes],
    source: RemoteFile,
    progress: Progress,
    chunk_bytes: int,
) -> None:
    """Append a response to the part on disk, but never more than the file's size."""
    while (missing := source.size_bytes - part.tell()) > 0:
        if not (chunk := response.read(min(chunk_bytes, missing))):
            return
        part.write(chunk)
        progress(part.tell())


def _attempt(
    source: RemoteFile, part: Path, progress: Progress, parameters: DownloadParameters
) -> None:
    """Go on with a download; return when the server ends the connection or all bytes are here."""
    start = part.stat().st_size if part.exists() else 0
    request = _request(source, start)
    with urllib.request.urlopen(request, timeout=parameters.timeout_s) as response:
        mode = "ab" if start and _continues(response, start) else "wb"
        with part.open(mode) as file:
            _receive(response, file, source, progress, parameters.chunk_bytes)


def _is_final(error: Exception) -> bool:
    """Return whether trying again is pointless: the server refuses the file, or the disk does."""
    if isinstance(error, urllib.error.HTTPError):
        return 400 <= error.code < 500 and error.code != _WRONG_RANGE
    return isinstance(error, OSError) and error.errno in _DISK_REFUSES


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _receive_all(
    source: RemoteFile, part: Path, progress: Progress, parameters: DownloadParameters
) -> None:
    """Attempt until all bytes are here.

    Raises
    ------
    OSError, http.client.HTTPException
        Several attempts in a row brought nothing, or the server refuses the file.
    """
    idle, wait_s = 0, parameters.first_wait_s
    while (before := _size(part)) < source.size_bytes:
        error: Exception = ConnectionError("the server ended the connection early")
        try:
            _attempt(source, part, progress, parameters)
        except _INTERRUPTIONS as interruption:
            if _is_final(interruption):
                raise
            if getattr(interruption, "code", None) == _WRONG_RANGE:
                part.unlink(missing_ok=True)  # The server's file ends before ours: start anew.
            error = interruption
        if _size(part) > before:
            idle, wait_s = 0, parameters.first_wait_s
            continue
        idle += 1
        if idle >= parameters.tries:
            raise error
        time.sleep(wait_s)
        wait_s *= 2


def check_file(path: Path, source: RemoteFile, remedy: str) -> None:
    """Check the size and the digest of a file.

    Parameters
    ----------
    path
        The file.
    source
        What it should be.
    remedy
        What the user can do, for the error.

    Raises
    ------
    ModelUnavailableError
        It is truncated, damaged, or another file.
    """
    size = path.stat().st_size
    if size != source.size_bytes:
        problem = f"has {size:,} bytes instead of {source.size_bytes:,}"
    elif file_digest(path) != source.sha256:
        problem = "is damaged or of another version (its sha256 differs)"
    else:
        return
    raise ModelUnavailableError(f"{path} {problem}: {remedy}")


def download(
    source: RemoteFile,
    destination: Path,
    *,
    alternative: str,
    progress: Progress = lambda _: None,
    parameters: DownloadParameters = DownloadParameters(),
) -> None:
    """Download a file; an interrupted download is continued by the next call.

    The bytes are kept in `<destination>.part`, which is renamed when its digest is right and
    deleted when it is wrong.

    Parameters
    ----------
    source
        The file.
    destination
        Where it goes; its folder exists.
    alternative
        What the user can do without a network, for errors.
    progress
        Gets the number of bytes that are here.
    parameters
        How patient to be.

    Raises
    ------
    ModelUnavailableError
        The server does not answer or refuses the file, the disk is full, or what came has another
        digest.
    """
    part = destination.with_name(f"{destination.name}.part")
    if _size(part) > source.size_bytes:
        part.unlink()
    if not server_responds(source.url):
        # Without a network, one attempt says so; with a slow one, it may still succeed.
        parameters = replace(parameters, tries=1)
    try:
        _receive_all(source, part, progress, parameters)
    except _INTERRUPTIONS as error:
        raise ModelUnavailableError(
            f"{source.url} cannot be downloaded ({error}): go online and run the command again, "
            f"which goes on where it stopped, or {alternative}"
        ) from error
    try:
        check_file(part, source, f"run the command again, or {alternative}")
    except ModelUnavailableError:
        part.unlink()
        raise
    part.replace(destination)
