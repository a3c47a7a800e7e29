"""The server: Shiny behind the guard, on the loopback address unless a token is given."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import uvicorn
from htmltools import Tag
from shiny import App
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from speciosa.app.frame import assets, whole_page
from speciosa.app.guard import LOOPBACK, Guard
from speciosa.app.limits import LIMITS, Limits
from speciosa.app.live import serve_session
from speciosa.app.questions import ask, sized
from speciosa.app.runs import Runs, Ticket
from speciosa.app.state import State, accept
from speciosa.errors import Fault, InputError

_FRAME_MOST = 2_000_000
_LEAST_TOKEN = 16


class Site:
    """The whole app as an ASGI application.

    Args:
        token: asked of every browser; needed where the app listens beyond the loopback address.
        limits: of what one may ask.
    """

    def __init__(self, token: str = "", limits: Limits = LIMITS) -> None:
        self.runs = Runs(limits)
        self.shiny = App(_page, partial(_serve, self.runs))
        self.shiny.sanitize_errors = True
        hosts = ("*",) if token else LOOPBACK
        self.guard = Guard(self._inner, token=token, hosts=hosts, limits=limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        await self.guard(scope, receive, send)

    async def _inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in assets():
            kind, content = assets()[scope["path"]]
            headers = {"cache-control": "max-age=3600"}
            await Response(content, media_type=kind, headers=headers)(scope, receive, send)
            return
        await self.shiny(scope, receive, send)

    async def warm(self) -> None:
        """Makes the first preview before anybody asks, so that the first page is quick."""
        study = ask(accept({})[0]).study
        if study is not None:
            with suppress(Exception):
                await self.runs.run(sized(study, self.runs.preview_size()), Ticket(), preview=True)


def check_address(host: str, token: str) -> None:
    """Whether the app may listen there.

    Raises:
        InputError: another address than the loopback one without a token, or a token that is too short.
    """
    if host not in LOOPBACK and not token:
        raise InputError(
            Fault(
                "--host",
                "the loopback address, or a token",
                f"{host} without a token",
                "Add --token, with words that only your readers know.",
            )
        )
    if token and (len(token) < _LEAST_TOKEN or not token.isascii() or not token.isalnum()):
        raise InputError(
            Fault(
                "--token", f"at least {_LEAST_TOKEN} letters and digits", f"{len(token)} characters"
            )
        )


def serve(
    host: str, port: int, token: str, *, ready: Callable[[str], None] = lambda address: None
) -> None:
    """Serves the app until interrupted.

    Args:
        host: address to listen on.
        port: to listen on; 0 for any that is free.
        token: asked of every browser.
        ready: called with the address once the app listens.

    Raises:
        InputError: the address needs a token.
    """
    check_address(host, token)
    site = Site(token)
    config = uvicorn.Config(
        site,
        host=host,
        port=port,
        log_level="warning",
        ws_max_size=_FRAME_MOST,
        ws="websockets-sansio",
        server_header=False,
        access_log=False,
    )
    server = _Server(config, site, ready)
    try:
        server.run()
    finally:
        site.runs.close()


class _Server(uvicorn.Server):
    """Says where it listens, then warms up."""

    def __init__(self, config: uvicorn.Config, site: Site, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self.site, self.ready = site, ready

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Starts, then tells the address."""
        import asyncio

        await super().startup(sockets)  # type: ignore[arg-type]
        port = next(s.getsockname()[1] for server in self.servers for s in server.sockets)
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        suffix = f"?token={self.site.guard.token}" if self.site.guard.token else ""
        self.ready(f"http://{host}:{port}/{suffix}")
        self.warming = asyncio.create_task(self.site.warm())


def _page(request: Request) -> Tag:
    state: State = request.scope.get("state", {}).get("shown") or accept({})[0]
    return whole_page(state)


def _serve(runs: Runs, input: object, output: object, session: object) -> None:
    serve_session(runs, input, output, session)  # type: ignore[arg-type]
