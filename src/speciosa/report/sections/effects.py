"""Benefit and harm side by side."""

from collections.abc import Callable, Sequence
from textwrap import wrap

import altair as alt
import polars as pl

from speciosa.report.figures.figure import Figure
from speciosa.report.figures.theme import colour_scale, unchecked


@unchecked
def interval_panels(
    name: str,
    title: str,
    caption: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    *,
    columns: int = 3,
) -> Figure:
    """One panel an outcome, one line an arm: median and 90% interval.

    Args:
        name: of the figure's files.
        title: of the figure.
        caption: below it.
        table: columns ``arm, outcome, axis, median, low, high``; `axis` is the title of a panel's axis.
        sources: anchors.
        columns: panels a row.
    """
    wide = _arranged(_panels(table, columns), columns)
    narrow = _arranged(_panels(table, 1), 1) if columns > 1 else None
    return Figure(name, title, caption, wide, table.drop("axis"), tuple(sources), narrow=narrow)


def _panels(table: pl.DataFrame, columns: int) -> list[alt.LayerChart | alt.FacetChart]:
    """A panel an outcome; those at the left of a row name the arms."""
    arms = table["arm"].unique(maintain_order=True).to_list()
    outcomes = table["outcome"].unique(maintain_order=True).to_list()
    panels: list[alt.LayerChart | alt.FacetChart] = []
    for place, outcome in enumerate(outcomes):
        rows = table.filter(pl.col("outcome") == outcome)
        first = place % columns == 0
        y = alt.Y(
            "arm:N",
            sort=arms,
            title=None,
            scale=alt.Scale(domain=arms),
            axis=alt.Axis(labels=first, ticks=False, domain=False, labelPadding=8),
        )
        base = alt.Chart(alt.Data(values=rows.drop("outcome", "axis").to_dicts())).encode(
            y=y, color=alt.Color("arm:N", scale=colour_scale(arms), legend=None)
        )
        title_axis = str(rows["axis"][0])
        bar = base.mark_rule(strokeWidth=3).encode(
            x=alt.X("low:Q", title=title_axis, axis=alt.Axis(tickCount=4)), x2="high:Q"
        )
        dot = base.mark_point(filled=True, size=70, opacity=1).encode(x="median:Q")
        heading = alt.TitleParams(wrap(outcome, 30), fontSize=12, offset=6)
        panels.append((bar + dot).properties(width=190, height=22 * len(arms), title=heading))
    return panels


def _arranged(panels: Sequence[alt.LayerChart | alt.FacetChart], columns: int) -> alt.VConcatChart:
    rows_of = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    return alt.vconcat(*(alt.hconcat(*row, spacing=18) for row in rows_of), spacing=26)


def effects_table(
    table: pl.DataFrame, arms: Sequence[str], show: Callable[[float, str], str]
) -> pl.DataFrame:
    """One row an outcome, one column an arm, each cell a median with its interval, or None where not estimable.

    Args:
        table: columns ``arm, title, unit, median, low, high``.
        arms: the columns, in order.
        show: prints a value with its unit.
    """
    rows = []
    for title, unit in table.select("title", "unit").unique(maintain_order=True).iter_rows():
        row: dict[str, str | None] = {"outcome": str(title)}
        for arm in arms:
            found = table.filter((pl.col("arm") == arm) & (pl.col("title") == title))
            row[arm] = None if found.is_empty() else _cell(found, str(unit), show)
        rows.append(row)
    return pl.DataFrame(rows, schema={"outcome": pl.String, **dict.fromkeys(arms, pl.String)})


def _cell(found: pl.DataFrame, unit: str, show: Callable[[float, str], str]) -> str:
    median, low, high = found.select("median", "low", "high").row(0)
    return f"{show(median, unit)} ({show(low, unit)} to {show(high, unit)})"
