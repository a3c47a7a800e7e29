"""A page of plots of the calibration of the effects: predicted against observed, what moved and how far."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import polars as pl

from speciosa.calibration.effects import EffectFit
from speciosa.calibration.page import FOOTER, compared, moved, moves, section
from speciosa.report.page import Part
from speciosa.report.page import page as html_page
from speciosa.saving import save_whole

TITLE = "Calibration of the effects"


def effects_page(fits: Sequence[EffectFit], path: Path) -> Path:
    """Writes the page as one self-contained HTML file."""
    parts = []
    for number, fit in enumerate(fits):
        rows = fitted_effects(fit)
        missed = rows["predicted"].to_numpy() - rows["observed"].to_numpy()
        words = (
            f"{len(rows)} observations of {', '.join(sorted(set(rows['analyte'])))}; root mean square "
            f"error {float(np.sqrt(np.mean(missed**2))):.3f} in their units."
        )
        parts.append(
            Part(
                f"fit{number}",
                f"{fit.stage}: predicted and observed",
                section(_agreement(rows), words),
            )
        )
        title = f"{fit.stage}: how far each estimate moved from its prior"
        parts.append(moves(f"estimates{number}", title, _moved(fit)))
    question = (
        "What do the observations of effects say about the parameters, and how well are they met?"
    )
    return save_whole(path, html_page(TITLE, question, parts, FOOTER))


def fitted_effects(fit: EffectFit) -> pl.DataFrame:
    """One row an observation: observed, predicted at the mode."""
    return pl.DataFrame(
        [
            compared(row, float(predicted))
            for row, predicted in zip(fit.rows, fit.predicted, strict=True)
        ]
    )


def _moved(fit: EffectFit) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"parameter": entry.name.removeprefix("effects."), **moved(z, sd)}
            for entry, z, sd in zip(fit.free, fit.z, fit.sd, strict=True)
        ]
    ).sort("parameter")


def _agreement(rows: pl.DataFrame) -> Any:
    ends = [float(np.min(rows["observed"].to_numpy())), float(np.max(rows["observed"].to_numpy()))]
    line = alt.Chart(pl.DataFrame({"x": ends, "y": ends})).mark_line(strokeDash=[4, 4])
    points = alt.Chart(rows).mark_circle(size=45, opacity=0.7)
    return alt.layer(
        line.encode(x="x", y="y"),
        points.encode(
            x=alt.X("observed", title="observed, in its unit"),
            y=alt.Y("predicted", title="predicted"),
            color=alt.Color("study"),
        ),
    ).properties(height=420)
