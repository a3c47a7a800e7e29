"""Rows of a network whose people are not independent: trials of clusters count for fewer, crossovers are asked for as contrasts."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from speciosa.errors import Fault
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.dependence import design_columns, design_effects
from speciosa.evidence.table.names import folded

_WITHIN = ("correlation", "corr")
_COUNTED = ("events", "n", "time")


def row_designs(
    records: Sequence[Mapping[str, Any]], studies: Sequence[str], shape: str, faults: list[Fault]
) -> tuple[Floats, list[str]]:
    """Each row's design effect, 1 where its people are independent, and what a reader must know.

    A correlation within people marks a crossover trial, whose arms are no independent groups: it is refused beside arms.

    Example:
        >>> rows = [{"icc": 0.05, "cluster_size": 21}, {"icc": None, "cluster_size": None}]
        >>> row_designs(rows, ["A", "B"], "counts", [])
        (array([2., 1.]), ['Cluster trials, size divided by the design effect: A by 2.'])
    """
    columns = design_columns(records[0])
    cells = {c: [_text(row.get(c)) for row in records] for c in columns}
    table = pl.DataFrame([pl.Series(c, found, pl.String) for c, found in cells.items()])
    wrong: list[Fault] = []
    found = design_effects(table, studies, wrong) if columns else np.ones(len(records))
    faults += dict.fromkeys(wrong)
    if shape != "contrasts":
        faults += _crossovers(records, studies)
    by_study = {
        f"{study} by {value:.3g}": None
        for study, value in zip(studies, found.tolist(), strict=True)
        if value != 1
    }
    told = ", ".join(by_study)
    return found, [f"Cluster trials, size divided by the design effect: {told}."] if told else []


def of_clusters(numbers: Mapping[str, float], design: float) -> dict[str, float]:
    """The figures of a row with its size divided, and its standard error widened, by the design effect.

    Example:
        >>> of_clusters({"events": 30.0, "n": 60.0}, 1.5), of_clusters({"mean": 4.0, "se": 0.2}, 4.0)
        ({'events': 20.0, 'n': 40.0}, {'mean': 4.0, 'se': 0.4})
    """
    return {
        name: value / design
        if name in _COUNTED
        else value * math.sqrt(design)
        if name == "se"
        else value
        for name, value in numbers.items()
    }


def _crossovers(records: Sequence[Mapping[str, Any]], studies: Sequence[str]) -> list[Fault]:
    column = next((name for name in records[0] if folded(name) in _WITHIN), None)
    crossed = [
        study
        for study, row in zip(studies, records, strict=True)
        if column is not None and _text(row.get(column)) is not None
    ]
    fix = (
        "Arms of a crossover trial are the same people: give its contrast with its standard error (study, treat1, treat2,"
        " effect, se; speciosa meta computes one from such a row), or empty the cell for parallel groups."
    )
    return [
        Fault(f"study {study!r}, {column}", "parallel groups in rows of arms", "a crossover", fix)
        for study in dict.fromkeys(crossed)
    ]


def _text(cell: object) -> str | None:
    text = "" if cell is None else str(cell).strip()
    return None if text.casefold() in MISSING else text
