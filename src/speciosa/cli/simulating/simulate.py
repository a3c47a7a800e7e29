"""`speciosa simulate`: the simulation of a study alone, or of a model of systems biology, as a table."""

import json
from pathlib import Path
from typing import Annotated

import typer

from speciosa.cli.simulating.cluster import ClusterOption, workers


def simulate(
    study: Annotated[
        str,
        typer.Argument(
            help="A study file, its lock file, or default, acute, withdrawal, interactions; "
            "or a model of systems biology (SBML, .xml)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="File to write: CSV if it ends in .csv, else Parquet.")],
    courses: Annotated[
        bool, typer.Option("--courses", help="Write time courses instead of one row a patient.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; all cores by default.")
    ] = None,
    cluster: ClusterOption = None,
    times: Annotated[
        str, typer.Option(help="Of SBML: BEGIN:END:STEP in the file's own unit of time.")
    ] = "",
    amount: Annotated[str, typer.Option(help="Of SBML: species to show as amounts, a,b.")] = "",
    concentration: Annotated[
        str, typer.Option(help="Of SBML: species to show as concentrations, a,b.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Simulate the arms of a study and write one row a patient, or the time courses.

    Example: speciosa simulate default --out patients.csv
    """
    from speciosa.cli.simulating.sbml import is_sbml, simulate_file

    if is_sbml(study):
        simulate_file(study, out, times, amount, concentration, as_json=as_json)
        return
    from speciosa.cli.simulating.table import save_table
    from speciosa.comparison import question
    from speciosa.progress import on_terminal
    from speciosa.saving import writable_file
    from speciosa.study.run import run_study
    from speciosa.study.tables import courses_table, patients_table

    asked, notes = question(study)
    writable_file(out)
    with on_terminal(not as_json) as progress, workers(cluster) as found:
        run = run_study(asked, threads=threads, progress=progress, cluster=found)
    table = courses_table(run) if courses else patients_table(run)
    save_table(table, out)
    if as_json:
        print(json.dumps({"file": str(out), "rows": len(table), "columns": table.columns}))
    else:
        for line in notes:
            print(line)
        print(f"{out}: {len(table)} rows")
