"""Whether a model's server answers, told within seconds on an offline machine."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from functools import cache

_PATIENCE_SECONDS = 4.0


@cache
def answers(url: str) -> bool:
    """Ask the server of `url` for its headers, once per process and for four seconds at most.

    A refusal (404, 403) is an answer too. Proxies of the environment are honored.
    """
    heard = threading.Event()

    def ask() -> None:
        try:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS).close()
        except urllib.error.HTTPError:
            pass
        except (OSError, ValueError):
            return
        heard.set()

    # A thread, because looking up the server's name obeys no timeout.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE_SECONDS)
    return heard.is_set()
