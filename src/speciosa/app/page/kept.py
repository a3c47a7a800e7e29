"""A result to keep beside others: the outcomes that the answer speaks of, a row a treatment, and the link that asks it again."""

import polars as pl
from markupsafe import Markup

from speciosa.app.asking.state import State, write_query
from speciosa.app.page import compare
from speciosa.report.arm_names import label
from speciosa.report.first.headline import headline
from speciosa.report.number import interval, shown
from speciosa.study.result import StudyRun


def kept(state: State, run: StudyRun) -> dict[str, object]:
    """What the browser keeps of a result: its link, whom it shows, the heads of its columns and its rows, as HTML."""
    outcomes = headline(run)
    summary = compare.summarised(run)
    rows = []
    for arm in run.study.arms:
        named = label(arm)
        cells = [
            Markup("<td>{}</td>").format(_cell(summary, arm.name, entry.title, entry.unit))
            for entry in outcomes
        ]
        rows.append(
            Markup('<tr><th scope="row">{}<br><span class="basis">{}</span></th>{}</tr>').format(
                named.name, named.dose, Markup("").join(cells)
            )
        )
    heads = [
        Markup('<th scope="col">{}<br><span class="basis">{}</span></th>').format(
            entry.title, entry.direction
        )
        for entry in outcomes
    ]
    return {
        "query": write_query(state),
        "about": compare.population(run),
        "head": str(Markup('<th scope="col">Treatment</th>') + Markup("").join(heads)),
        "rows": str(Markup("").join(rows)),
    }


def _cell(summary: pl.DataFrame, arm: str, title: str, unit: str) -> str:
    found = summary.filter((pl.col("arm") == arm) & (pl.col("outcome") == title))
    if found.is_empty():
        return "not estimable"
    low, middle, high = found.select("low", "median", "high").row(0)
    ends = "" if low == middle == high else f" ({interval(low, high, unit)})"
    return f"{shown(middle, unit)}{ends}"
