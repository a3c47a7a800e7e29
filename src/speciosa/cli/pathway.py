"""`speciosa pathway`: treatment plans over months and years."""

import json
from pathlib import Path
from typing import Annotated

import typer


def pathway(
    plan: Annotated[
        str, typer.Argument(help="A plan (TOML), or opioid-use-disorder or chronic-pain.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the report and its data.")] = Path("out"),
    trial: Annotated[
        Path | None,
        typer.Option(
            help="Observed statistics to predict (CSV: id, arm, quantity, at, value, low, high, n)."
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; all cores by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Follow people through treatment for months and years: leaving, use, relapse, overdose, death.

    Writes pathway.html, outcomes.parquet, people.parquet (state changes of the people of the first draw) and pathway.lock.toml.
    With --trial the rows of a file are predicted instead, for the people of the plan. The numbers inform; they recommend nothing.

    Example: speciosa pathway opioid-use-disorder --out plan
    """
    from speciosa.care.read import read_plan
    from speciosa.progress import on_terminal

    asked = read_plan(plan)
    if trial is not None:
        from speciosa.care.observed.trial import lines_of, predict_trial

        with on_terminal(not as_json) as progress:
            report = predict_trial(asked, trial, threads=threads, progress=progress)
        if as_json:
            print(json.dumps(report.as_dict(), allow_nan=False))
        else:
            print("\n".join(lines_of(report)))
        return
    from speciosa.care.run import pathway as run
    from speciosa.care.saving import save_run
    from speciosa.report.plans.page import pathway_page
    from speciosa.report.plans.plainly import first_lines
    from speciosa.saving import save_whole, writable_folder

    writable_folder(out)
    with on_terminal(not as_json) as progress:
        found = run(asked, threads=threads, progress=progress)
    save_run(found, out)
    page = save_whole(out / "pathway.html", pathway_page(found))
    if as_json:
        summary = found.outcomes.summary().drop("sources").to_dicts()
        print(json.dumps({"report": str(page), "notes": list(found.notes), "outcomes": summary}))
        return
    for line in (*first_lines(found), *found.notes):
        print(line)
    print(page)
