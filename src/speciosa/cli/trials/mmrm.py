"""`speciosa mmrm`: the mixed model for repeated measures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from speciosa.trials.repeated.contrasts import Contrast
    from speciosa.trials.repeated.model import Mmrm


def mmrm(
    file: Annotated[Path, typer.Argument(help="One row a subject and visit (CSV).")],
    formula: Annotated[str, typer.Option(help="Such as 'FEV1 ~ RACE + SEX + ARMCD*AVISIT'.")],
    subject: Annotated[str, typer.Option(help="Column of the subject.")],
    visit: Annotated[str, typer.Option(help="Column of the visit.")],
    method: Annotated[str, typer.Option(help="REML or ML.")] = "REML",
    df: Annotated[str, typer.Option(help="satterthwaite or kenward-roger.")] = "satterthwaite",
    arm: Annotated[
        str | None,
        typer.Option(
            help="Factor whose levels are compared; the one that interacts with the visit."
        ),
    ] = None,
    covariance: Annotated[
        str | None,
        typer.Option(help="unstructured or toeplitz; the first that the data can fix."),
    ] = None,
    reference: Annotated[
        list[str] | None, typer.Option(help="First level of a factor: FACTOR=LEVEL; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare treatments visit by visit with a mixed model for repeated measures.

    Example: speciosa mmrm visits.csv --formula "FEV1 ~ RACE + SEX + ARMCD*AVISIT" --subject USUBJID --visit AVISIT
    """
    from speciosa.delimited import read_text_table
    from speciosa.errors import Fault, InputError
    from speciosa.trials.repeated.model import mmrm as run

    pairs = [text.partition("=") for text in reference or []]
    wrong = [Fault("--reference", "FACTOR=LEVEL", "".join(p)) for p in pairs if not (p[0] and p[2])]
    if wrong:
        raise InputError(wrong)
    table = read_text_table(file, row_names=True)
    columns = {name: [row[place] for row in table.rows] for place, name in enumerate(table.names)}
    found = run(
        columns,
        formula,
        subject=subject,
        visit=visit,
        method=method,
        df=df,
        arm=arm,
        covariance=covariance,
        reference={factor.strip(): level.strip() for factor, _, level in pairs},
        lines=table.lines,
    )
    if as_json:
        print(json.dumps(found.as_dict(), allow_nan=False))
    else:
        _told(found)


def _told(found: "Mmrm") -> None:
    print(f"{found.formula}, {found.method}, {found.structure} covariance")
    missing = f", {found.left_out} rows with something missing left out" if found.left_out else ""
    print(f"{found.observations} observations of {found.subjects} subjects{missing}")
    print(f"-2 log-likelihood {found.neg2_loglik:.4f}")
    for warning in found.warnings:
        print(f"Warning: {warning}")
    print("\nDifference                      estimate   (95% interval)         se    df       p")
    for (pair, visit), row in found.differences.items():
        _line(f"{pair} at {visit}", row)
    print("\nLeast-squares mean")
    for (level, visit), row in found.lsmeans.items():
        _line(f"{level} at {visit}".removeprefix(" at "), row)
    print("\nCoefficient")
    for name, row in found.estimates.items():
        _line(name, row)


def _line(name: str, row: "Contrast") -> None:
    p = f"{row.p:.4f}" if row.p >= 0.0001 else "<0.0001"
    interval = f"({row.lower:.4g} to {row.upper:.4g})"
    print(f"{name:<30} {row.estimate:9.4g}   {interval:<20} {row.se:7.4g} {row.df:5.1f} {p:>7}")
