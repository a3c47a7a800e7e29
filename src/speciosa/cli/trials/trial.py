"""`speciosa trial`: a controlled trial on simulated patients."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speciosa.cli.simulating.cluster import ClusterOption, workers

if TYPE_CHECKING:
    from speciosa.trials.operating.escalating import DoseResult
    from speciosa.trials.operating.result import TrialResult


def trial(
    file: Annotated[
        str,
        typer.Argument(
            help="A trial file (TOML), its lock file, or a shipped trial; see docs/trials.md."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="A folder for the results.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; all cores by default.")
    ] = None,
    cluster: ClusterOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Simulate a controlled trial many times: power, error, bias, coverage, size.

    Example: speciosa trial kratom-pain-parallel --out trial
    """
    from speciosa.progress import on_terminal
    from speciosa.saving import writable_folder
    from speciosa.trials.operating.saving import save_trial
    from speciosa.trials.virtual import trial as run

    if out is not None:
        writable_folder(out)
    with on_terminal(not as_json) as progress, workers(cluster) as spread:
        found = run(file, threads=threads, cluster=spread, progress=progress)
    if out is not None:
        from speciosa.report.sections.trial_page import dose_page, trial_page
        from speciosa.saving import save_whole
        from speciosa.trials.operating.result import TrialResult

        save_trial(found, out)
        page = trial_page(found) if isinstance(found, TrialResult) else dose_page(found)
        save_whole(out / "trial.html", page)
    if as_json:
        print(json.dumps(found.as_dict(), allow_nan=False))
    else:
        _told(found)


def _told(found: "TrialResult | DoseResult") -> None:
    from speciosa.trials.operating.result import TrialResult

    print(found.sentence)
    for line in found.rests:
        print(f"Assumed: {line}")
    print()
    if isinstance(found, TrialResult):
        _compared(found)
    else:
        _doses(found)
    for warning in found.warnings:
        if not warning.startswith("Assumed: "):
            print(f"Warning: {warning}")


def _doses(found: "DoseResult") -> None:
    for row in found.doses().iter_rows(named=True):
        print(
            f"{row['dose']}: {row['toxicity']:.3f} of people harmed, chosen in {row['selected']:.3f} of trials, "
            f"{row['people']:.1f} people and {row['events']:.1f} events a trial"
        )
    print(
        f"The dose nearest to the target, {found.arms[found.right]}, is chosen in {found.power:.3f} "
        f"({found.power_se:.3f}) of trials,"
    )
    print(f"one above it in {found.too_high:.3f}, none in {found.found.percent_stop / 100:.3f}")
    if found.assurance is not None:
        print(f"Over the draws the right dose is chosen in {found.assurance:.3f}")


def _compared(found: "TrialResult") -> None:
    for each in found.comparisons:
        print(
            f"{each.arm}: power {each.power:.3f} (Monte-Carlo error {each.power_se:.3f}), estimate {each.estimate:.3g}, "
            f"truth {each.truth.value:.3g}, bias {each.bias:.2g} ({each.bias_se:.1g}), coverage {each.coverage:.3f}"
        )
    print(
        f"Type 1 error {found.type_1:.4f} ({found.type_1_se:.4f}) at a level of {found.trial.design.alpha:g}"
    )
    if found.assurance is not None:
        print(f"Assurance {found.assurance:.3f} ({found.assurance_se:.3f})")
    size = "none reaches the power" if found.size is None else str(found.size)
    interval = "" if found.size_low is None else f" ({found.size_low} to {found.size_high})"
    print(f"Size {size}{interval}, expected {found.expected_size:.0f}")
    if len(found.looks) > 1:
        for look in found.looks:
            print(
                f"Look after {look.people}: z {look.z_upper:.3f}, {look.efficacy:.3f} stop for efficacy, "
                f"{look.futility:.3f} for futility"
            )
    for name, people in found.harms.items():
        print(f"People with {name} a trial: {people:.2f}")
