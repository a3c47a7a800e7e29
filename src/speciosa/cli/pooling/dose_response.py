"""`speciosa dose-response`: one curve over dose from the studies that report several doses."""

import json
import math
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from speciosa.cli.pooling.options import Columns, Json, Level, Rows, Sheet
from speciosa.errors import EvidenceError, Fault


def dose_response(
    file: Annotated[Path, typer.Argument(help="One row a dose of a study: CSV, Excel or Parquet.")],
    curve: Annotated[str, typer.Option(help="linear, quadratic or spline.")] = "linear",
    knots: Annotated[
        str,
        typer.Option(help="Of a spline: 3, 4 or 5, at customary quantiles; or doses, as 5,20,60."),
    ] = "3",
    procedure: Annotated[
        str, typer.Option(help="two-stage, or one-stage: takes in studies with few doses.")
    ] = "two-stage",
    method: Annotated[str, typer.Option(help="REML, ML or fixed.")] = "REML",
    standardised: Annotated[
        bool, typer.Option("--standardised", help="Differences of means over their SD.")
    ] = False,
    reference: Annotated[
        float | None,
        typer.Option(help="Dose that others are shown against; the lowest by default."),
    ] = None,
    at: Annotated[str, typer.Option(help="Doses to show, as 5,10,20.")] = "",
    level: Level = 0.95,
    columns: Columns = None,
    rows: Rows = None,
    sheet: Sheet = "",
    as_json: Json = False,
) -> None:
    """Pool dose-response curves.

    Columns for ratios: study, dose, cases, n, type (cc: case-control, ir: rates with n in person-time, ci: risks) with RR,
    lower, upper or logrr, se; the reference dose has a ratio of 1. For means: study, dose, mean, sd, n.

    Example: speciosa dose-response doses.csv --curve spline --knots 3
    """
    from speciosa.cli.pooling.reading import reading_of
    from speciosa.evidence.dose.result import dose_response as pool
    from speciosa.evidence.dose.words import as_text

    stated = _numbers(knots, "--knots")
    several = len(stated) > 1
    result = pool(
        file,
        curve=cast(Any, curve),
        knots=stated if several else int(stated[0]) if stated else 3,
        procedure=cast(Any, procedure),
        method=cast(Any, method if method == "fixed" else method.upper()),
        standardised=standardised,
        level=level,
        reading=reading_of("", columns, rows, sheet, repeated=True),
    )
    found = result.to_json()
    if at or reference is not None:
        doses = _numbers(at, "--at") or result.grid().tolist()
        asked = result.predict(doses, reference).to_dicts()
        base = result.lowest if reference is None else reference
        found |= {"predictions": asked, "reference_dose": base}
    if as_json:
        print(json.dumps(found))
        return
    print(as_text(result))
    if at or reference is not None:
        print(f"Against dose {found['reference_dose']:g}:")
        for row in found["predictions"]:
            print(
                f"  {row['dose']:g}: {row['effect']:.4g} ({row['ci_low']:.4g} to {row['ci_high']:.4g})"
            )


def _numbers(text: str, option: str) -> list[float]:
    """Numbers joined by commas."""
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        raise EvidenceError(Fault(option, "numbers joined by commas", repr(text)))
    return found
