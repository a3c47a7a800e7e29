"""The page of a plan: what rests on assumption first, then outcomes, states, deaths, single people and what decides."""

import numpy as np
import polars as pl
from markupsafe import Markup

from speciosa import facts
from speciosa.care.claims import claim_answers
from speciosa.care.deciding import GOAL, LEAVING, ranked_first, worth_knowing
from speciosa.care.modifiers import modifiers
from speciosa.care.parameters import judgements, moved, pain_priors, priors
from speciosa.care.plan import CONDITIONS
from speciosa.care.run import ALWAYS, PathwayRun
from speciosa.report.number import table_html
from speciosa.report.page import Part, page
from speciosa.report.plans.figures import (
    deaths,
    deaths_chart,
    states,
    states_chart,
    timelines,
    timelines_chart,
)
from speciosa.report.plans.plainly import first_lines
from speciosa.report.sections.evidence_page import drawing

_MOST = 8


def pathway_page(run: PathwayRun) -> str:
    """One HTML file on a plan."""
    parts = [
        Part("assumed", "What rests on assumption", assumed(run)),
        Part("outcomes", "Outcomes", _outcomes(run)),
        Part("states", "Where people are", _states(run)),
        Part("deaths", "Deaths by week", _deaths(run)),
        Part("people", "Single people", _people(run)),
        Part("decides", "What decides the ranking", _decides(run)),
        *_harm(run),
        Part("claims", "What it says of claims", _claims(run)),
        Part("care", "Care beside the medicine", _care(run)),
        Part("traced", "Where the numbers come from", _traced(run)),
        Part("methods", "How it was made", _methods(run)),
    ]
    question = f"{len(run.plan.arms)} plans, {run.plan.until_d / 365.25:.1f} years"
    footer = f"{run.plan.people} people a draw, {run.plan.draws} draws, seed {run.plan.seed}."
    return page(run.plan.title, question, parts, footer)


def _paragraphs(lines: list[str]) -> Markup:
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


def assumed(run: PathwayRun) -> Markup:
    """What of a plan rests on assumption, what becomes of a hundred people, and what always holds."""
    noted = [Markup("<li>{}</li>").format(note) for note in run.notes if note not in ALWAYS]
    listed = Markup("<ul>{}</ul>").format(Markup("").join(noted)) if noted else Markup("")
    return (
        _paragraphs(first_lines(run))
        + listed
        + _paragraphs([*ALWAYS, "This page compares; it recommends nothing."])
    )


def _outcomes(run: PathwayRun) -> Markup:
    body = Markup("")
    summary = run.outcomes.summary()
    for name in run.outcomes.names:
        rows = summary.filter(pl.col("outcome") == name)
        table = rows.select(
            pl.col("arm").alias("Plan"), pl.col("median").alias("Median"), pl.col("low").alias("5%"),
            pl.col("high").alias("95%"), pl.col("basis").alias("Basis"),
        )  # fmt: skip
        body += table_html(table, "methods", caption=f"{name} ({rows['unit'][0]})")
    return body


def _states(run: PathwayRun) -> Markup:
    table = states(run)
    last = table.filter(pl.col("week") == table["week"].max())
    caption = "Share of people in each state by week, mean over the draws. People return to treatment at the calibrated rate."
    return drawing("states", "States over time", caption, states_chart(table), last)


def _deaths(run: PathwayRun) -> Markup:
    table = deaths(run)
    if table.is_empty():
        return Markup("<p>No plan has treatment.</p>")
    caption = (
        "Deaths per 1,000 person-years by week since the start and since the stop of treatment, all plans with treatment "
        "together. The rise of overdoses after the stop comes from lost tolerance: with tolerance held, it is not there. That of "
        "deaths from other causes is recorded in cohorts; people who fall ill leave, too."
    )
    return drawing("deaths", "Deaths by week", caption, deaths_chart(table), table)


def _people(run: PathwayRun) -> Markup:
    arm = run.arms[0]
    table = timelines(run, arm)
    caption = f"Twelve simulated people of the first draw under {arm.pathway.name}, invented by the model."
    return drawing("timelines", "Single people", caption, timelines_chart(table), table)


