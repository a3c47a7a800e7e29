"""Benefit and harm side by side."""

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap

import polars as pl

from speciosa.report.figures.colours import Ink
from speciosa.report.figures.figure import Figure
from speciosa.report.figures.look import Spec, colour_of, limit, quantity, whole

_PANEL_PX, _ROW_PX = 190, 22


def interval_panels(
    name: str,
    title: str,
    caption: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    inks: Mapping[str, Ink],
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
        inks: of the arms.
        columns: panels a row.
    """
    wide = _arranged(_panels(table, inks, columns), columns)
    narrow = _arranged(_panels(table, inks, 1), 1) if columns > 1 else None
    return Figure(name, title, caption, wide, table.drop("axis"), tuple(sources), narrow=narrow)


def _panels(table: pl.DataFrame, inks: Mapping[str, Ink], columns: int) -> list[Spec]:
    """A panel an outcome; those at the left of a row name the arms."""
    arms = table["arm"].unique(maintain_order=True).to_list()
    parts = table.partition_by("outcome", maintain_order=True)
    colour = colour_of(arms, inks)
    axis = {"ticks": False, "domain": False, "labelPadding": 8, "labelLimit": limit(arms)}
    panels = []
    for place, rows in enumerate(parts):
        y = {
            "field": "arm",
            "type": "nominal",
            "sort": arms,
            "title": None,
            "scale": {"domain": arms},
            "axis": {**axis, "labels": place % columns == 0},
        }
        low = quantity("low", title=str(rows["axis"][0]), axis={"tickCount": 4})
        shared = {"y": y, "color": colour}
        panels.append(
            {
                "data": {"values": rows.drop("outcome", "axis").to_dicts()},
                "title": {"text": wrap(str(rows["outcome"][0]), 30), "fontSize": 12, "offset": 6},
                "width": _PANEL_PX,
                "height": _ROW_PX * len(arms),
                "layer": [
                    {
                        "mark": {"type": "rule", "strokeWidth": 3},
                        "encoding": {**shared, "x": low, "x2": {"field": "high"}},
                    },
                    {
                        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                        "encoding": {**shared, "x": quantity("median")},
                    },
                ],
            }
        )
    return panels


def _arranged(panels: Sequence[Spec], columns: int) -> Spec:
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    return whole({"vconcat": [{"hconcat": row, "spacing": 18} for row in rows], "spacing": 26})


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
