"""`speciosa compare`: the main job, from a study to a report."""

import json
from pathlib import Path
from typing import Annotated

import typer

from speciosa.cli.simulating.cluster import ClusterOption, workers


def compare(
    study: Annotated[
        str,
        typer.Argument(
            help="A study file, its lock file, or default, acute, withdrawal, interactions."
        ),
    ] = "default",
    out: Annotated[Path, typer.Option(help="Folder of the report and its data.")] = Path("out"),
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; all cores by default.")
    ] = None,
    chunk: Annotated[int | None, typer.Option(min=8, help="Patients solved at a time.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ignore arms finished before.")] = False,
    cluster: ClusterOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Simulate, gather the evidence, weigh benefit and risk, and write report.html.

    Example: speciosa compare my-study.toml --out results
    """
    from speciosa.comparison import compare as run
    from speciosa.progress import on_terminal

    with on_terminal(not as_json) as progress:
        with workers(cluster) as found:
            comparison = run(
                study,
                folder=out,
                threads=threads,
                chunk=chunk,
                fresh=fresh,
                progress=progress,
                cluster=found,
            )
        # Loaded when the arms are done: drawing needs much that a simulation does not.
        from speciosa.report.write import write_report

        report = write_report(comparison, out, progress=progress)
    if as_json:
        summary = comparison.outcomes.summary().drop("sources").to_dicts()
        print(json.dumps({"report": str(report), "outcomes": summary}))
        return
    for line in comparison.notes:
        print(line)
    print(report)
