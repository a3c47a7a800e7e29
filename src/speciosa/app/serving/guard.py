"""The door of the server: who may connect, what a message may hold, and what a page may load.

It stands before Shiny, so that nothing malformed reaches it. Whatever is refused is refused with a message.
"""

import asyncio
import hmac
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from speciosa.app.asking.state import read_query
from speciosa.app.limits import LIMITS, Limits
from speciosa.app.serving.messages import NotAllowed, clean
from speciosa.errors import InputError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::([0-9]{1,5}))?")
COOKIE = "speciosa"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Guard:
    """Checks every request and message before the app sees it.

    Args:
        app: the app behind the door.
        token: needed from every browser; none on the loopback address.
        hosts: names under which the app answers; any with a token.
        limits: of messages and sessions.
    """

    def __init__(
        self,
        app: App,
        *,
        token: str = "",
        hosts: tuple[str, ...] = LOOPBACK,
        limits: Limits = LIMITS,
    ) -> None:
        self.app, self.token, self.hosts, self.limits = app, token, hosts, limits
        self.sessions = 0
        self.by_client: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if pair[0] not in dict(HEADERS)]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        query = scope.get("query_string", b"").decode("latin-1")
        if host_of(scope) is None:
            await refuse(guarded, 400, "The name by which you asked for this address is none.")
        elif not self._host_known(scope):
            await refuse(guarded, 421, "This address does not answer under the name you used.")
        elif scope["method"] not in {"GET", "HEAD"}:
            await refuse(guarded, 405, "Only pages can be asked for; nothing can be sent here.")
        elif self.token and not self._cookie_fits(scope):
            await self._enter(query, guarded)
        elif scope["path"] == "/":
            await self._page(scope, query, receive, guarded)
        else:
            await self.app({**scope, "query_string": b""}, receive, guarded)

    async def _page(self, scope: Scope, query: str, receive: Receive, send: Send) -> None:
        try:
            state = read_query(query)
        except InputError as error:
            await refuse(send, 400, f"This link cannot be used.\n{error}")
            return
        inner = {**scope, "query_string": b"", "state": {**scope.get("state", {}), "shown": state}}
        await self.app(inner, receive, send)

    async def _enter(self, query: str, send: Send) -> None:
        pairs = parse_qsl(query[: self.limits.query])
        sent = dict(pairs).get("token", "")
        if not hmac.compare_digest(sent.encode(), self.token.encode()):
            await refuse(send, 403, "This app asks for the token that was given at its start.")
            return
        rest = urlencode([pair for pair in pairs if pair[0] != "token"])
        cookie = f"{COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        headers = [(b"location", f"/?{rest}".encode()), (b"set-cookie", cookie.encode())]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = str((scope.get("client") or ("",))[0])
        allowed = (
            self._host_known(scope)
            and self._same_origin(scope)
            and (not self.token or self._cookie_fits(scope))
            and self.sessions < self.limits.sessions
            and self.by_client[client] < self.limits.sessions_a_client
        )
        if not allowed:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})
            return
        self.sessions += 1
        self.by_client[client] += 1
        started = False

        async def guarded() -> Message:
            nonlocal started
            while True:
                try:
                    message = await asyncio.wait_for(
                        receive(), None if started else self.limits.hello_s
                    )
                except TimeoutError:
                    await send({"type": "websocket.close", "code": 1008, "reason": "no hello"})
                    return {"type": "websocket.disconnect", "code": 1008}
                if message["type"] != "websocket.receive":
                    return message
                try:
                    kept, refused = clean(message, started, self.limits)
                except NotAllowed as error:
                    kept, refused = None, str(error)
                if refused:
                    note = {"custom": {"refused": {"text": refused[:2000]}}}
                    await send({"type": "websocket.send", "text": json.dumps(note)})
                if kept is not None:
                    started = True
                    return {"type": "websocket.receive", "text": kept}

        try:
            await self.app({**scope, "query_string": b""}, guarded, send)
        finally:
            self.sessions -= 1
            self.by_client[client] -= 1
            if not self.by_client[client]:
                del self.by_client[client]

    def _host_known(self, scope: Scope) -> bool:
        name = host_of(scope)
        return bool(name) and ("*" in self.hosts or name in self.hosts)

    def _same_origin(self, scope: Scope) -> bool:
        origin, host = _header(scope, b"origin"), _header(scope, b"host")
        try:
            return not origin or urlsplit(origin).netloc == host
        except ValueError:
            return False

    def _cookie_fits(self, scope: Scope) -> bool:
        cookies = [part.strip() for part in _header(scope, b"cookie").split(";")]
        sent = next((c.partition("=")[2] for c in cookies if c.startswith(f"{COOKIE}=")), "")
        return hmac.compare_digest(sent.encode(), self.token.encode())


def host_of(scope: Scope) -> str | None:
    """The name under which a request asks for this server; None where the header `Host` is missing or malformed.

    Example:
        >>> [host_of({"headers": [(b"host", name)]}) for name in (b"localhost:80", b"[::1]", b"[::1", b"a b")]
        ['localhost', '::1', None, None]
    """
    host = _header(scope, b"host")
    match = _HOST.fullmatch(host)
    if match is None or int(match[3] or 0) > 65535:
        return None
    return (match[1] or match[2]).casefold()


async def refuse(send: Send, status: int, message: str) -> None:
    """A short page that says why something is refused."""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Speciosa</title>'
        '<link rel="stylesheet" href="/app.css"></head><body><main class="page"><h1>Not possible</h1>'
        f'<p style="white-space:pre-line">{escape(message)}</p><p><a href="/">Begin anew</a></p></main></body></html>'
    ).encode("utf-8", "replace")
    headers = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
