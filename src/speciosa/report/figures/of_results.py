"""The table and the chart of each kind of result, for notebooks; ``speciosa.shown`` asks for them by name."""

from functools import singledispatch

import altair as alt
import numpy as np
import polars as pl
from markupsafe import Markup

from speciosa.comparison import Comparison
from speciosa.comparison.findings import findings
from speciosa.engine import Result
from speciosa.errors import UnknownNameError
from speciosa.evidence import NetworkResult, PairwiseMetaAnalysis
from speciosa.outcomes import Outcomes
from speciosa.report.figures.forest import forest
from speciosa.report.figures.forest import forest_table as pairwise_table
from speciosa.report.figures.network_forest import forest_table as network_table
from speciosa.report.figures.network_forest import network_forest
from speciosa.report.figures.theme import colour_scale
from speciosa.report.number import table_html
from speciosa.study.result import StudyRun

_ROWS = 30


@singledispatch
def frame_of(result: object) -> pl.DataFrame:
    """The result as a table."""
    raise TypeError(f"no table of a {type(result).__name__}")


@singledispatch
def chart_of(result: object) -> alt.TopLevelMixin:
    """The result as a chart."""
    raise TypeError(f"no chart of a {type(result).__name__}")


def html_of(result: object) -> Markup:
    """The first rows of the table of a result."""
    table = frame_of(result)
    plain = table.select(pl.exclude(pl.List)).head(_ROWS)
    more = f" The first {_ROWS} of {len(table):,} rows." if len(table) > _ROWS else ""
    return table_html(plain, "", caption=f"{type(result).__name__}.{more}")


@frame_of.register
def _(result: Outcomes) -> pl.DataFrame:
    return result.summary()


@chart_of.register
def _(result: Outcomes, outcome: str = "") -> alt.TopLevelMixin:
    """Median and 90% interval of one outcome, the first unless another is named, by arm."""
    title = outcome or result.names[0]
    if title not in result.names:
        raise UnknownNameError("outcome", title, result.names)
    rows = result.summary().filter(pl.col("outcome") == title)
    unit = str(rows["unit"][0])
    base = alt.Chart(
        alt.Data(values=rows.select("arm", "median", "low", "high").to_dicts())
    ).encode(
        y=alt.Y("arm:N", sort=rows["arm"].to_list(), title=None),
        color=alt.Color("arm:N", scale=colour_scale(result.arms), legend=None),
    )
    axis = f"{title}{'' if unit in ('', '1') else f' ({unit})'}"
    bar = base.mark_rule(strokeWidth=3).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    return alt.layer(bar, base.mark_point(filled=True, size=70, opacity=1).encode(x="median:Q"))


@frame_of.register
def _(result: StudyRun) -> pl.DataFrame:
    return result.outcomes.summary()


@chart_of.register
def _(result: StudyRun, outcome: str = "") -> alt.TopLevelMixin:
    return result.outcomes.plot(outcome=outcome)


@frame_of.register
def _(result: Comparison) -> pl.DataFrame:
    """The summary of findings: one row an outcome and treatment."""
    return pl.DataFrame(
        [
            {
                "outcome": row.title,
                "unit": row.unit,
                "arm": cell.arm,
                "versus": result.study.reference,
                "simulated": cell.simulated.median if cell.simulated else None,
                "low": cell.simulated.low if cell.simulated else None,
                "high": cell.simulated.high if cell.simulated else None,
                "studies": cell.trial.estimate if cell.trial else None,
                "studies_are": cell.trial.kind if cell.trial else None,
                "certainty": cell.trial.certainty if cell.trial else None,
                "disagree": cell.disagrees,
                "reason": cell.reason,
            }
            for row in findings(result.run)
            for cell in row.cells.values()
        ],
        infer_schema_length=None,
    )


@chart_of.register
def _(result: Comparison, outcome: str = "") -> alt.TopLevelMixin:
    return result.outcomes.plot(outcome=outcome)


@frame_of.register
def _(result: PairwiseMetaAnalysis) -> pl.DataFrame:
    return pairwise_table(result)


@chart_of.register
def _(result: PairwiseMetaAnalysis) -> alt.TopLevelMixin:
    return forest(result)


@frame_of.register
def _(result: NetworkResult) -> pl.DataFrame:
    return network_table(result)


@chart_of.register
def _(result: NetworkResult) -> alt.TopLevelMixin:
    return network_forest(result)


@frame_of.register
def _(result: Result) -> pl.DataFrame:
    return result.frame() if len(result.times) else result.endpoint_frame()


@chart_of.register
def _(result: Result, output: str = "") -> alt.TopLevelMixin:
    """Median and central 90% of one output over the rows that were solved, the first unless another is named."""
    name = output or next(iter(result.outputs), "")
    if name not in result.outputs:
        raise UnknownNameError("output", name, list(result.outputs))
    values = result.outputs[name][result.ok]
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0)
    table = pl.DataFrame({"hour": result.times, "median": middle, "low": low, "high": high})
    base = alt.Chart(alt.Data(values=table.to_dicts())).encode(x=alt.X("hour:Q", title="hour"))
    unit = result.units[name]
    axis = alt.Y("median:Q", title=f"{name}{'' if unit in ('', '1') else f' ({unit})'}")
    return alt.layer(
        base.mark_area(opacity=0.25).encode(y="low:Q", y2="high:Q"), base.mark_line().encode(y=axis)
    )
