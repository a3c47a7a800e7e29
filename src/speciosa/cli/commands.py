"""The list of commands. A new command is one file beside this one and one line here."""

import typer

from speciosa.cli import facts, findings, legal, meta, nma, show, validate


def register(app: typer.Typer) -> None:
    """Adds every command to `app`."""
    app.command()(show.show)
    app.command()(legal.legal)
    app.command()(meta.meta)
    app.command()(findings.findings)
    app.command()(nma.nma)
    app.add_typer(facts.app, name="facts")
    app.command()(validate.validate)
