"""`speciosa legal`: what holds where, since when, and on which day that was true."""

import json
from typing import Annotated

import typer


def legal(
    place: Annotated[
        str | None, typer.Argument(help="A code (US-TN, DE) or a name; all places without.")
    ] = None,
    substance: Annotated[
        str | None, typer.Option(help="Only this substance, such as 7-OH.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the legal status of kratom and its alkaloids. This is no legal advice.

    Example: speciosa legal US-TN
    """
    from speciosa.facts import legal as find
    from speciosa.facts.monographs import lines
    from speciosa.facts.places import place_code

    found = find(place, of=substance)
    country = place_code(place).split("-")[0] if place else ""
    above = find(country, of=substance) if country and country != place_code(place or "") else ()
    federal = [row for row in above if row.code == country]
    if as_json:
        rows = [row.model_dump(exclude={"original"}) for row in found]
        nation = [row.model_dump(exclude={"original"}) for row in federal]
        print(json.dumps({"place": place, "rows": rows, "country": nation}))
        return
    for row in found:
        print(lines.law(row))
    if federal:
        print("\nIn the whole country:")
        for row in federal:
            print(lines.law(row))
    print("\nA status may have changed since its date; check the statute. This is no legal advice.")
