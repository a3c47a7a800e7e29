"""`speciosa app`: the comparison in a browser."""

import gc
import json
import os
import sys
from typing import Annotated

import typer


def app(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")] = 8321,
    host: Annotated[str, typer.Option(help="Another address needs a token.")] = "127.0.0.1",
    token: Annotated[
        str,
        typer.Option(help="Asked of every browser; better as SPECIOSA_TOKEN, unseen by others."),
    ] = "",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with the address.")
    ] = False,
) -> None:
    """Serve the app on this computer until interrupted with Ctrl+C.

    Example: speciosa app --port 8321
    """
    from speciosa.errors import MissingExtraError

    # Tables here are small, and many readers share the cores.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # What is loaded stays: looking through it for garbage would take a fifth of the start, and time in every later search.
    gc.disable()
    try:
        import shiny  # noqa: F401
    except ImportError:
        raise MissingExtraError("app", "shiny") from None
    from speciosa.app.serving.server import serve

    gc.freeze()
    gc.enable()

    def ready(address: str) -> None:
        print(json.dumps({"address": address}) if as_json else address, flush=True)
        if browser and sys.stdout.isatty():
            import webbrowser

            webbrowser.open(address)

    serve(host, port, token or os.environ.get("SPECIOSA_TOKEN", ""), ready=ready)
