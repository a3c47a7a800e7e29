"""The page of a fit: warnings and estimates first, then what the model predicts and what was observed."""

from dataclasses import asdict
from typing import Any, Literal

import altair as alt
import polars as pl
from markupsafe import Markup

from speciosa.estimation.result import Fit
from speciosa.report.figures.theme import unchecked
from speciosa.report.number import table_html
from speciosa.report.page import Part, page
from speciosa.report.sections.evidence_page import drawing
from speciosa.report.sections.fits.fit_details import (
    correlations,
    effects_of_covariates,
    individuals,
    quantiles,
)

_INK, _BAND = "#1d2730", "#8fc0b8"
_HEIGHT = 260


def fit_page(fit: Fit) -> str:
    """One HTML file on a fit: estimates, predictions against observations, residuals, a visual predictive check."""
    title = fit.question.title or f"Fit of {fit.question.data.file.name}"
    parts = [Part("estimates", "Result", _result(fit))]
    if fit.profile:
        ends = [{"number": n, "low": a, "high": b} for n, (a, b) in fit.profile.items()]
        table = table_html(pl.DataFrame(ends), "methods")
        parts.append(Part("profile", "95% intervals by profile likelihood", table))
    for name, heading, body in (
        ("covariates", "Effects of covariates", effects_of_covariates(fit)),
        ("correlations", "Correlations of the estimates", correlations(fit)),
    ):
        if body:
            parts.append(Part(name, heading, body))
    if fit.steps:
        steps = table_html(pl.DataFrame([asdict(one) for one in fit.steps]), "methods")
        parts.append(Part("steps", "Covariates, step by step", steps))
    measured = fit.predictions.filter(pl.col("iwres").is_not_null())
    if len(measured):
        parts.append(Part("observed", "Observed and predicted", _observed(measured)))
        parts.append(Part("individuals", "Individual fits", individuals(measured)))
        parts.append(Part("residuals", "Residuals", _residuals(measured) + quantiles(measured)))
    parts.append(Part("check", "Visual predictive check", _check(fit)))
    words = Markup("<pre>{}</pre>").format(fit.question.text)
    parts.append(Part("file", "The fit file", words))
    footer = f"{fit.method}, objective {fit.objective:.4f}."
    return page(title, fit.question.data.file.name, parts, footer)


def _result(fit: Fit) -> Markup:
    head, *rest = _lines(fit)
    told = Markup("").join(Markup("<p><strong>{}</strong></p>").format(w) for w in fit.warnings)
    table = fit.estimates.drop("fixed")
    body = told + Markup("<p>{}</p>").format(head) + table_html(table, "methods")
    return body + Markup("").join(Markup("<p>{}</p>").format(line) for line in rest)


def _lines(fit: Fit) -> list[str]:
    """The sentences of the text: what was found, shrinkage."""
    lines = [line for line in fit.text().splitlines() if not line.startswith("Warning")]
    return [line for line in lines if line.endswith(".") and not line.startswith(" ")]


@unchecked
def _points(rows: pl.DataFrame, x: str, y: str, titles: tuple[str, str], line: str) -> Any:
    """Points of two columns, with a line of identity or of 0."""
    values = rows.select(x, y).drop_nulls().to_dicts()
    low = min(min(v[x], v[y]) for v in values) if line == "identity" else min(v[x] for v in values)
    high = max(max(v[x], v[y]) for v in values) if line == "identity" else max(v[x] for v in values)
    ends = [{"x": e, "y": e if line == "identity" else 0.0} for e in (low, high)]
    points = (
        alt.Chart(alt.Data(values=values), height=_HEIGHT)
        .mark_circle(size=28, opacity=0.6, color=_INK)
        .encode(x=alt.X(f"{x}:Q", title=titles[0]), y=alt.Y(f"{y}:Q", title=titles[1]))
    )
    rule = alt.Chart(alt.Data(values=ends)).mark_line(color="#2a7f74").encode(x="x:Q", y="y:Q")
    return rule + points


def _observed(rows: pl.DataFrame) -> Markup:
    body = Markup("")
    for name, words in (("ipred", "individual"), ("pred", "typical")):
        chart = _points(
            rows, name, "dv", (f"{words.capitalize()} prediction", "Observed"), "identity"
        )
        caption = (
            f"Each point is an observation against its {words} prediction; the line is identity."
        )
        shown = rows.select("id", "time", name, "dv")
        body += drawing(name, f"Observed against {words} prediction", caption, chart, shown)
    return body


def _residuals(rows: pl.DataFrame) -> Markup:
    body = Markup("")
    for x, title in (("time", "Time"), ("pred", "Typical prediction")):
        chart = _points(rows, x, "cwres", (title, "Conditional weighted residual"), "zero")
        caption = "Standard normal about 0 along the whole axis where the model is right."
        shown = rows.select("id", x, "cwres")
        body += drawing(f"cwres-{x}", f"Residuals by {title.casefold()}", caption, chart, shown)
    return body


_CHECKED = {
    "percentile": ("5th, 50th and 95th percentile of the observations in bins of time", "Percentiles of {}"),
    "share": ("shares of the observations in bins of time, below the limit or of each category", "Shares of {}"),
    "mean": ("mean of the observations in bins of time", "Mean of {}"),
    "survival": ("share without a first event until each time (Kaplan-Meier)", "Survival: {}"),
    "mean events": ("mean number of events until each time (Nelson)", "Mean number of events: {}"),
}  # fmt: skip
"""What is drawn of each kind of statistic, and under which title."""


def _check(fit: Fit) -> Markup:
    table = fit.vpc()
    body = Markup("")
    if not len(table):
        return Markup("<p>Nothing of this data set can be simulated.</p>")
    kind = pl.col("statistic").str.replace("^(share of .*|below limit)$", "share")
    for (endpoint, what), rows in table.group_by(
        "endpoint", kind.alias("kind"), maintain_order=True
    ):
        told, title = _CHECKED[str(what)]
        caption = (
            f"Line: {told}; bands: 90% interval of the same of data sets simulated from the fit."
        )
        drawn = rows.drop("percentile" if what != "percentile" else "statistic")
        name = f"vpc-{endpoint}" + ("" if what == "percentile" else f"-{what}".replace(" ", "-"))
        chart = _bands(drawn, what in ("survival", "mean events"))
        body += drawing(name, title.format(endpoint), caption, chart, drawn)
    return body


@unchecked
def _bands(rows: pl.DataFrame, curve: bool) -> Any:
    """The band and the line of each statistic: with points in the middle of bins, or a curve of steps."""
    data = alt.Data(values=rows.to_dicts())
    time = alt.X("time:Q", title="Time")
    which = alt.Detail("statistic:N" if "statistic" in rows.columns else "percentile:N")
    shape: Literal["step-after", "linear"] = "step-after" if curve else "linear"
    band = (
        alt.Chart(data, height=_HEIGHT)
        .mark_area(opacity=0.45, color=_BAND, interpolate=shape)
        .encode(x=time, y=alt.Y("low:Q", title="Observed and simulated"), y2="high:Q", detail=which)
    )
    seen = alt.Chart(data).encode(x=time, y="observed:Q", detail=which)
    line = seen.mark_line(color=_INK, interpolate=shape)
    return band + line if curve else band + line + seen.mark_circle(color=_INK)
