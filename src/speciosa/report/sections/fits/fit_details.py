"""Further parts of the page of a fit: effects of covariates, each individual, quantiles of residuals, correlations of estimates."""

from typing import Any

import altair as alt
import numpy as np
import polars as pl
from markupsafe import Markup
from scipy.special import ndtri

from speciosa.estimation.effects import covariate_effects
from speciosa.estimation.result import Fit
from speciosa.report.figures.theme import unchecked
from speciosa.report.number import table_html
from speciosa.report.sections.evidence_page import drawing

_INK, _LINE, _FAINT = "#1d2730", "#2a7f74", "#8fc0b8"
_HEIGHT, _SMALL, _ROW = 260, 110, 26
_SHOWN, _MOST_NUMBERS = 12, 12


def effects_of_covariates(fit: Fit) -> Markup:
    """A forest plot of what covariates do to typical values; nothing without covariates."""
    rows = covariate_effects(fit)
    if not len(rows):
        return Markup("")
    drawn = rows.with_columns(
        effect=pl.format("{}: {} {}", "parameter", "covariate", "at"),
        low=pl.col("low").fill_null(pl.col("ratio")),
        high=pl.col("high").fill_null(pl.col("ratio")),
    )
    caption = (
        "Typical value at the 5th and 95th percentile of a covariate, or at a level, over that at the median or the commonest "
        "level; bars hold 95% of draws of the coefficients."
    )
    return drawing("covariates", "Effects of covariates", caption, _forest(drawn), rows)


@unchecked
def _forest(rows: pl.DataFrame) -> Any:
    names = rows["effect"].to_list()
    data = alt.Data(values=rows.to_dicts())
    row = alt.Y("effect:N", sort=names, title=None)
    x = alt.X("low:Q", title="ratio of typical values", scale=alt.Scale(zero=False))
    base = alt.Chart(data, height=_ROW * len(names))
    bar = base.mark_rule(color=_INK).encode(x=x, x2="high:Q", y=row)
    point = base.mark_circle(size=60, color=_LINE).encode(x="ratio:Q", y=row)
    one = alt.Chart(alt.Data(values=[{"x": 1.0}])).mark_rule(strokeDash=[4, 3], color=_FAINT)
    return one.encode(x="x:Q") + bar + point


def individuals(rows: pl.DataFrame) -> Markup:
    """Observations of the first subjects with both predictions."""
    ids = rows["id"].unique(maintain_order=True)
    shown = rows.filter(pl.col("id").is_in(ids.head(_SHOWN).to_list()))
    shown = shown.select("id", "time", "dv", "pred", "ipred").sort("id", "time")
    more = f" of {len(ids)}" if len(ids) > _SHOWN else ""
    caption = (
        f"The first {min(len(ids), _SHOWN)} subjects{more}: points are observations, the dark line the individual, the pale "
        "one the typical prediction."
    )
    return drawing("individuals", "Individual fits", caption, _facets(shown), shown)


@unchecked
def _facets(rows: pl.DataFrame) -> Any:
    data = alt.Data(values=rows.to_dicts())
    time = alt.X("time:Q", title=None)
    base = alt.Chart(width=150, height=_SMALL)
    scale = alt.Scale(zero=False)
    points = base.mark_circle(size=24, color=_INK).encode(
        x=time, y=alt.Y("dv:Q", title=None, scale=scale)
    )
    own = base.mark_line(color=_LINE).encode(x=time, y="ipred:Q")
    typical = base.mark_line(color=_FAINT).encode(x=time, y="pred:Q")
    layered = alt.layer(typical, own, points, data=data)
    return layered.facet(facet=alt.Facet("id:N", title=None), columns=4)


def quantiles(rows: pl.DataFrame) -> Markup:
    """Conditional weighted residuals against normal quantiles."""
    residuals = np.sort(rows["cwres"].drop_nulls().to_numpy())
    if len(residuals) < 3:
        return Markup("")
    expected = ndtri((np.arange(len(residuals)) + 0.5) / len(residuals))
    table = pl.DataFrame({"expected": expected, "residual": residuals})
    caption = "Sorted residuals against the quantiles of a standard normal; on the line where the model is right."
    return drawing("quantiles", "Quantiles of residuals", caption, _against(table), table)


@unchecked
def _against(rows: pl.DataFrame) -> Any:
    ends = [{"x": e, "y": e} for e in (rows["expected"].min(), rows["expected"].max())]
    rule = alt.Chart(alt.Data(values=ends)).mark_line(color=_LINE).encode(x="x:Q", y="y:Q")
    points = (
        alt.Chart(alt.Data(values=rows.to_dicts()), height=_HEIGHT)
        .mark_circle(size=28, opacity=0.6, color=_INK)
        .encode(
            x=alt.X("expected:Q", title="Normal quantile"),
            y=alt.Y("residual:Q", title="Conditional weighted residual"),
        )
    )
    return rule + points


def correlations(fit: Fit) -> Markup:
    """Correlations of the estimates, of the first dozen; nothing without standard errors."""
    if fit.covariance is None:
        return Markup("")
    with np.errstate(all="ignore"):
        spread = np.sqrt(np.diag(fit.covariance))
        found = fit.covariance / np.outer(spread, spread)
    keep = np.flatnonzero(np.isfinite(np.diag(found)))[:_MOST_NUMBERS]
    if len(keep) < 2:
        return Markup("")
    names = [fit.estimated[k] for k in keep]
    table = pl.DataFrame({"": names} | {n: found[keep, k] for n, k in zip(names, keep, strict=True)})  # fmt: skip
    words = Markup("<p>Condition number {}.</p>").format(f"{fit.condition:.3g}")
    return table_html(table, "methods") + words
