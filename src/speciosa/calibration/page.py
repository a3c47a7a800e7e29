"""A page of plots of a calibration: predicted against observed, residuals by study, what moved and how far."""

import json
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl
import vl_convert
from markupsafe import Markup

from speciosa.calibration.plasma import TOLD, Calibration
from speciosa.report.page import Part
from speciosa.report.page import page as html_page
from speciosa.saving import save_whole
from speciosa.validation.observed.observations import Observation

TITLE = "Calibration of the plasma models"
FOOTER = "A research instrument. It gives no dosing advice."


def page(calibration: Calibration, path: Path) -> Path:
    """Writes the page as one self-contained HTML file."""
    rows, estimated = fitted(calibration), estimates(calibration)
    fold = np.exp(np.abs(np.log(rows["predicted"].to_numpy() / rows["observed"].to_numpy())))
    summary = (
        f"{len(rows)} observations, geometric mean fold error {np.exp(np.mean(np.log(fold))):.3f}, "
        f"within 1.5-fold {np.mean(fold <= 1.5):.0%}; {len(estimated)} parameters estimated."
    )
    parts = [
        Part("fit", "Predicted against observed", section(_agreement(rows), summary)),
        Part("studies", "Fold errors by study", section(_residuals(rows), "1 is agreement.")),
        moves("estimates", "How far each estimate moved from its prior", estimated),
    ]
    question = "What do the observations say about the parameters, and how well are they met?"
    return save_whole(path, html_page(TITLE, question, parts, FOOTER))


def fitted(calibration: Calibration) -> pl.DataFrame:
    """One row an observation: observed, predicted at the mode, unit."""
    return pl.DataFrame(
        [
            compared(row, float(np.exp(log)))
            for group in calibration.groups
            for row, log in zip(group.rows, group.predicted_log, strict=True)
        ]
    )


def compared(row: Observation, predicted: float) -> dict[str, object]:
    """What is told of one observation."""
    return {
        "id": row.id,
        "study": row.study,
        "analyte": row.analyte,
        "metric": row.metric,
        "unit": row.unit,
        "observed": row.value,
        "predicted": predicted,
    }


def estimates(calibration: Calibration) -> pl.DataFrame:
    """One row an estimated parameter: prior, estimate, and the move in prior standard deviations."""
    return pl.DataFrame(
        [
            {
                "parameter": free.name,
                "unit": free.unit,
                "prior": free.prior.center,
                "estimate": free.value(z),
                **moved(z, sd),
            }
            for group in calibration.groups
            for free, z, sd in zip(group.free, group.fit.z, group.fit.sd, strict=True)
            if sd < TOLD or abs(z) > 0.1
        ]
    ).sort("parameter")


def moved(z: float, sd: float) -> dict[str, float]:
    """By how many standard deviations of its prior an estimate moved, and its 90% interval after the fit."""
    return {"move": float(z), "low": float(z - 1.645 * sd), "high": float(z + 1.645 * sd)}


def _agreement(rows: pl.DataFrame) -> Any:
    ends = [float(rows["observed"].min() or 1e-3), float(rows["observed"].max() or 1.0)]  # type: ignore[arg-type]
    line = alt.Chart(pl.DataFrame({"x": ends, "y": ends})).mark_line(
        strokeDash=[4, 3], color="grey"
    )
    points = alt.Chart(rows).mark_circle(size=45, opacity=0.7)
    logarithmic: Any = alt.Scale(type="log")
    return alt.layer(
        line.encode(x=alt.X("x", scale=logarithmic), y=alt.Y("y", scale=logarithmic)),
        points.encode(
            x=alt.X("observed", scale=logarithmic, title="observed, in its unit"),
            y=alt.Y("predicted", scale=logarithmic, title="predicted"),
            color=alt.Color("metric"),
        ),
    ).properties(height=420)


def _residuals(rows: pl.DataFrame) -> Any:
    shown = rows.with_columns(fold=pl.col("predicted") / pl.col("observed"))
    return (
        alt.Chart(shown)
        .mark_circle(size=45, opacity=0.7)
        .encode(
            x=alt.X("fold", scale=alt.Scale(type="log"), title="predicted over observed"),
            y=alt.Y("study", title=None),
            color=alt.Color("metric"),
        )
    )


def moves(key: str, title: str, by: pl.DataFrame) -> Part:
    """The part of a page that shows by how much estimates moved: columns ``parameter``, ``move``, ``low``, ``high``."""
    base = alt.Chart(by)
    bars = base.mark_rule().encode(
        x=alt.X("low", title="prior standard deviations"),
        x2="high",
        y=alt.Y("parameter", title=None),
    )
    dots = base.mark_circle(size=45).encode(x="move", y=alt.Y("parameter", title=None))
    words = (
        "In standard deviations of the prior; the bar is the 90% interval after the fit, "
        "which would be from -1.64 to 1.64 had the data said nothing."
    )
    return Part(key, title, section(alt.layer(bars, dots), words))


def section(chart: Any, words: str) -> Markup:
    """A drawing under its words."""
    drawing = vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()))
    return Markup("<p>{0}</p><figure>{1}</figure>").format(words, Markup(drawing))
