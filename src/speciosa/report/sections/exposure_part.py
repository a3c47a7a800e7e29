"""Exposure by substance and arm, and what an arm does to the exposure that another has."""

import numpy as np
import polars as pl
from markupsafe import Markup
from numpy.typing import NDArray

from speciosa.comparison import Comparison
from speciosa.report.figures.colours import inks
from speciosa.report.figures.figure import Figure, anchor_of
from speciosa.report.names import substance_name
from speciosa.report.number import linked, plain, table_html
from speciosa.report.sections.effects import interval_panels
from speciosa.report.texts import text
from speciosa.study.result import ArmRun, StudyRun

_METRICS = {
    "auc": "area (AUC), nmol*h/L over the last day of treatment",
    "cmax": "peak (Cmax), nmol/L, the same day",
}


def exposure_part(comparison: Comparison, figures: list[Figure]) -> Markup:
    """Exposures of every substance in every arm, and ratios to the reference arm where it has the substance too."""
    rows = [row for arm in comparison.run.arms for row in _exposures(arm)]
    if not rows:
        return Markup("<p>{}</p>").format(text("exposure.none"))
    told = table_html(rows, "methods", caption=text("exposure.table"))
    ratios = _ratios(comparison)
    if len(ratios):
        figure = interval_panels(
            "exposure-ratios",
            text("exposure.title", reference=comparison.study.reference),
            text("exposure.caption"),
            ratios,
            tuple(anchor_of("made", arm.name) for arm in comparison.run.arms),
            inks(comparison.study.arms),
        )
        figures.append(figure)
        told += figure.html()
    return told


def _exposures(arm: ArmRun) -> list[dict[str, object]]:
    rows = []
    for substance in arm.substances:
        row: dict[str, object] = {"arm": arm.name, "substance": substance_name(substance)}
        for metric, head in _METRICS.items():
            values = arm.values.get(f"{metric}:{substance}")
            if values is None:
                row[head] = None
                continue
            low, middle, high = _quantiles(values)
            level = f"{plain(middle)} ({plain(low)} to {plain(high)})"
            row[head] = linked(level, anchor_of("made", arm.name))
        rows.append(row)
    return rows


def _ratios(comparison: Comparison) -> pl.DataFrame:
    run = comparison.run
    rows = []
    for arm in run.arms:
        beside = _beside(run, arm)
        for key, values in arm.values.items():
            kind, _, substance = key.partition(":")
            reference = next((r for r in beside if key in r.values), None)
            if kind != "auc" or reference is None:
                continue
            named = "" if reference.name == run.study.reference else f", beside {reference.name}"
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = values / reference.values[key]
            low, middle, high = _quantiles(ratio)
            rows.append(
                {
                    "arm": arm.name,
                    "outcome": substance_name(substance) + named,
                    "axis": "ratio of areas",
                    "median": middle,
                    "low": low,
                    "high": high,
                }
            )
    return pl.DataFrame(rows)


def _beside(run: StudyRun, arm: ArmRun) -> list[ArmRun]:
    """The arms with whose exposures those of `arm` are compared: the reference, then arms that give part of its doses."""
    doses = {each.name: set(each.doses.doses) for each in run.study.arms}
    part = [
        other for other in run.arms if doses[other.name] and doses[other.name] < doses[arm.name]
    ]
    reference = run.arm(run.study.reference)
    part = [other for other in part if other is not reference]
    return [other for other in (reference, *part) if other is not arm]


def _quantiles(values: NDArray[np.float32]) -> tuple[float, float, float]:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return (float("nan"),) * 3
    low, middle, high = np.quantile(finite, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)
