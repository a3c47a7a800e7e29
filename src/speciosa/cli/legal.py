"""`speciosa legal`: what holds where, since when, on which day that was true, and how old the answer is."""

import json
from datetime import datetime
from typing import Annotated

import typer


def legal(
    place: Annotated[
        str | None, typer.Argument(help="A code (US-TN, DE) or a name; all places without.")
    ] = None,
    substance: Annotated[
        str | None, typer.Option(help="Only this substance, such as 7-OH.")
    ] = None,
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The day from which ages are counted; today without."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the legal status of kratom and its alkaloids. This is no legal advice.

    Example: speciosa legal US-TN
    """
    from datetime import date

    from speciosa.facts import legal as find
    from speciosa.facts.monographs import lines
    from speciosa.facts.places import FRESH_DAYS, namesake, place_code, standing

    day = on.date() if on else date.today()
    found = find(place, of=substance)
    country = place_code(place).split("-")[0] if place else ""
    above = find(country, of=substance) if country and country != place_code(place or "") else ()
    federal = [
        row
        for row in above
        if row.code == country and (substance or not row.scope.startswith("medicine"))
    ]
    note = namesake(place) if place else ""
    if as_json:
        rows, nation = (
            [
                row.model_dump(exclude={"original"})
                | {
                    "age_days": standing(row, day).age_days,
                    "stale": standing(row, day).stale,
                }
                for row in part
            ]
            for part in (found, federal)
        )
        print(
            json.dumps(
                {"place": place, "on": str(day), "rows": rows, "country": nation, "note": note}
            )
        )
        return
    if note:
        print(note)
    for row in found:
        print(lines.law(row, day))
    if not found and place:
        print(f"{place}: no row of its own for {substance}.")
    if federal:
        print("\nIn the whole country:")
        for row in federal:
            print(lines.law(row, day))
    stale = sum(standing(row, day).stale for row in (*found, *federal))
    print(
        f"\nAges are counted on {day}; {stale} of {len(found) + len(federal)} answers are stale: nobody looked for"
        f" {FRESH_DAYS} days, or a date has passed. Check the statute. This is no legal advice."
    )
