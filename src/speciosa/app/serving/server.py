"""The server: Shiny behind the guard, on the loopback address unless a token is given."""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path

import uvicorn
from shiny import App, Inputs, Outputs, Session
from shiny.ui._page import PageHtmlDocument
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from speciosa.app.asking.questions import ask, sized
from speciosa.app.asking.state import State, accept
from speciosa.app.limits import LIMITS, Limits
from speciosa.app.page.frame import assets, whole_page
from speciosa.app.page.pages import drawn_page
from speciosa.app.running.runs import Runs, Ticket, key_of
from speciosa.app.running.shelf import SHELF, Shelf
from speciosa.app.serving.guard import LOOPBACK, Guard, refuse
from speciosa.app.serving.live import serve_session
from speciosa.app.serving.patience import Patient
from speciosa.errors import Fault, InputError
from speciosa.saving import cache_folder

_FRAME_MOST = 2_000_000
_LEAST_TOKEN = 16
_FIRST_LOOK_S = 10.0
_INLINE = re.compile(rb"<script>.*?</script>", re.DOTALL)


class Site:
    """The whole app as an ASGI application.

    Args:
        token: asked of every browser; needed where the app listens beyond the loopback address.
        limits: of what one may ask.
    """

    def __init__(self, token: str = "", limits: Limits = LIMITS) -> None:
        self.runs, self.shelf = Runs(limits), Shelf(limits.shelf_bytes)
        self.shiny = App(_page, self._session)
        self.shiny.sanitize_errors = True
        hosts = ("*",) if token else LOOPBACK
        self.guard = Guard(self._inner, token=token, hosts=hosts, limits=limits)

    def _session(self, input: Inputs, output: Outputs, session: Session) -> None:
        serve_session(self.runs, self.shelf, input, session)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        await self.guard(scope, receive, send)

    async def _inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in assets():
            kind, content = assets()[scope["path"]]
            headers = {"cache-control": "max-age=3600"}
            await Response(content, media_type=kind, headers=headers)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith(SHELF):
            await self._kept(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/":
            await self.shiny(scope, receive, _without_inline_scripts(send))
        else:
            await self.shiny(scope, receive, send)

    async def _kept(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.shelf.find(scope["path"].removeprefix(SHELF))
        if found is None:
            await refuse(send, 404, "This file is no longer kept. Make it again.")
            return
        name, content = found
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        response = Response(content, media_type="application/octet-stream", headers=headers)
        await response(scope, receive, send)

    async def warm(self) -> None:
        """Makes the first preview before anybody asks, so that the first page is quick.

        Its arms stay in the user's cache between starts; the equations are then written while the reader looks.
        """
        state = accept({})[0]
        study = ask(state).study
        if study is None:
            return
        first = sized(study, self.runs.preview_size())
        folder = kept_between_starts(key_of(first))
        with suppress(Exception):
            run = await self.runs.run(first, Ticket(), preview=True, folder=folder)
            await drawn_page(self.runs, state["page"], state, study, run, narrow=False)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.runs.shown.wait(), _FIRST_LOOK_S)
            if folder is not None:
                await self.runs.aside(partial(self.runs.adopt, folder))
            small = sized(study, self.runs.limits.crowded)
            await self.runs.run(small, Ticket(), preview=True)
            await self.runs.hire(small)
            await self.runs.aside(_load_other_pages)


def _load_other_pages() -> None:
    """What pages other than the first draw with is loaded while nobody waits for it."""
    for name in ("app.page.evidence_view", "comparison.weighing", "report.sections.weighing_part"):
        import_module(f"speciosa.{name}")


def kept_between_starts(key: str) -> Path | None:
    """The folder of what one run takes, kept between starts in place of any other; None where it cannot be written."""
    own = cache_folder()
    if own is None:
        return None
    place = own / "first-preview"
    folder = place / hashlib.sha256(key.encode()).hexdigest()[:16]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in place.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


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
    host: str,
    port: int,
    token: str,
    *,
    ready: Callable[[str], None] = lambda address: None,
    warm: bool = True,
) -> None:
    """Serves the app until interrupted.

    Args:
        host: address to listen on.
        port: to listen on; 0 for any that is free.
        token: asked of every browser.
        ready: called with the address once the app listens.
        warm: whether to make the first preview before anybody asks.

    Raises:
        InputError: the address needs a token.
    """
    check_address(host, token)
    site = Site(token)
    config = uvicorn.Config(
        site,
        host=host,
        port=port,
        http=Patient,
        log_level="warning",
        ws_max_size=_FRAME_MOST,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    _Server(config, site, ready, warm).run()


class _Server(uvicorn.Server):
    """Says where it listens, then warms up."""

    def __init__(
        self, config: uvicorn.Config, site: Site, ready: Callable[[str], None], warm: bool
    ) -> None:
        super().__init__(config)
        self.site, self.ready, self.warm = site, ready, warm

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Starts, then tells the address."""
        await super().startup(sockets)  # type: ignore[arg-type]
        port = next(s.getsockname()[1] for server in self.servers for s in server.sockets)
        host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
        suffix = f"?token={self.site.guard.token}" if self.site.guard.token else ""
        self.ready(f"http://{host}:{port}/{suffix}")
        if self.warm:
            self.warming = asyncio.create_task(self.site.warm())

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Ends what runs and removes what was stored: a signal would end the process right after this."""
        await super().shutdown(sockets)  # type: ignore[arg-type]
        if self.warm:
            self.warming.cancel()
        self.site.runs.close()


def _page(request: Request) -> PageHtmlDocument:
    state: State = request.scope.get("state", {}).get("shown") or accept({})[0]
    return whole_page(state)


def _without_inline_scripts(send: Send) -> Send:
    """Takes scripts without a file out of a page: the content security policy allows none."""
    start: list[Message] = []
    body: list[bytes] = []

    async def edited(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
            return
        body.append(message.get("body", b""))
        if message.get("more_body"):
            return
        content = _INLINE.sub(b"", b"".join(body))
        kept = [pair for pair in start[0]["headers"] if pair[0] != b"content-length"]
        length = (b"content-length", str(len(content)).encode())
        await send({**start[0], "headers": [*kept, length]})
        await send({"type": "http.response.body", "body": content})

    return edited
