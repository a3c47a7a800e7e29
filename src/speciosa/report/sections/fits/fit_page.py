"""The page of a fit: warnings and estimates first, then what the model predicts and what was observed."""

from dataclasses import asdict
from typing import Any

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


def _check(fit: Fit) -> Markup:
    table = fit.vpc()
    body = Markup("")
    if not len(table):
        return Markup("<p>Times to events are not simulated.</p>")
    for (endpoint, share), rows in table.group_by(
        "endpoint", pl.col("percentile").is_null().alias("share"), maintain_order=True
    ):
        what = (
            "Shares below the limit, or of each category,"
            if share
            else "5th, 50th and 95th percentile"
        )
        caption = (
            f"Points: {what} of the observations in bins of time; bands: 90% interval of the same of data sets simulated from "
            "the fit."
        )
        title = f"Shares of {endpoint}" if share else f"Percentiles of {endpoint}"
        drawn = rows.drop("percentile" if share else "statistic").rename(
            {"statistic": "percentile"} if share else {}
        )
        name = f"vpc-{endpoint}-shares" if share else f"vpc-{endpoint}"
        body += drawing(name, title, caption, _bands(drawn), drawn)
    return body


@unchecked
def _bands(rows: pl.DataFrame) -> Any:
    data = alt.Data(values=rows.to_dicts())
    time = alt.X("time:Q", title="Time")
    which = alt.Detail("percentile:N")
    band = (
        alt.Chart(data, height=_HEIGHT)
        .mark_area(opacity=0.45, color=_BAND)
        .encode(x=time, y=alt.Y("low:Q", title="Observed and simulated"), y2="high:Q", detail=which)
    )
    line = alt.Chart(data).mark_line(color=_INK).encode(x=time, y="observed:Q", detail=which)
    points = alt.Chart(data).mark_circle(color=_INK).encode(x=time, y="observed:Q", detail=which)
    return band + line + points
