"""Figures of a plan: states over time, deaths by week since start and stop, the times of single people."""

from typing import Any

import altair as alt
import numpy as np
import polars as pl

from speciosa.care.run import ArmResult, PathwayRun
from speciosa.care.stepping.arrays import BINS, STATES
from speciosa.report.figures.theme import unchecked

_COLOURS = ["#2a7f74", "#c8553d", "#8fc0b8", "#d9a441", "#1d2730", "#8a949e"]
_WIDTH, _HEIGHT = 250, 130
_PEOPLE = 12


def states(run: PathwayRun) -> pl.DataFrame:
    """Share of people in each state by week, mean over the draws."""
    parts = []
    for arm in run.arms:
        share = arm.counts.occupied.mean(axis=0) / run.plan.people
        for place, state in enumerate(STATES):
            weeks = np.arange(len(share))
            parts.append(
                pl.DataFrame(
                    {
                        "arm": arm.pathway.name,
                        "state": state,
                        "week": weeks,
                        "share": share[:, place],
                    }
                )
            )
    return pl.concat(parts)


def _in_order(table: pl.DataFrame, column: str) -> list[str]:
    """The panels of a chart as the table has them."""
    return list(dict.fromkeys(table[column]))


@unchecked
def states_chart(table: pl.DataFrame, legend_columns: int = 3) -> Any:
    """Stacked states, one small chart an arm."""
    every = max(1, len(table["week"].unique()) // 26)
    rows = table.filter(pl.col("week") % every == 0)
    scale = alt.Scale(domain=list(STATES), range=_COLOURS)
    order = [state for state in STATES]
    return (
        alt.Chart(alt.Data(values=rows.to_dicts()), width=_WIDTH, height=_HEIGHT)
        .mark_area()
        .encode(
            x=alt.X("week:Q", title="Week"),
            y=alt.Y("share:Q", title="People", axis=alt.Axis(format="%"), stack=True),
            color=alt.Color(
                "state:N",
                scale=scale,
                sort=order,
                title=None,
                legend=alt.Legend(orient="top", columns=legend_columns),
            ),
        )
        .facet(facet=alt.Facet("arm:N", title=None, sort=_in_order(table, "arm")), columns=2)
    )


def deaths(run: PathwayRun, last: int = 13) -> pl.DataFrame:
    """Deaths per 1,000 person-years by week since start and stop, of all arms with treatment together."""
    rows = []
    treated = [arm for arm in run.arms if arm.pathway.phases]
    for row, when in ((0, "since start, in treatment"), (1, "since stop, out of treatment")):
        for cause in ("overdose", "other"):
            for week in range(min(last, BINS - 1)):
                years, found = _summed(treated, row, week, cause)
                kept = years > 0
                if not kept.any():
                    continue
                rate = 1000.0 * found[kept] / years[kept]
                rows.append(
                    {"when": when, "cause": cause, "week": week + 1, "rate": float(rate.mean())}
                )
    return pl.DataFrame(rows)


def _summed(arms: list[ArmResult], row: int, week: int, cause: str) -> tuple[Any, Any]:
    years = sum(arm.counts.time[:, row, week] for arm in arms) / 365.25
    field = "fatal_hazard" if cause == "overdose" else "other_hazard"
    return years, sum(getattr(arm.counts, field)[:, row, week] for arm in arms)


@unchecked
def deaths_chart(table: pl.DataFrame) -> Any:
    """Bars by week, start beside stop."""
    scale = alt.Scale(domain=["overdose", "other"], range=[_COLOURS[1], _COLOURS[5]])
    return (
        alt.Chart(alt.Data(values=table.to_dicts()), width=_WIDTH, height=_HEIGHT)
        .mark_bar()
        .encode(
            x=alt.X("week:O", title="Week"),
            y=alt.Y("rate:Q", title="Deaths per 1,000 person-years"),
            color=alt.Color("cause:N", scale=scale, title=None, legend=alt.Legend(orient="top")),
        )
        .facet(facet=alt.Facet("when:N", title=None, sort=_in_order(table, "when")), columns=2)
    )


def timelines(run: PathwayRun, arm: ArmResult) -> pl.DataFrame:
    """When the first people of an arm were in which state."""
    rows = []
    changes = arm.changes.filter(pl.col("person") < _PEOPLE)
    for (person,), mine in changes.group_by("person", maintain_order=True):
        lasting = mine.filter(pl.col("state") != "overdose, survived")
        days = [*lasting["day"].to_list(), float(run.plan.until_d)]
        for begin, end, state in zip(days[:-1], days[1:], lasting["state"], strict=True):
            rows.append(
                {
                    "person": int(str(person)) + 1,
                    "state": state,
                    "from": begin / 7.0,
                    "to": end / 7.0,
                }
            )
    return pl.DataFrame(rows)


@unchecked
def timelines_chart(table: pl.DataFrame) -> Any:
    """A line a person."""
    scale = alt.Scale(domain=list(STATES), range=_COLOURS)
    return (
        alt.Chart(alt.Data(values=table.to_dicts()), width=2 * _WIDTH, height=14 * _PEOPLE)
        .mark_bar()
        .encode(
            x=alt.X("from:Q", title="Week"),
            x2="to:Q",
            y=alt.Y("person:O", title="Person"),
            color=alt.Color(
                "state:N",
                scale=scale,
                sort=list(STATES),
                title=None,
                legend=alt.Legend(orient="top", columns=3),
            ),
        )
    )
