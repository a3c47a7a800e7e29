"""`speciosa show`: a monograph of a substance, product, claim, study or reference."""

import json
from textwrap import indent
from typing import Annotated

import typer


def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A substance, product, claim (c07), topic of safety (pregnancy), study, reference or fact."
        ),
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Every row, not only the best of a section.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what is known of something, each number with its source and how it was seen.

    Example: speciosa show mitragynine
    """
    from speciosa.facts import monograph

    found = monograph(name, full=everything or as_json)
    if found.kind != "claim":
        print(json.dumps(found.as_dict()) if as_json else found)
        return
    from speciosa.evidence.ledger.claims import support

    behind = support(found.id)
    text = f"{found}\n\nBehind the verdict\n{indent(behind.evidence_text(), '  ')}"
    print(json.dumps(found.as_dict() | {"evidence": behind.as_dict()}) if as_json else text)
