"""`speciosa cite`: how to cite the program and the date of its facts."""

import json
from typing import Annotated

import typer


def cite(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print how to cite the program, with its version and the date of its facts.

    Example: speciosa cite
    """
    from speciosa import __version__
    from speciosa.facts.lookup import edition

    title = "Speciosa: kratom compared with opioid medicines by simulated patients, pooled trials, and benefit and risk"
    day = edition()
    if as_json:
        print(json.dumps({"title": title, "version": __version__, "facts": day}))
        return
    print(f"The Speciosa developers. {title}. Version {__version__}, facts of {day}.")
    print("Cite the primary sources that a report lists too: the numbers are theirs.")
