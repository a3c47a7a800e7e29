"""Which number of a simulated arm a row asks for: retention, use, urine tests, relapse, leaving, deaths, overdoses."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speciosa.care.observed.periods import PeriodError, contrast, period
from speciosa.care.observed.rates import denominator
from speciosa.care.observed.rows import Observed
from speciosa.care.observed.settings import setting_of
from speciosa.care.observed.shares import Reading, share_of
from speciosa.care.observed.spans import LONGEST_D, Span, SpanError, plain, span
from speciosa.care.observed.turned import meant, of_another_drug
from speciosa.care.read import days_of
from speciosa.care.run import ArmResult, PathwayRun
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats
from speciosa.errors import Fault, InputError

COHORT_D = 728
"""Days for which a cohort is followed."""
_YEAR_D = 365.25
Kind = Literal["share", "days", "ratio"]
KNOWN = (
    "started, retained, left, relapsed, lapsed, abstinent, days of opioid use recorded, opioid-positive urine recorded, seven days "
    "of use in a row recorded, hazard of the last dose, mortality, overdose, mortality ratio"
)


@dataclass(frozen=True)
class Asked:
    """What a row asks.

    Attributes:
        read: the number, by draw.
        kind: whether it is a share, a number of days, or a ratio or rate.
        days: of follow-up that it needs.
    """

    read: Reading
    kind: Kind
    days: int


def asked(row: Observed) -> Asked:
    """How a row is read.

    Raises:
        InputError: a quantity or time that the model does not have, or a number that cannot be one of them.
    """
    found = _asked(row)
    if found.kind == "share" and not 0.0 <= row.value <= 1.0:
        fix = "Write 71% as 0.71, as 71%, or give the unit %."
        raise InputError(Fault(f"{row.where}, value", "a share from 0 to 1", f"{row.value:g}", fix))
    if found.kind == "days" and not 0.0 <= row.value <= 28.0:
        raise InputError(Fault(f"{row.where}, value", "days of 28, from 0 to 28", f"{row.value:g}"))
    if found.kind == "ratio" and row.value <= 0.0:
        raise InputError(Fault(f"{row.where}, value", "more than 0", f"{row.value:g}"))
    if found.days > LONGEST_D:
        raise InputError(Fault(f"{row.where}, at", f"at most {LONGEST_D} days", row.at))
    return found


def _asked(row: Observed) -> Asked:
    name = re.sub(
        r"\bnon ?fatal", "non fatal", re.sub(r"[\s_-]+", " ", plain(row.quantity)).strip()
    )
    if of_another_drug(name):
        raise InputError(Fault(f"{row.where}, quantity", "urine tests of opioids", row.quantity))
    name = meant(name)
    if re.search(r"mortality|death|died|fatal", name) or re.match(
        r"(?:(?:all|any|opioid|drug|heroin) )*overdose", name
    ):
        return _deaths(name, row)
    if re.match(r"(started|initiat|induct|took a first dose)", name):
        return Asked(lambda arm, run: arm.counts.started[:, 0] / run.plan.people, "share", 56)
    if re.search(r"days of (opioid )?use|days used|use days", name) and "in a row" not in name:
        return _days(name, row)
    if (
        "hazard" in name
        and "dose" in name
        or name.startswith(("hazard of leaving", "dropout rate"))
    ):
        return _hazard(row)
    before = setting_of(row.setting).treated_d
    reading = share_of(name, row.setting, before)
    if reading is None:
        raise InputError(Fault(f"{row.where}, quantity", "one of " + KNOWN, row.quantity))
    days = _time(row)
    return Asked(reading(days), "share", max(28, math.ceil(days + before)))


_WORDS = (
    (r"^(?:at|by|after|until|up to|to|from 0 to)\s+", ""),
    (r"\s*(?:after|from|since|of|post)\b.*$", ""),
    (r"^d\s*(?=[0-9.]+$)", "day "),
    (r"^w\s*(?=[0-9.]+$)", "week "),
    (r"^m\s*(?=[0-9.]+$)", "month "),
    (r"[0-9.]+\s*(?:-|to)\s*(?=[0-9])", ""),  # a span ends at its end
    (r"(?<=[0-9])\s*-\s*(?=[a-z])", " "),  # 24-week
)
"""What is read of a time, in this order."""


def _time(row: Observed) -> float:
    """Days since the begin; the end where a span is given."""
    text = row.at.split(",")[0].strip().casefold()
    for pattern, instead in _WORDS:
        text = re.sub(pattern, instead, text)
    days = days_of(text)
    if days is None or days <= 0.0:
        wanted = "a time with its unit, such as 24 wk, week 24, 6 months or d 168"
        raise InputError(Fault(f"{row.where}, at", wanted, row.at or "nothing"))
    if days > LONGEST_D:
        raise InputError(Fault(f"{row.where}, at", f"at most {LONGEST_D} days", row.at))
    return days


def _span(row: Observed) -> Span | None:
    """The span of a row, where it has one."""
    try:
        return span(row.at)
    except SpanError as error:
        raise InputError(Fault(f"{row.where}, at", str(error), row.at)) from None


_NOT_OF_28 = re.compile(
    r"%|per ?cent|share|proportion|month|year|(?<!\b4[ -])(?<!four[ -])\b(?:weeks?|wks?)\b|\b(?!(?:0|28|4)\b)[0-9]+"
)


def _days(name: str, row: Observed) -> Asked:
    """Days of use in 28, in a span of study days or in the 28 days up to a time."""
    if _NOT_OF_28.search(plain(row.unit)):
        raise InputError(Fault(f"{row.where}, unit", "days of 28", row.unit))
    if "before" in row.at.casefold():
        return Asked(lambda arm, run: 28.0 * run.values["using_share"], "days", 28)
    told = _span(row)
    if told is not None:
        first, last = int(told.before_d / 7.0 + 1e-9) + 1, max(1, round(told.end_d / 7.0))
    else:
        last = max(4, round(_time(row) / 7.0))
        first = last - 3
    if last < first:
        raise InputError(Fault(f"{row.where}, at", "a span, such as d 29-56", row.at))
    recorded = "recorded" in name or "report" in name

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        counted = arm.counts.recorded if recorded else arm.counts.days
        found: Floats = counted[:, first : last + 1].sum(axis=1) / run.plan.people
        return found * 4.0 / (last - first + 1)

    return Asked(read, "days", 7 * last)


def _hazard(row: Observed) -> Asked:
    """Leaving from the first time of a span to the second."""
    told = _span(row)
    if told is None or told.last <= told.first:
        raise InputError(Fault(f"{row.where}, at", "a span, such as d 28-56", row.at or "nothing"))
    begin, end = told.first * told.unit_d, told.end_d
    many, days = _denominator(row, 1000.0, 1.0)

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        del run
        weeks = np.arange(arm.counts.retained.shape[1]) * 7.0
        kept = np.log(np.maximum(arm.counts.retained, 0.5))
        logs = [np.array([np.interp(day, weeks, one) for one in kept]) for day in (begin, end)]
        found: Floats = np.maximum(many * days * (logs[0] - logs[1]) / (end - begin), 1e-6)
        return found

    return Asked(read, "ratio", math.ceil(end) + 7)


def _denominator(row: Observed, many: float, days: float) -> tuple[float, float]:
    """Of a rate: how many people, and how many days; what is usual where no unit is given."""
    behind = re.search(r"\b(?:per|/)\s*[0-9].*$", plain(row.quantity))
    unit = row.unit or (behind[0] if behind else "")
    if not unit:
        return many, days
    found = denominator(unit)
    if found is None:
        wanted = (
            "people and time, such as per 1,000 person-years, per 100 people per year or % per year"
        )
        raise InputError(Fault(f"{row.where}, unit", wanted, unit))
    return found


def _deaths(name: str, row: Observed) -> Asked:
    counted = _counted(name, row.at)
    try:
        if re.search("ratio|relative|hazard", f"{name} {row.unit.casefold()}"):
            one, other = contrast(row.at)

            def ratio(arm: ArmResult, run: PathwayRun) -> Floats:
                del run
                return _rate(arm.counts, one, counted) / _rate(arm.counts, other, counted)

            return Asked(ratio, "ratio", COHORT_D)
        only = period(row.at)
    except PeriodError as error:
        raise InputError(Fault(f"{row.where}, at", str(error), row.at or "nothing")) from None
    many, days = _denominator(row, 1000.0, _YEAR_D)
    return Asked(lambda arm, run: many * days * _rate(arm.counts, only, counted), "ratio", COHORT_D)


def _counted(name: str, at: str) -> Callable[[a.Counts], Floats]:
    """What a name counts: overdoses, those that kill or are survived, or all deaths."""
    causes = "overdose|opioid.related|drug.related|drug.induced|poisoning"
    poisoned = bool(re.search(causes, f"{name} {at.casefold()}"))
    survived = "non fatal" in name
    fatal = bool(re.search("mortality|death|died|fatal", name.replace("non fatal", "")))

    def read(counts: a.Counts) -> Floats:
        if fatal == survived:
            found = counts.overdose_hazard
        elif fatal:
            found = counts.fatal_hazard
        else:
            found = counts.overdose_hazard - counts.fatal_hazard
        return found if poisoned or survived else found + counts.other_hazard

    return read


def _rate(
    counts: a.Counts, when: tuple[int, int, int], counted: Callable[[a.Counts], Floats]
) -> Floats:
    """What is counted, a day in some weeks since start (0) or stop (1); NaN where nobody lives then."""
    row, first, last = when
    where = (slice(None), row, slice(first, last))
    time = counts.time[where].sum(axis=1)
    hazard = counted(counts)[where].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(time > 0.0, np.maximum(hazard, 1e-12) / time, np.nan)
    return found
