"""`speciosa fit`: a population model fitted to a data set."""

import json
from pathlib import Path
from typing import Annotated

import typer


def fit(
    file: Annotated[Path, typer.Argument(help="A fit file (TOML); see docs/fitting.md.")],
    out: Annotated[Path | None, typer.Option(help="A folder for the results.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit a population model to a data set of NONMEM's form.

    The fit file names the data set, the model, starts, variability, residual model and method (FO, FOCE, FOCEI, LAPLACE,
    AGQ, IMP, SAEM, NUTS).
    The fit is saved before its standard errors are worked out. Exit status 0: converged, or evaluated as asked;
    1: not converged, or the objective is not finite; 2: an input that cannot be used.

    Example: speciosa fit phenobarbital.toml --out phenobarbital
    """
    from speciosa.estimation.fitting import fit as run
    from speciosa.estimation.result import Fit
    from speciosa.estimation.saving import save_fit
    from speciosa.progress import on_terminal
    from speciosa.saving import save_whole, writable_folder

    if out is not None:
        writable_folder(out)

    def keep(found: Fit) -> None:
        if out is not None:
            save_fit(found, out)

    with on_terminal(not as_json) as progress:
        found = run(file, keep=keep, progress=progress)
    if out is not None:
        from speciosa.report.sections.fits.fit_page import fit_page

        save_whole(out / "report.html", fit_page(found))
    print(json.dumps(found.as_dict(), allow_nan=False) if as_json else found.text())
    if not found.converged:
        raise typer.Exit(1)
