"""`speciosa facts`: audit the fact base, search it, check a file of one's own."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The fact base: audit it, search it.", no_args_is_help=True)


@app.command()
def check(
    folder: Annotated[
        Path | None, typer.Option(help="Another folder of fact files than the built-in one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Audit the fact base and count what was confirmed, corrected, not confirmed or only recalled.

    Example: speciosa facts check
    """
    from speciosa.errors import FactError, Fault
    from speciosa.facts import audit
    from speciosa.facts.tables import DATA

    if folder is not None and not (folder / "references.bib").is_file():
        expected = "a whole fact base with a references.bib of its own"
        on_top = "A folder that is read on top of the built-in facts is checked by --facts."
        raise FactError([Fault(str(folder), expected, "none", on_top)])
    found = audit(folder or DATA)
    print(json.dumps(found.as_dict()) if as_json else found)
    if not found.passed:
        raise typer.Exit(2)


@app.command()
def new(
    substance: Annotated[
        str, typer.Argument(help="The id of the substance: small letters, digits, underscores.")
    ],
    facts: Annotated[
        Path, typer.Option(help="The folder to write to; made where there is none.")
    ] = Path("facts"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write a model sheet with its effects, a product and a first row of facts to start from.

    Example: speciosa facts new cebranopadol --facts my-facts
    """
    from speciosa.facts.sheets.start import new_substance

    written = new_substance(substance, facts)
    if as_json:
        print(json.dumps({"substance": substance, "written": [str(path) for path in written]}))
        return
    for path in written:
        print(path)
    print(f"Next: replace what says template, then speciosa show {substance} --facts {facts}")


@app.command()
def recompute(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count rows again whose patients are kept by day: retention in CTN-0027.

    Example: speciosa facts recompute
    """
    from speciosa.evidence.ledger.ctn0027 import recounted

    found = recounted()
    if as_json:
        print(json.dumps([asdict(each) | {"agrees": each.agrees} for each in found]))
    else:
        for each in found:
            print(f"{each.row}: {each.rule}")
            print(f"  stored {each.stored}, counted {each.counted}")
    if not all(each.agrees for each in found):
        raise typer.Exit(2)


@app.command()
def used(
    study: Annotated[str, typer.Argument(help="A study file, or one that ships by its name.")],
    unsettled: Annotated[
        bool, typer.Option("--unsettled", help="Only rows neither confirmed nor judgement.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the rows of facts that a study uses, what for, and whether each was confirmed.

    Example: speciosa facts used default --unsettled
    """
    from collections import Counter

    from speciosa.comparison.used_rows import used_rows
    from speciosa.study import read_study

    rows = used_rows(read_study(study))
    counts = dict(sorted(Counter(row.state for row in rows).items()))
    shown = [row for row in rows if not (unsettled and row.settled)]
    if as_json:
        print(json.dumps({"counts": counts, "rows": [asdict(row) for row in shown]}))
        return
    for row in shown:
        print(f"{row.id:24} {row.state:12} {'; '.join(row.uses)}")
    print(f"{len(rows)} rows: " + ", ".join(f"{n} {state}" for state, n in counts.items()))


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="Words of a name, synonym, claim or title.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find substances, products, claims, studies and references by name or synonym.

    Example: speciosa facts search tylenol
    """
    from speciosa.facts import search as find

    found = find(text)
    if as_json:
        print(json.dumps({"query": text, "found": [asdict(each) for each in found]}))
        return
    for each in found:
        print(f"{each.kind:10} {each.id:28} {each.name}")
    if not found:
        print("Nothing has this name. Shorter words find more.")
