"""The list of commands. A new command is one file beside this one and one line here."""

import typer

from speciosa.cli import (
    browser,
    check,
    cite,
    compare,
    facts,
    findings,
    fit,
    interactions,
    legal,
    new,
    overdose,
    pathway,
    products,
    show,
    validate,
)
from speciosa.cli.pooling import dose_response, meta, nma
from speciosa.cli.simulating import simulate
from speciosa.cli.trials import design, mmrm, trial


def register(app: typer.Typer) -> None:
    """Adds every command to `app`, once."""
    if app.registered_commands:
        return
    app.command()(new.new)
    app.command()(compare.compare)
    app.command()(check.check)
    app.command()(simulate.simulate)
    app.command()(show.show)
    app.command()(legal.legal)
    app.command()(meta.meta)
    app.command()(findings.findings)
    app.command()(interactions.interactions)
    app.command()(nma.nma)
    app.command()(dose_response.dose_response)
    app.add_typer(facts.app, name="facts")
    app.command()(validate.validate)
    app.command()(fit.fit)
    app.add_typer(design.app, name="design")
    app.command()(mmrm.mmrm)
    app.command()(trial.trial)
    app.command()(overdose.overdose)
    app.command()(pathway.pathway)
    app.command()(products.products)
    app.command()(cite.cite)
    app.command()(browser.app)
