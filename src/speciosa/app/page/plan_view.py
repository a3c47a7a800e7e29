"""What the page Plan shows: what rests on assumption, then two plans beside each other over months and years."""

from dataclasses import replace
from functools import lru_cache

import polars as pl
from markupsafe import Markup

from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look.drawing import View
from speciosa.care.plan import CALIBRATED_D
from speciosa.care.read import days_of, read_plan
from speciosa.care.run import PathwayRun, pathway
from speciosa.errors import Fault, InputError
from speciosa.report.figures.figure import spec_of
from speciosa.report.number import plain, table_html
from speciosa.report.plans.figures import deaths, deaths_chart, states, states_chart
from speciosa.report.plans.page import assumed

PEOPLE, DRAWS = 200, 10
"""People of a draw, and draws: for a first look."""


def view(state: State, narrow: bool = False) -> View:
    """Two plans, people followed for the time asked."""
    page = View()
    run = _run(state["plan"], state["against"], state["followed"])
    page.heading(_headline(run))
    page.text(Markup('<div class="basis">{}</div>').format(assumed(run)))
    page.text(_outcomes(run))
    table = states(run)
    last = table.filter(pl.col("week") == table["week"].max())
    caption = Markup("Share of people in each state by week, mean over {} draws.").format(DRAWS)
    page.draw(
        "states",
        "Where people are",
        caption,
        spec_of(states_chart(table, 2 if narrow else 3)),
        last,
        narrow=narrow,
    )
    died = deaths(run)
    if not died.is_empty():
        caption = Markup(
            "Deaths per 1,000 person-years by week since the start and the stop of treatment, both plans together."
        )
        page.draw(
            "deaths", "Deaths by week", caption, spec_of(deaths_chart(died)), died, narrow=narrow
        )
    words = "{} virtual people, {} draws of what is uncertain. The whole, with every outcome and what decides: speciosa pathway {}."
    name = choices.arm_of_plan(state["plan"])[0]
    page.text(
        Markup('<p id="methods" class="basis">{}</p>').format(words.format(PEOPLE, DRAWS, name))
    )
    return page


@lru_cache(maxsize=16)
def _run(first: str, second: str, followed: str) -> PathwayRun:
    """Two arms of a shipped plan, in few people."""
    (plan, one), (other_plan, other) = (choices.arm_of_plan(key) for key in (first, second))
    if plan != other_plan:
        fix = "Choose two of the same, such as two of chronic pain."
        raise InputError(Fault("beside it", "a plan for the same people", other, fix))
    whole = read_plan(plan)
    wanted = list(dict.fromkeys((one, other)))
    arms = {arm.name: arm for arm in whole.arms}
    days = 7 * round((days_of(followed) or 365.25) / 7.0)
    few = replace(
        whole,
        people=PEOPLE,
        draws=DRAWS,
        arms=tuple(arms[name] for name in wanted),
        until_d=days,
        notes=whole.notes if days > CALIBRATED_D else (),
    )
    return pathway(few, threads=1)


def _headline(run: PathwayRun) -> str:
    told = []
    for arm in run.arms:
        if arm.pathway.phases and run.plan.until_d >= 182:
            share = arm.counts.retained[:, 26].mean() / run.plan.people
            told.append(f"{arm.pathway.name} {share:.0%}")
    return (
        "Still in first treatment after half a year: " + ", ".join(told) if told else run.plan.title
    )


def _outcomes(run: PathwayRun) -> Markup:
    """A row an outcome, a column a plan: median and 5% to 95% over the draws, and on what it rests."""
    summary = run.outcomes.summary()
    rows: dict[str, dict[str, object]] = {}
    arms = list(dict.fromkeys(summary["arm"]))
    for cell in summary.iter_rows(named=True):
        name = f"{cell['outcome']} ({cell['unit']})"
        told = f"{plain(cell['median'])} ({plain(cell['low'])} to {plain(cell['high'])})"
        row = rows.setdefault(name, {"Outcome": name, **dict.fromkeys(arms, "")})
        row[cell["arm"]] = f"{told}, {cell['basis']}"
    return table_html(list(rows.values()), "methods", caption="Median and 5% to 95% over the draws")
