"""The first lines on a plan: what rests on assumption, and what becomes of a hundred people, in plain words."""

from collections.abc import Iterator

import numpy as np

from speciosa.care.plan import CONDITIONS
from speciosa.care.run import ArmResult, PathwayRun
from speciosa.care.stepping.arrays import DEAD_OVERDOSE, Floats

_MONTHS = ((12, 52), (6, 26), (3, 13), (1, 4))


def first_lines(run: PathwayRun) -> list[str]:
    """What a reader should know before any table: sentences, those on assumption first."""
    return [*_assumption(run), *_plainly(run)]


def _assumption(run: PathwayRun) -> Iterator[str]:
    if run.plan.condition != CONDITIONS[0]:
        yield "This comparison rests on judgement: no retention of people with chronic pain was calibrated."
        return
    if any(phase.self_treated for arm in run.arms for phase in arm.pathway.phases):
        yield (
            "The comparison with kratom rests on assumed retention: no study has followed how long people who treat themselves "
            "keep to it, so three scenarios are shown, never an estimate."
        )
        yield (
            "Leaving treatment with methadone or buprenorphine goes with about twice the deaths of staying in it, in cohorts; "
            "most in the first four weeks."
        )


def _plainly(run: PathwayRun) -> Iterator[str]:
    years = run.plan.until_d / 365.25
    span = f"{years:.1f} years" if years > 1.1 else f"{run.plan.until_d / 7:.0f} weeks"
    yield (
        f"What a model says of 100 people on each plan over {span}; in brackets how far it may be off. Real people and places "
        "differ more. It compares and recommends nothing."
    )
    for arm in run.arms:
        *first, last = _of_hundred(arm, run)
        yield f"{arm.pathway.name}: of 100 people {', '.join(first)}, and {last}."


def _of_hundred(arm: ArmResult, run: PathwayRun) -> Iterator[str]:
    counts, people, weeks = arm.counts, run.plan.people, run.plan.until_d // 7
    medicine = any(not phase.detoxification for phase in arm.pathway.phases)
    if medicine:
        months, week = next(each for each in _MONTHS if each[1] <= weeks)
        time = f"{months} months" if months > 1 else "a month"
        kept = f"{_range(100.0 * counts.retained[:, week] / people)} are still in their first treatment after {time}"
        assumed = any(phase.self_treated for phase in arm.pathway.phases)
        yield kept + (" (assumed)" if assumed else "")
    alive = counts.occupied[:, 1:, :DEAD_OVERDOSE].sum(axis=(1, 2))
    days = 4.0 * counts.days[:, 1:].sum(axis=1) / np.maximum(alive, 1.0)
    beside = (
        "opioids without prescription" if run.plan.condition != CONDITIONS[0] else "other opioids"
    )
    used = beside if medicine else "opioids"
    yield f"{used} are used on {_range(days)} of 28 days lived"
    dead = 100.0 * counts.occupied[:, -1, DEAD_OVERDOSE:].sum(axis=1) / people
    yield f"{_range(dead, 1)} have died"


def _range(drawn: Floats, digits: int = 0) -> str:
    low, middle, high = (f"{each:.{digits}f}" for each in np.quantile(drawn, [0.05, 0.5, 0.95]))
    return f"{middle} ({low} to {high})"