def _decides(run: PathwayRun) -> Markup:
    if len(run.arms) < 2:
        return Markup("<p>There is one plan.</p>")
    if GOAL not in run.outcomes.names:
        told = "Deaths from all causes were not asked for (outcome 'death'), so nothing is ranked by them."
        return Markup("<p>{}</p>").format(told)
    first = sorted(ranked_first(run).items(), key=lambda item: -item[1])[:_MOST]
    rows = pl.DataFrame(
        {"Plan": [n for n, _ in first], "Share of draws with fewest deaths": [s for _, s in first]}
    )
    body = table_html(
        rows, "methods", caption="Which plan has fewest deaths, over draws and scenarios"
    )
    found = worth_knowing(run)
    if not found:
        return body
    shown = [(name, value) for name, value in found.items() if value > 0][:_MOST]
    if LEAVING in found and LEAVING not in dict(shown):
        shown.append((LEAVING, found[LEAVING]))
    table = pl.DataFrame(
        {"Unknown": [n.replace("_", " ") for n, _ in shown], "Worth": [v for _, v in shown]}
    )
    words = "What learning each unknown alone would save in deaths per 1,000 person-years, if the plan were chosen by deaths"
    return body + table_html(table, "methods", caption=words)


def _harm(run: PathwayRun) -> list[Part]:
    """Deaths and poisonings with kratom as they were recorded; no simulated number holds them."""
    if not any(phase.self_treated for arm in run.arms for phase in arm.pathway.phases):
        return []
    recorded = facts.table("risks").filter(
        pl.col("substances").str.contains("kratom|7_hydroxymitragynine")
        & pl.col("domain").is_in(["mortality", "acute toxicity"])
        & pl.col("denominator").is_not_null()
    )
    table = recorded.select(
        pl.col("outcome").alias("Outcome"), pl.col("population").alias("Among"),
        pl.col("rate").alias("Rate"), pl.col("unit").alias("Unit"), pl.col("events").alias("Events"),
        pl.col("denominator").alias("Of"), pl.col("period").alias("When"),
    )  # fmt: skip
    lead = _paragraphs(
        [
            "Observational: counted by registers among those who were seen there, not among all who use kratom. The deaths of the "
            "plans above hold only what the receptor model says of breathing."
        ]
    )
    return [Part("harm", "Recorded harm of kratom", lead + table_html(table, "methods"))]


def _claims(run: PathwayRun) -> Markup:
    body = Markup("")
    for name, (head, *lines) in claim_answers(run).items():
        body += Markup("<h3>{}</h3>").format(f"{name}: {head}") + _paragraphs(list(lines))
    return body or Markup("<p>These plans say nothing of the claims on care.</p>")


def _care(run: PathwayRun) -> Markup:
    used = list(dict.fromkeys(kind for arm in run.plan.arms for kind in arm.behavioural))
    shown = used or list(modifiers())
    rows = [
        {"Care": name, "Acts on": m.acts_on, "Ratio": m.ratio, "Low": m.low, "High": m.high,
         "Verdict": m.verdict, "Source": m.source or "none", "Note": m.note}
        for name in shown if (m := modifiers()[name])
    ]  # fmt: skip
    return table_html(rows, "methods")


def _traced(run: PathwayRun) -> Markup:
    """Every number of the slow clock in this run: what was drawn, what told it, and why it was believed before."""
    rows = []
    for prior in (*priors(), *(pain_priors() if run.plan.condition != CONDITIONS[0] else ())):
        drawn = run.values.get(prior.name)
        low, middle, high = prior.value(np.array([-1.645, 0.0, 1.645]))
        if drawn is not None:
            low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
        rests = "calibrated" if prior.name in moved() else "judgement: no target moved it"
        rows.append(_number(prior.name, prior.unit, middle, low, high, rests, prior.why))
    for name, entry in judgements().items():
        value = float(entry["value"])
        rows.append(_number(name, entry["unit"], value, None, None, "judgement", entry["why"]))
    lead = _paragraphs(
        [
            "Each outcome above follows from these numbers, from the pharmacological model (docs/model.md), from the care "
            "beside the medicine and from deaths in the general population (care/data/people.toml). Every target with what is "
            "predicted, and the rows left out: docs/plans-fit.md."
        ]
    )
    return lead + table_html(rows, "methods")


def _number(
    name: str, unit: str, value: float, low: float | None, high: float | None, rests: str, why: str
) -> dict[str, object]:
    return {
        "Number": name.replace("_", " "), "Unit": unit, "Median": value, "5%": low, "95%": high,
        "Rests on": rests, "Believed before": why,
    }  # fmt: skip


def _methods(run: PathwayRun) -> Markup:
    lines = [
        "Two clocks: the pharmacological model gives occupancy, withdrawal, tolerance and the dose that stops breathing for "
        "each medicine; a semi-Markov model of single people reads them by day and week. Calibrated on CTN-0027, CTN-0030 and "
        "published cohorts; equations, fit and priors: docs/plans.md.",
        f"People: {run.plan.group}; use before: {run.plan.habitual_mme:g} MME a day; fentanyl-like share of supply "
        f"{run.plan.fentanyl:.0%}.",
    ]
    return _paragraphs(lines) + Markup("<pre>{}</pre>").format(run.plan.text)
