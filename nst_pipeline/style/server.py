"""Check within seconds whether a model's server can be reached."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from functools import cache

_TIMEOUT_SECONDS = 4.0


@cache
def server_responds(url: str) -> bool:
    """Return whether the server of a URL responds within four seconds; cached per process.

    A refusal (404, 403) also counts as a response. Proxies set in the environment are used.
    """
    responded = threading.Event()

    def request_headers() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()
        except urllib.error.HTTPError:
            pass
        except (OSError, ValueError):
            return
        responded.set()

    # In a thread, because the lookup of the server's name has no timeout.
    thread = threading.Thread(target=request_headers, daemon=True)
    thread.start()
    thread.join(_TIMEOUT_SECONDS)
    return responded.is_set()
