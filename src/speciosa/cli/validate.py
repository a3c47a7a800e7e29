"""`speciosa validate`: observed statistics of human studies against what the models predict."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speciosa.cli.simulating.cluster import ClusterOption, workers

if TYPE_CHECKING:
    from speciosa.validation.run import Report
    from speciosa.validation.textbook.run import Verdict


def validate(
    file: Annotated[
        Path,
        typer.Argument(
            help="Observations, one row a reported statistic (CSV), or the name of a shipped file."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write every row with its prediction here (CSV).")
    ] = None,
    split: Annotated[str, typer.Option(help="Only rows whose split is this.")] = "",
    draws: Annotated[int, typer.Option(help="Draws of the uncertain parameters.")] = 80,
    seed: Annotated[int, typer.Option(help="Seed of the virtual patients.")] = 1,
    cluster: ClusterOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Predict observed statistics and say how well.

    Columns: id, study, population, n, doses, versus, covariates, analyte, metric, at, statistic, value, unit,
    spread_type, spread, reference, location, seen, split; id, doses, analyte, metric, value and unit must be there.
    A row that cannot be read or predicted is named with the reason; the others still count.
    A file with the columns expected_low and expected_high holds checks, and right or wrong is printed for each.

    Files that ship with Speciosa are found by name from any folder: plasma, interactions, effects, textbook.

    Example: speciosa validate observations/plasma.csv --split fit --out predicted.csv
    """
    from speciosa.errors import Fault, InputError
    from speciosa.progress import on_terminal
    from speciosa.saving import save_whole, writable_file
    from speciosa.validation.predict import Options
    from speciosa.validation.run import must_hold, validate
    from speciosa.validation.textbook.checks import has_checks
    from speciosa.validation.textbook.run import judge

    if draws < 10:
        raise InputError(Fault("--draws", "10 or more", str(draws)))
    if out is not None:
        writable_file(out)
    options = Options(draws, seed)
    if has_checks(file):
        if split:
            raise InputError(Fault("--split", "a file without checks", f"expected_low in {file}"))
        with on_terminal(not as_json) as progress, workers(cluster) as found:
            verdict = judge(
                file,
                options=options,
                progress=lambda done, total: progress("arms", done, total),
                cluster=found,
            )
        if out is not None:
            save_whole(out, verdict.as_csv())
        if as_json:
            print(json.dumps(verdict.as_dict(), allow_nan=False))
        _print_verdict(verdict, reasons_only=as_json)
        return
    with on_terminal(not as_json) as progress, workers(cluster) as found:
        report = validate(
            file,
            split=split or None,
            options=options,
            progress=lambda done, total: progress("arms", done, total),
            cluster=found,
        )
    if out is not None:
        save_whole(out, report.as_csv())
    if as_json:
        print(json.dumps(report.as_dict(), allow_nan=False))
    else:
        _print(report)
    if not report.rows:
        must_hold(report, file)


def _print_verdict(verdict: "Verdict", *, reasons_only: bool) -> None:
    for check in verdict.checks:
        if check.reason:
            print(check.reason, file=sys.stderr)
        if not reasons_only:
            value = "no value" if check.value is None else f"{check.value:.3g}"
            mark = "right" if check.right else "WRONG"
            words = ": ".join(filter(None, (check.words.get("topic"), check.words.get("check"))))
            print(f"{check.id:<8} {mark}  {value:<9} {check.low:g} to {check.high:g}  {words}")
    if not reasons_only:
        print(f"\n{verdict.right} of {len(verdict.checks)} right.")


def _print(report: "Report") -> None:
    for row in report.rows:
        fold = f"{row.fold_error:5.2f}-fold" if row.fold_error is not None else " " * 10
        place = "inside" if row.inside else "OUTSIDE"
        print(
            f"{row.id:<32} {row.analyte:<28} {row.metric:<15} observed {row.observed:<9.4g} predicted "
            f"{row.predicted:<9.4g} ({row.low:.4g} to {row.high:.4g}) {row.unit} {fold} {place}"
        )
    overall = report.summary.overall
    print(f"\n{overall.n} rows predicted, {len(report.not_predicted)} not.")
    if overall.gmfe is not None:
        print(
            f"Geometric mean fold error {overall.gmfe:.3f}; within 1.25-fold {overall.within_1_25:.0%}, "
            f"1.5-fold {overall.within_1_5:.0%}, 2-fold {overall.within_2:.0%}."
        )
    if overall.coverage_90 is not None:
        print(f"The 90% interval holds the observed value in {overall.coverage_90:.0%}.")
    for unit, score in report.summary.groups.items():
        if unit in {row.scale for row in report.rows if row.is_absolute} and score.rmse is not None:
            print(
                f"Root mean square error of effects in {unit}: {score.rmse:.4g} ({score.n} rows)."
            )
    for note in report.notes:
        print(note, file=sys.stderr)
    for name, why in report.not_predicted:
        print(f"{name}: {why}", file=sys.stderr)
