"""What every answer carries to keep a page harmless, and which hosts are answered at all.

Without TY_PUBLIC_URL the view is for this machine only: it is bound to the loopback address, and it answers only
requests that name the loopback address, or any web page could read it by DNS rebinding. With it, a proxy on this
machine brings requests to that host as well, over https.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# No script and no style in the page itself: a posting that slipped through escaping could still do nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Two years, so that a browser which was here once never sends a password over http.
_HSTS = "max-age=63072000"


class PublicAddress(NamedTuple):
    """Where people reach the view, by TY_PUBLIC_URL."""

    hosts: list[str]
    is_secure: bool  # over https: then cookies say so

    @classmethod
    def of(cls, url: str | None) -> "PublicAddress":
        if url is None:
            return cls(LOOPBACK_HOSTS, False)
        parts = urlsplit(url)
        host = parts.hostname or ""
        return cls([f"[{host}]" if ":" in host else host, *LOOPBACK_HOSTS], parts.scheme == "https")


def _kept(path: str, has_tag: bool) -> bytes:
    """Who may keep an answer: what has an ETag the reader's own browser, which asks whether it still holds."""
    if path.startswith("/static/"):
        return b"no-cache"
    return b"private, no-cache" if has_tag else b"no-store"


class SecurityHeaders:
    """ASGI middleware that adds HEADERS, and keeps what is about people out of caches."""

    def __init__(self, app: ASGIApp, public: PublicAddress) -> None:
        self.app = app
        more = {"Strict-Transport-Security": _HSTS} if public.is_secure else {}
        # As they are sent, and put together once: every answer has them.
        self._always = [(name.lower().encode(), value.encode()) for name, value in (HEADERS | more).items()]
        self._names = {name for name, _ in self._always}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [header for header in message["headers"] if header[0] not in self._names]
                names = {name for name, _ in own}
                if b"cache-control" not in names:
                    own.append((b"cache-control", _kept(scope["path"], b"etag" in names)))
                message["headers"] = [*own, *self._always]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
