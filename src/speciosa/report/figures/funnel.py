"""The funnel plot: effect against standard error, with the studies that trim and fill would add."""

import altair as alt
import numpy as np
import polars as pl
from scipy.special import ndtri

from speciosa.evidence.appraisal.small_studies import SmallStudies
from speciosa.evidence.pairwise.bias import TrimAndFill
from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis
from speciosa.report.figures.theme import unchecked


def funnel_table(result: PairwiseMetaAnalysis, filled: TrimAndFill | None = None) -> pl.DataFrame:
    """What the plot draws: study, effect on the analysis scale, standard error, observed or filled."""
    rows = [
        {"study": name, "effect": float(y), "se": float(v**0.5), "kind": "observed"}
        for name, y, v in zip(result.labels, result.values, result.variances, strict=True)
    ]
    if filled is not None:
        rows += [
            {"study": "filled in", "effect": float(y), "se": float(v**0.5), "kind": "filled in"}
            for y, v in zip(filled.values, filled.variances, strict=True)
        ]
    return pl.DataFrame(rows)


@unchecked
def funnel(result: PairwiseMetaAnalysis, filled: TrimAndFill | None = None) -> alt.TopLevelMixin:
    """The funnel plot of a pairwise meta-analysis on the analysis scale.

    The lines hold 95% of studies if all share the pooled effect and nothing but sampling error
    moves them.
    """
    table = funnel_table(result, filled)
    top = 1.05 * float(np.sqrt(np.max(result.variances)))
    reach = float(ndtri(0.975)) * top
    centre = result.estimate
    edges = alt.Data(
        values=[
            {"x": centre, "se": 0.0, "line": "left"},
            {"x": centre - reach, "se": top, "line": "left"},
            {"x": centre, "se": 0.0, "line": "right"},
            {"x": centre + reach, "se": top, "line": "right"},
        ]
    )
    word = f"{result.measure.label}, {result.measure.scale} scale"
    x = alt.X("effect:Q", title=word, scale=alt.Scale(zero=False))
    y = alt.Y("se:Q", title="Standard error", scale=alt.Scale(reverse=True, zero=True))
    points = (
        alt.Chart(alt.Data(values=table.to_dicts()))
        .mark_point(size=60, opacity=1)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill(
                "kind:N",
                scale=alt.Scale(domain=["observed", "filled in"], range=["#1d2730", "white"]),
                title=None,
            ),
            stroke=alt.value("#1d2730"),
            tooltip=["study:N", "effect:Q", "se:Q"],
        )
    )
    lines = alt.Chart(edges).mark_line(color="#5a6672", strokeDash=[4, 3])
    middle = alt.Chart(alt.Data(values=[{"x": centre}])).mark_rule(color="#00735c")
    return alt.layer(
        lines.encode(x="x:Q", y="se:Q", detail="line:N"), middle.encode(x="x:Q"), points
    ).properties(width=420, height=300)


@unchecked
def network_funnel(found: SmallStudies, measure: str, *, narrow: bool = False) -> alt.TopLevelMixin:
    """The comparison-adjusted funnel: every contrast less the pooled effect of its own comparison.

    Filled points enter the test; open ones compare treatments of which neither is the one that small studies would favour.
    """
    top = 1.05 * float(found.points["se"].max() or 1.0)  # type: ignore[arg-type]
    reach = float(ndtri(0.975)) * top
    rows = found.points.with_columns(
        kind=pl.when("directed").then(pl.lit("tested")).otherwise(pl.lit("no direction"))
    ).to_dicts()
    edges = [
        {"x": sign * x, "se": se, "line": side}
        for side, sign in (("left", -1), ("right", 1))
        for x, se in ((0.0, 0.0), (reach, top))
    ]
    points = (
        alt.Chart(alt.Data(values=rows))
        .mark_point(size=60, opacity=1)
        .encode(
            x=alt.X("adjusted:Q", title=f"{measure}, less the pooled effect of its comparison"),
            y=alt.Y("se:Q", title="Standard error", scale=alt.Scale(reverse=True, zero=True)),
            fill=alt.Fill(
                "kind:N",
                scale=alt.Scale(domain=["tested", "no direction"], range=["#1d2730", "white"]),
                title=None,
            ),
            stroke=alt.value("#1d2730"),
            tooltip=["study:N", "treat1:N", "treat2:N", "adjusted:Q", "se:Q"],
        )
    )
    lines = alt.Chart(alt.Data(values=edges)).mark_line(color="#5a6672", strokeDash=[4, 3])
    middle = alt.Chart(alt.Data(values=[{"x": 0.0}])).mark_rule(color="#00735c")
    return alt.layer(
        lines.encode(x="x:Q", y="se:Q", detail="line:N"), middle.encode(x="x:Q"), points
    ).properties(width=220 if narrow else 420, height=300)
