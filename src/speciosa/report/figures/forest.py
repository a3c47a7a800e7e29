"""The forest plot: every study with its interval and weight, the pooled effect, and what a new study may show."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import altair as alt
import polars as pl

from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis
from speciosa.evidence.pairwise.words import number
from speciosa.evidence.table.assessments import DOMAINS, Assessment, assessments
from speciosa.report.figures.theme import NARROW, unchecked

_NAME, _STEP = "\n", 16
_POOLED, _NEW = "Pooled", "True effect in a new study"
Intervals = Callable[[alt.Chart], list[alt.Chart]]
_DOTS = (*DOMAINS, "risk_of_bias")
_BIAS = {"low": "#00735c", "some concerns": "#9a7d00", "high": "#d55e00"}


def forest_table(result: PairwiseMetaAnalysis) -> pl.DataFrame:
    """What the plot draws: study, effect and interval on the natural scale, weight in percent."""

    def natural(value: float | None) -> float | None:
        return result.natural(value)

    rows: list[dict[str, Any]] = [
        {
            "study": row["study"],
            "effect": result.natural_of_study(place, row["effect"]),
            "low": result.natural_of_study(place, row["ci_low"]),
            "high": result.natural_of_study(place, row["ci_high"]),
            "weight": row["weight"] if math.isfinite(row["weight"]) else None,
            "kind": "study",
        }
        for place, row in enumerate(result.table().to_dicts())
    ]
    if result.fit.p == 1:
        low, high = natural(result.ci_low), natural(result.ci_high)
        pooled = {"study": _POOLED, "effect": natural(result.estimate), "low": low, "high": high}
        rows.append(pooled | {"weight": 100.0, "kind": "pooled"})
        if result.pi_low is not None:
            low, high = natural(result.pi_low), natural(result.pi_high)
            new = {"study": _NEW, "effect": None, "low": low, "high": high}
            rows.append(new | {"weight": None, "kind": "new"})
    return pl.DataFrame(rows)


@unchecked
def forest(result: PairwiseMetaAnalysis, *, narrow: bool = False) -> alt.TopLevelMixin:
    """The forest plot of a pairwise meta-analysis.

    Squares have the area of their weight, the diamond is the pooled effect with its confidence
    interval, the dashed line the prediction interval. Ratios have a logarithmic axis. A column
    ``risk_of_bias`` of the studies is shown as a coloured dot, with one for each domain of RoB 2 before it
    where the columns ``D1`` to ``D5`` hold them.

    Args:
        result: of the meta-analysis.
        narrow: whether names and numbers stand above each interval, for a telephone, and not beside it.
    """
    table = _with_bias(forest_table(result), result).with_columns(
        pl.struct("effect", "low", "high").map_elements(_words, pl.String).alias("text"),
        pl.col("weight")
        .map_elements(lambda w: f"{w:.1f}%", pl.String)
        .fill_null("")
        .alias("share"),
    )
    lowest, highest = _limits(table, result)
    drawn = table.with_columns(pl.col("low", "high").clip(lowest, highest))
    if table.filter(pl.col("kind") == "study")["weight"].null_count():
        # An exact likelihood gives no study a weight: all squares are alike.
        drawn = drawn.with_columns(pl.col("weight").fill_null(100 / result.k))
    base = alt.Chart(alt.Data(values=drawn.to_dicts()))
    order = table["study"].to_list()
    log = result.measure.scale == "log"
    scale = alt.Scale(
        type="log" if log else "linear", domain=[lowest, highest], nice=False, zero=False
    )
    word = f"{result.measure.label} ({100 * result.level:g}% CI)"
    x = alt.X("low:Q", scale=scale, title=word, axis=alt.Axis(grid=False, tickCount=6))
    intervals = partial(_intervals, x=x, result=result)
    arranged = _stacked if narrow else _side_by_side
    return arranged(base, order, intervals, [name for name in _DOTS if name in table.columns])


def _intervals(base: alt.Chart, x: alt.X, result: PairwiseMetaAnalysis) -> list[alt.Chart]:
    """The line of no effect, and over it the studies, the pooled effect and a new study."""
    studies = base.transform_filter("datum.kind == 'study'")
    pooled = base.transform_filter("datum.kind == 'pooled'")
    new = base.transform_filter("datum.kind == 'new'")
    layers: list[alt.Chart] = []
    if result.measure.null is not None:
        null = alt.Data(values=[{"null": result.natural(result.measure.null)}])
        layers.append(
            alt.Chart(null).mark_rule(color="#5a6672", strokeWidth=1).encode(x=alt.X("null:Q"))
        )
    return [
        *layers,
        studies.mark_rule(color="#1d2730", clip=True).encode(x=x, x2="high:Q"),
        studies.mark_square(color="#1d2730", opacity=1, clip=True).encode(
            x="effect:Q", size=alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[15, 260]))
        ),
        pooled.mark_rule(color="#00735c", strokeWidth=4, clip=True).encode(x=x, x2="high:Q"),
        pooled.mark_point(
            shape="diamond", size=190, filled=True, color="#00735c", opacity=1
        ).encode(x="effect:Q"),
        new.mark_rule(color="#00735c", strokeWidth=2, strokeDash=[5, 3], clip=True).encode(
            x=x, x2="high:Q"
        ),
    ]


def _side_by_side(
    base: alt.Chart, order: list[str], intervals: Intervals, bias: list[str]
) -> alt.TopLevelMixin:
    """Names at the left, and columns of numbers, weights and risk of bias at the right."""
    height = 22 * len(order)
    named = base.encode(y=alt.Y("study:N", sort=order, title=None))
    plot = alt.layer(*intervals(named)).properties(width=340, height=height)
    side = base.encode(y=alt.Y("study:N", sort=order, title=None, axis=None))
    columns = [
        side.mark_text(align="left", color="#1d2730")
        .encode(x=alt.value(0), text=text)
        .properties(width=width, height=height)
        for text, width in (("text:N", 150), ("share:N", 46))
    ]
    if bias:
        dots = [_bias(side, name, 8 + _STEP * place, "right") for place, name in enumerate(bias)]
        width = 16 + _STEP * (len(bias) - 1)
        columns.append(alt.layer(*dots).properties(width=width, height=height))
    return alt.hconcat(plot, *columns, spacing=12)


def _stacked(
    base: alt.Chart, order: list[str], intervals: Intervals, bias: list[str]
) -> alt.TopLevelMixin:
    """Name, numbers and interval of each study one below the other."""

    def at(position: float) -> alt.Chart:
        y = alt.Y("study:N", sort=order, title=None, axis=None, bandPosition=position)
        return base.encode(y=y)

    name = at(0.17).mark_text(align="left", color="#1d2730", fontWeight="bold", limit=NARROW - 20)
    numbers = at(0.42).mark_text(align="left", color="#5a6672")
    weight = "datum.share ? datum.text + ', weight ' + datum.share : datum.text"
    layers = [
        *intervals(at(0.75)),
        name.encode(x=alt.value(0), text="study:N"),
        numbers.transform_calculate(line=weight).encode(x=alt.value(0), text="line:N"),
    ]
    layers += [
        _bias(at(0.17), name, NARROW - 8 - _STEP * place, "bottom")
        for place, name in enumerate(reversed(bias))
    ]
    return alt.layer(*layers).properties(width=NARROW, height=48 * len(order))


def _bias(
    base: alt.Chart, column: str, x_px: float, legend: Literal["right", "bottom"]
) -> alt.Chart:
    """A coloured dot a study."""
    scale = alt.Scale(domain=list(_BIAS), range=list(_BIAS.values()))
    dots = base.transform_filter(f"datum['{column}'] != null").mark_circle(size=90, opacity=1)
    key = alt.Legend(title="Risk of bias", orient=legend)
    colour = alt.Color(f"{column}:N", scale=scale, legend=key)
    placed: alt.Chart = dots.encode(x=alt.value(x_px), color=colour, tooltip=[f"{column}:N"])
    return placed


def _limits(table: pl.DataFrame, result: PairwiseMetaAnalysis) -> tuple[float, float]:
    """Ends of the axis: all intervals, but for ratios no more than six decades.

    A study without information may have an interval over hundreds of decades, which no axis shows.
    """
    ends = [v for c in ("effect", "low", "high") for v in table[c].to_list() if v is not None]
    if result.measure.null is not None:
        ends.append(result.natural(result.measure.null) or 0.0)
    ends = [v for v in ends if math.isfinite(v)]
    if result.measure.scale != "log":
        room = 0.03 * (max(ends) - min(ends))
        return min(ends) - room, max(ends) + room
    middle = result.natural(result.estimate) or 1.0
    low = max(min(v for v in ends if v > 0), middle / 1000)
    return low / 1.05, min(max(ends), middle * 1000) * 1.05


def _words(row: dict[str, float | None]) -> str:
    low, high, effect = row["low"], row["high"], row["effect"]
    if low is None or high is None:
        return ""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "too wide to show"
    span = f"{number(low)} to {number(high)}"
    return span if effect is None else f"{number(effect)} ({span})"


def _with_bias(table: pl.DataFrame, result: PairwiseMetaAnalysis) -> pl.DataFrame:
    """Adds the risk of bias of each study where the data say it, overall and by domain of RoB 2."""
    rows = [row | {_NAME: str(i)} for i, row in enumerate(result.studies.table.to_dicts())]
    known = assessments(rows, study=_NAME)
    found = [known.get(str(i), Assessment()) for i in range(len(rows))]
    cells: dict[str, list[str | None]] = {
        str(domain): [one.domains.get(domain) for one in found] for domain in DOMAINS
    }
    cells["risk_of_bias"] = [one.bias for one in found]
    rest = [None] * (len(table) - len(rows))
    return table.with_columns(
        pl.Series(name, [*values, *rest], dtype=pl.String)
        for name, values in cells.items()
        if any(values)
    )
