"""`speciosa interactions`: may these be taken together, and what happens if they are."""

import json
from typing import Annotated

import typer


def interactions(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Medicines, substances, classes or products by any name; one alone: what it must not be taken with."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what may happen when these are taken together, how sure that is and from where. It advises no dose.

    Example: speciosa interactions kratom citalopram
    """
    from speciosa.interaction import interactions as find

    found = find(*names)
    print(json.dumps(found.as_dict()) if as_json else found)
