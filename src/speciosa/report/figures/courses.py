"""Time courses with their bands: what a median patient goes through, and 9 in 10 of the others."""

from collections.abc import Mapping, Sequence

import polars as pl

from speciosa.report.figures.colours import Ink
from speciosa.report.figures.figure import ROWS, Figure
from speciosa.report.figures.look import (
    GREY,
    NARROW,
    Spec,
    colour_of,
    dash_of,
    limit,
    quantity,
    whole,
)
from speciosa.report.figures.rows import daily_means, rounded_rows
from speciosa.report.texts import text

HEIGHT = 190
_PANEL, _WIDE = 300, 780
BANDS = 3
POINTS = 170


def time_course(
    name: str,
    title: str,
    axis: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    inks: Mapping[str, Ink],
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
        inks: of the arms.
        stop_d: day of the last dose, drawn as a line; None where arms differ.
        population: whom the figure shows, for the caption.
    """
    arms = table["arm"].unique(maintain_order=True).to_list()
    drawn = table.with_columns((pl.col("time_h") / 24).alias("day")).select(
        "arm", "day", "median", "low", "high"
    )
    x, colour = quantity("day", title="day", axis={"tickMinStep": 1}), colour_of(arms, inks)
    low = quantity("low", title=axis)
    layers: list[Spec] = [
        {
            "mark": {"type": "area", "opacity": 0.22},
            "encoding": {"x": x, "y": low, "y2": {"field": "high"}, "color": colour},
        },
        {
            "mark": {"type": "line", "strokeWidth": 1.6},
            "encoding": {"x": x, "y": quantity("median"), "color": colour},
        },
    ]
    if stop_d is not None:
        layers.append(
            {
                # one line a panel, not one a point of time
                "transform": [{"filter": "datum.day == 0"}],
                "mark": {"type": "rule", "strokeDash": [3, 3], "color": GREY},
                "encoding": {"x": {"datum": stop_d, "type": "quantitative"}},
            }
        )
    chart = whole(
        {
            "data": {"values": rounded_rows(drawn)},
            "facet": {
                "field": "arm",
                "type": "nominal",
                "title": None,
                "sort": arms,
                "header": {"labelFontWeight": "bold"},
            },
            "columns": 2,
            "spec": {"layer": layers, "width": _PANEL, "height": HEIGHT},
            "resolve": {"axis": {"x": "independent"}},
        }
    )
    stop = "" if stop_d is None else f" {text('course.stop')}"
    caption = text("course.caption_panels", who=population, stop=stop)
    return Figure(name, title, caption, chart, daily_means(table), tuple(sources))


def shared_course(
    name: str,
    title: str,
    axis: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    inks: Mapping[str, Ink],
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
        inks: of the arms.
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
        _shared(arms, inks, axis, width, stop_d, bands=bands, below=below)
        for width, below in ((_WIDE, False), (NARROW - 40, True))
    ]
    caption = text(
        "course.caption",
        who=population,
        bands=text("course.bands") if bands else "",
        stop="" if stop_d is None else f" {text('course.stop')}",
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
    arms: list[str],
    inks: Mapping[str, Ink],
    axis: str,
    width: int,
    stop_d: float | None,
    *,
    bands: bool,
    below: bool,
) -> Spec:
    legend = {
        "orient": "bottom" if below else "right",
        "columns": 1,
        "title": None,
        "labelLimit": limit(arms),
    }
    colour, dash = (each(arms, inks, legend) for each in (colour_of, dash_of))
    x = quantity("day", title="day", axis={"tickMinStep": 1})
    data = {"name": ROWS}
    layers: list[Spec] = []
    if bands:
        low = quantity("low", title=axis)
        faint = colour_of(arms, inks)
        layers.append(
            {
                "data": data,
                "mark": {"type": "area", "opacity": 0.16},
                "encoding": {"x": x, "y": low, "y2": {"field": "high"}, "color": faint},
            }
        )
    y = quantity("median", title=axis)
    layers.append(
        {
            "data": data,
            "mark": {"type": "line", "strokeWidth": 1.8},
            "encoding": {"x": x, "y": y, "color": colour, "strokeDash": dash},
        }
    )
    if stop_d is not None:
        layers.append(
            {
                "data": {"values": [{"stop": stop_d}]},
                "mark": {"type": "rule", "strokeDash": [3, 3], "color": GREY},
                "encoding": {"x": quantity("stop", title="day")},
            }
        )
    return whole({"layer": layers, "width": width, "height": HEIGHT + 40})
