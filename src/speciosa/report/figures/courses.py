"""Time courses with their bands: what a median patient goes through, and 9 in 10 of the others."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from speciosa.report.figures.figure import ROWS, Figure
from speciosa.report.figures.rows import daily_means, rounded_rows
from speciosa.report.figures.theme import NARROW, colour_scale, dash_scale, unchecked

HEIGHT = 190
_PANEL, _WIDE = 300, 780
BANDS = 3
POINTS = 170


@unchecked
def time_course(
    name: str,
    title: str,
    axis: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    *,
    stop_d: float | None = None,
    population: str,
) -> Figure:
    """One small panel an arm: median line and 90% band over patients and draws.

    Args:
        name: of the figure's files.
        title: of the figure.
        axis: title of the vertical axis, with unit.
        table: columns ``arm, time_h, median, low, high``.
        sources: anchors of the arms.
        stop_d: day of the last dose, drawn as a line; None where arms differ.
        population: whom the figure shows, for the caption.
    """
    arms = table["arm"].unique(maintain_order=True).to_list()
    drawn = table.with_columns((pl.col("time_h") / 24).alias("day")).select(
        "arm", "day", "median", "low", "high"
    )
    base = alt.Chart().encode(x=alt.X("day:Q", title="day", axis=alt.Axis(tickMinStep=1)))
    colour = alt.Color("arm:N", scale=colour_scale(arms), legend=None)
    band = base.mark_area(opacity=0.22).encode(
        y=alt.Y("low:Q", title=axis), y2=alt.Y2("high:Q"), color=colour
    )
    line = base.mark_line(strokeWidth=1.6).encode(y=alt.Y("median:Q"), color=colour)
    layers = [band, line]
    if stop_d is not None:
        layers.append(
            base.transform_filter("datum.day == 0")  # one line a panel, not one a point of time
            .mark_rule(strokeDash=[3, 3], color="#5a6672")
            .encode(x=alt.datum(stop_d))
        )
    panels = alt.layer(*layers).properties(width=_PANEL, height=HEIGHT)
    chart = panels.facet(
        facet=alt.Facet("arm:N", title=None, sort=arms, header=alt.Header(labelFontWeight="bold")),
        columns=2,
        data=alt.Data(values=rounded_rows(drawn)),
    ).resolve_axis(x="independent")
    caption = (
        f"{population}. Line: median; band: 90% of patients over all draws of the uncertain parameters."
        + ("" if stop_d is None else " Dashed: treatment stops.")
        + " Simulated; not observed in patients."
    )
    return Figure(name, title, caption, chart, daily_means(table), tuple(sources))


@unchecked
def shared_course(
    name: str,
    title: str,
    axis: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    *,
    stop_d: float | None = None,
    population: str,
) -> Figure:
    """The median lines of all arms in one panel, so that they can be compared; bands too where there are at most `BANDS` arms.

    Args:
        name: of the figure's files.
        title: of the figure.
        axis: title of the vertical axis, with unit.
        table: columns ``arm, time_h, median, low, high``.
        sources: anchors of the arms.
        stop_d: day of the last dose, drawn as a line; None where arms differ.
        population: whom the figure shows, for the caption.
    """
    arms = table["arm"].unique(maintain_order=True).to_list()
    drawn = table.with_columns((pl.col("time_h") / 24).alias("day")).select(
        "arm", "day", "median", "low", "high"
    )
    bands = len(arms) <= BANDS
    shown = _thinned(drawn) if bands else _thinned(drawn).drop("low", "high")
    charts = [
        _shared(alt.NamedData(ROWS), arms, axis, width, stop_d, bands=bands, below=below)
        for width, below in ((_WIDE, False), (NARROW - 40, True))
    ]
    caption = (
        f"{population}. Lines: medians"
        + ("; bands: 90% of patients over all draws" if bands else "")
        + ("." if stop_d is None else ". Dashed: treatment stops.")
        + " Simulated; not observed in patients."
    )
    return Figure(
        name,
        title,
        caption,
        charts[0],
        daily_means(table),
        tuple(sources),
        narrow=charts[1],
        rows=tuple(rounded_rows(shown)),
    )


def _thinned(table: pl.DataFrame) -> pl.DataFrame:
    """No more points a curve than a drawing can show, its last one kept."""
    place, count = pl.int_range(pl.len()).over("arm"), pl.len().over("arm")
    step = (count / POINTS).ceil().cast(pl.Int64)
    return table.filter((place % step == 0) | (place == count - 1))


def _shared(
    data: alt.NamedData,
    arms: list[str],
    axis: str,
    width: int,
    stop_d: float | None,
    *,
    bands: bool,
    below: bool,
) -> alt.LayerChart | alt.FacetChart:
    legend = alt.Legend(orient="bottom" if below else "right", columns=1, title=None)
    colour = alt.Color("arm:N", scale=colour_scale(arms), sort=arms, legend=legend)
    dash = alt.StrokeDash("arm:N", scale=dash_scale(arms), sort=arms, legend=legend)
    base = alt.Chart(data).encode(x=alt.X("day:Q", title="day", axis=alt.Axis(tickMinStep=1)))
    layers = [
        base.mark_line(strokeWidth=1.8).encode(
            y=alt.Y("median:Q", title=axis), color=colour, strokeDash=dash
        )
    ]
    if bands:
        layers.insert(
            0,
            base.mark_area(opacity=0.16).encode(
                y=alt.Y("low:Q", title=axis),
                y2="high:Q",
                color=alt.Color("arm:N", scale=colour_scale(arms), legend=None),
            ),
        )
    if stop_d is not None:
        rule = alt.Chart(alt.Data(values=[{"stop": stop_d}]))
        layers.append(
            rule.mark_rule(strokeDash=[3, 3], color="#5a6672").encode(
                x=alt.X("stop:Q", title="day")
            )
        )
    return alt.layer(*layers).properties(width=width, height=HEIGHT + 40)
