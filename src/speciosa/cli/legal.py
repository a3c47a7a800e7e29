"""`speciosa legal`: what holds where, since when, on which day that was true, and how old the answer is."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from speciosa.facts.schema import LegalStatus


def legal(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="place", help="A code (US-TN, DE) or a name; all places without."),
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
    from speciosa.facts import legal as find
    from speciosa.facts.monographs import lines
    from speciosa.facts.places import FRESH_DAYS, namesake, standing, whole_country

    place = " ".join(words) if words else None
    day = on.date() if on else date.today()
    found = find(place, of=substance)
    federal = whole_country(place, of=substance) if place else ()
    note = namesake(place) if place else ""
    if as_json:
        told = {"place": place, "on": str(day), "rows": _dated(found, day)}
        print(json.dumps({**told, "country": _dated(federal, day), "note": note}))
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


def _dated(rows: Sequence["LegalStatus"], day: date) -> list[dict[str, object]]:
    """Rows as plain values, each with its age at a day."""
    from speciosa.facts.places import standing

    told = []
    for row in rows:
        age = standing(row, day)
        told.append(
            row.model_dump(exclude={"original"}) | {"age_days": age.age_days, "stale": age.stale}
        )
    return told
