"""Keeps other machines, and other sites in the user's browser, away from the app."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""The pages' Content-Security-Policy: as the gallery's, and they may talk to the app."""
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_SAFE_METHODS = {"GET", "HEAD"}


class Guard:
    """Answers only requests to the app's own address, and changes only from its own pages.

    A site whose name was pointed at this machine has another `Host`. A form or script of another
    site has another `Origin`, or none.

    Parameters
    ----------
    app
        The application behind it.
    hosts
        Accepted values of the header `Host`, such as `127.0.0.1:3100`.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self._app, self._hosts = app, frozenset(hosts)

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return f"unknown host {host!r}: open one of {', '.join(sorted(self._hosts))}"
        is_own = headers.get("origin") == f"http://{host}"
        if scope["method"] not in _SAFE_METHODS and not is_own:
            return "only the pages of this app may change something: use them"
        return ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        answer = JSONResponse({"error": refusal}, 403) if refusal else self._app
        await answer(scope, receive, send_with_headers)
