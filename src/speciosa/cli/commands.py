"""The list of commands. A new command is one file beside this one and one line here."""

import typer


def register(app: typer.Typer) -> None:
    """Adds every command to `app`."""
