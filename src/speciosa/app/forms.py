"""Charts of one form with new numbers: building a chart takes longer than a preview's solving, so its form is kept.

The report's functions build each form once, with one row for every place; afterwards only the rows are exchanged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import polars as pl

from speciosa.report.courses import daily_means, rounded_rows, time_course
from speciosa.report.effects import interval_panels
from speciosa.report.figure import Figure

Spec = dict[str, Any]
Rows = list[dict[str, object]]
_KEPT = 48
_NUMBERS = {"median": 0.0, "low": 0.0, "high": 0.0}


def panels(
    name: str, title: str, caption: str, table: pl.DataFrame, sources: Sequence[str], columns: int
) -> tuple[Figure, Spec]:
    """`interval_panels` of the report, with the same arguments, and its drawing."""
    arms = tuple(table["arm"].unique(maintain_order=True))
    outcomes = tuple(table.select("outcome", "axis").unique(maintain_order=True).iter_rows())
    figure, spec = _panels(name, title, caption, arms, outcomes, tuple(sources), columns)
    parts = (
        table.filter(pl.col("outcome") == outcome).drop("outcome", "axis").to_dicts()
        for outcome, _ in outcomes
    )
    return replace(figure, table=table.drop("axis")), filled(spec, parts)


def course(
    name: str,
    title: str,
    axis: str,
    table: pl.DataFrame,
    sources: Sequence[str],
    *,
    stop_d: float | None,
    population: str,
) -> tuple[Figure, Spec]:
    """`time_course` of the report, with the same arguments, and its drawing."""
    arms = tuple(table["arm"].unique(maintain_order=True))
    figure, spec = _course(name, title, axis, arms, tuple(sources), stop_d, population)
    drawn = table.select("arm", (pl.col("time_h") / 24).alias("day"), "median", "low", "high")
    return replace(figure, table=daily_means(table)), filled(spec, iter([rounded_rows(drawn)]))


def filled(spec: Spec, rows: Iterator[Rows]) -> Spec:
    """A drawing with other rows, in the order in which its data stand.

    Example:
        >>> filled({"hconcat": [{"data": {"values": []}, "mark": "bar"}]}, iter([[{"x": 1}]]))
        {'hconcat': [{'data': {'values': [{'x': 1}]}, 'mark': 'bar'}]}
    """

    def copied(node: Any) -> Any:
        if isinstance(node, list):
            return [copied(part) for part in node]
        if not isinstance(node, dict):
            return node
        return {
            key: {"values": next(rows)} if key == "data" else copied(part)
            for key, part in node.items()
        }

    return {
        key: part if key == "config" else copied({key: part})[key] for key, part in spec.items()
    }


@lru_cache(maxsize=_KEPT)
def _panels(
    name: str,
    title: str,
    caption: str,
    arms: tuple[str, ...],
    outcomes: tuple[tuple[str, str], ...],
    sources: tuple[str, ...],
    columns: int,
) -> tuple[Figure, Spec]:
    table = pl.DataFrame(
        [
            {"arm": arm, "outcome": outcome, "axis": axis, **_NUMBERS}
            for outcome, axis in outcomes
            for arm in arms
        ]
    )
    figure = interval_panels(name, title, caption, table, sources, columns=columns)
    return figure, figure.chart.to_dict(validate=False)


@lru_cache(maxsize=_KEPT)
def _course(
    name: str,
    title: str,
    axis: str,
    arms: tuple[str, ...],
    sources: tuple[str, ...],
    stop_d: float | None,
    population: str,
) -> tuple[Figure, Spec]:
    table = pl.DataFrame([{"arm": arm, "time_h": 0.0, **_NUMBERS} for arm in arms])
    figure = time_course(name, title, axis, table, sources, stop_d=stop_d, population=population)
    return figure, figure.chart.to_dict(validate=False)
