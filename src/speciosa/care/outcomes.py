"""Outcomes of a plan: one number an arm, outcome and draw, from what was counted."""

import csv
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np

from speciosa.care.arms import Pathway
from speciosa.care.parameters import judged
from speciosa.care.plan import CONDITIONS, Plan
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats
from speciosa.outcomes import Basis, Drawn, Outcomes

SOURCES = (
    "CTN-0027 and CTN-0030 (public.ctn0094data ea8a040), cohorts of deaths: care/data/targets.csv",
    "model of this library: docs/plans.md",
)
_YEAR_D = 365.25


def outcomes_of(plan: Plan, arms: Sequence[tuple[str, Pathway, a.Counts]]) -> Outcomes:
    """The table of outcomes of all arms."""
    deaths = _dead(arms[0][2])[:, -1]
    parts = []
    for number, (name, pathway, counts) in enumerate(arms):
        assumed = plan.condition != CONDITIONS[0] or any(p.self_treated for p in pathway.phases)
        basis: Basis = "assumed" if assumed else "simulated"
        drawn = list(_drawn(plan, pathway, counts))
        if number and "death" in plan.outcomes:
            averted = 1000.0 * (deaths - _dead(counts)[:, -1]) / plan.people
            drawn.append(Drawn("Deaths averted", averted, "per 1,000 people", "benefit"))
        parts.append(Outcomes.of_arm(name, drawn, basis, SOURCES))
    return Outcomes.concat(parts)


def _drawn(plan: Plan, pathway: Pathway, counts: a.Counts) -> Iterator[Drawn]:
    wanted, people = plan.outcomes, plan.people
    weeks = plan.until_d // 7
    years = _years(counts)
    if "retention" in wanted:
        for months, week in ((6, 26), (12, 52), (24, 104)):
            if week <= weeks and pathway.phases:
                title = f"In first treatment at {months} months"
                yield Drawn(title, counts.retained[:, week] / people, "share", "benefit")
        inside = counts.occupied[:, :, a.TREATED].mean(axis=1) / people
        yield Drawn("Share of time in treatment", inside, "share", "benefit")
    if "abstinent_weeks" in wanted:
        clean = counts.abstinent.sum(axis=1) / people
        yield Drawn("Weeks without use", clean, "weeks", "benefit")
    if "days_of_use" in wanted:
        days = 28.0 * counts.days.sum(axis=1) / np.maximum(years * _YEAR_D, 1e-9)
        yield Drawn("Days of opioid use in 28 days alive", days, "days", "risk")
    if "relapse" in wanted:
        for months, week in ((6, 26), (12, 52)):
            if week <= weeks:
                share = counts.relapsed[:, week] / people
                yield Drawn(f"Relapsed by {months} months", share, "share", "risk")
    rate = 1000.0 / np.maximum(years, 1e-9)
    if "overdose" in wanted:
        survived = counts.overdoses.sum(axis=1) * rate
        yield Drawn("Overdoses survived", survived, "per 1,000 person-years", "risk")
    if "overdose_death" in wanted:
        fatal = counts.occupied[:, -1, a.DEAD_OVERDOSE] * rate
        yield Drawn("Deaths by overdose", fatal, "per 1,000 person-years", "risk")
    if "death" in wanted:
        yield Drawn("Deaths", _dead(counts)[:, -1] * rate, "per 1,000 person-years", "risk")
    if "dependence" in wanted:
        yield Drawn("Dependent at the end", _dependent(plan, pathway, counts), "share", "risk")
    if "pain_relief" in wanted:
        relief = _relief(pathway, plan.draws)
        treated = counts.occupied[:, 1:, a.TREATED].sum(axis=1) / people
        yield Drawn(
            "Weeks with 30% less pain, of people with pain", treated * relief, "weeks", "benefit"
        )
    if "qaly" in wanted:
        yield Drawn("QALYs", _qalys(counts) / people, "years", "benefit")


def _years(counts: a.Counts) -> Floats:
    """Person-years alive, by draw."""
    alive = counts.occupied[:, :, : a.DEAD_OVERDOSE].sum(axis=2)
    found: Floats = (alive[:, :-1] + alive[:, 1:]).sum(axis=1) * 0.5 * 7.0 / _YEAR_D
    return found


def _dead(counts: a.Counts) -> Floats:
    found: Floats = counts.occupied[:, :, a.DEAD_OVERDOSE :].sum(axis=2)
    return found


def _dependent(plan: Plan, pathway: Pathway, counts: a.Counts) -> Floats:
    last = counts.occupied[:, -1]
    alive = np.maximum(last[:, : a.DEAD_OVERDOSE].sum(axis=1), 1.0)
    held = np.zeros(plan.draws)
    for phase in pathway.phases:
        if phase.readings is not None:
            held = (phase.readings.tolerance > judged("dependent")).astype(float)
    found: Floats = (last[:, a.USING] + held * last[:, a.TREATED]) / alive
    return found


def _relief(pathway: Pathway, draws: int) -> Floats:
    """Share of people with pain whose pain is 30% less under the first medicine."""
    for phase in pathway.phases:
        if phase.readings is not None:
            return phase.readings.relief
    return np.zeros(draws)


@lru_cache(maxsize=1)
def utilities() -> dict[str, float]:
    """Weight of a year in each state; see the file for sources.

    Example:
        >>> sorted(utilities())[0]
        'detoxification'
    """
    text = (files("speciosa.care") / "data" / "utilities.csv").read_text(encoding="utf-8")
    return {row["state"]: float(row["value"]) for row in csv.DictReader(text.splitlines())}


def _qalys(counts: a.Counts) -> Floats:
    weight = utilities()
    alive = [weight[state] for state in a.STATES[: a.DEAD_OVERDOSE]]
    spent = counts.occupied[:, :, : a.DEAD_OVERDOSE] @ np.array(alive)
    lost = (weight["treated"] - weight["month after an overdose"]) / 12.0
    whole = (spent[:, :-1] + spent[:, 1:]).sum(axis=1) * 0.5 * 7.0 / _YEAR_D
    found: Floats = whole - lost * counts.overdoses.sum(axis=1)
    return found
