"""Which number of a simulated arm a row asks for: retention, use, urine tests, relapse, leaving, deaths, overdoses."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speciosa.care.observed.periods import PeriodError, contrast, period
from speciosa.care.observed.rows import Observed
from speciosa.care.read import days_of
from speciosa.care.run import ArmResult, PathwayRun
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats
from speciosa.errors import Fault, InputError

COHORT_D = 728
"""Days for which a cohort is followed."""
_YEAR_D = 365.25
_LONGEST_D = 3654
Kind = Literal["share", "days", "ratio"]
Reading = Callable[[ArmResult, PathwayRun], Floats]
_PER = re.compile(
    r"(?:per|/)\s*([0-9][0-9, ]*)?\s*(?:person|patient|py|pyr|p-y|pyo)[\s-]*(day|week|month|year|yr)?s?"
)
_PERIOD_D = {
    "day": 1.0,
    "week": 7.0,
    "month": 30.4375,
    "year": _YEAR_D,
    "yr": _YEAR_D,
    None: _YEAR_D,
}
KNOWN = (
    "started, retained, left, relapsed, days of opioid use recorded, opioid-positive urine recorded, seven days of use in a row "
    "recorded, hazard of the last dose, mortality, overdose, mortality ratio"
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
    if found.days > _LONGEST_D:
        raise InputError(Fault(f"{row.where}, at", f"at most {_LONGEST_D} days", row.at))
    return found


def _asked(row: Observed) -> Asked:
    name = " ".join(re.sub(r"[_-]", " ", row.quantity.casefold()).split())
    if re.search(r"mortality|death|died|fatal", name) or re.match(r"(non fatal )?overdose", name):
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
    reading = next((each for words, each in _SHARES if re.search(words, name)), None)
    if reading is None:
        raise InputError(Fault(f"{row.where}, quantity", "one of " + KNOWN, row.quantity))
    days = _time(row)
    return Asked(reading(days), "share", max(28, math.ceil(days)))


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
    return days


def _weekly(days: float, counted: Callable[[ArmResult], Floats]) -> Reading:
    """Of people counted at the ends of weeks, the share at a time; straight between weeks."""

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        counts = counted(arm)
        place = min(max(days / 7.0, 0.0), counts.shape[1] - 1.0)
        week = min(int(place + 1e-9), counts.shape[1] - 2)
        part = place - week
        found: Floats = (
            (1.0 - part) * counts[:, week] + part * counts[:, week + 1]
        ) / run.plan.people
        return found

    return read


def _retained(days: float) -> Reading:
    """The last dose covers the time: of a daily medicine it was taken in the week before, of an injection in its interval."""

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        covers = max((phase.covers_d for phase in arm.pathway.phases), default=1.0)
        back = 0.0 if covers > 7.0 else 7.0
        return _weekly(days - back, lambda each: each.counts.retained)(arm, run)

    return read


def _not(reading: Callable[[float], Reading]) -> Callable[[float], Reading]:
    return lambda days: lambda arm, run: 1.0 - reading(days)(arm, run)


def _relapsed(days: float) -> Reading:
    return _weekly(days, lambda arm: arm.counts.relapsed)


_SHARES: tuple[tuple[str, Callable[[float], Reading]], ...] = (
    (r"relapse free|no relapse|without relapse", _not(_relapsed)),
    (r"relaps", _relapsed),
    (r"in a row", lambda days: _weekly(days, lambda arm: arm.counts.run)),
    (r"positive", lambda days: _weekly(days, lambda arm: arm.counts.positive)),
    (r"left|drop|discontinu|attrition", _not(_retained)),
    (r"retain|retention|in treatment|on treatment|still treated|complet", _retained),
)
"""Shares by words of their names, the first that fits."""


def _days(name: str, row: Observed) -> Asked:
    """Days of use in 28, in a span of study days or in the 28 days up to a time."""
    if "before" in row.at.casefold():
        return Asked(lambda arm, run: 28.0 * run.values["using_share"], "days", 28)
    span = re.search(r"d(?:ays?)?\s*(\d+)\s*(?:-|to)\s*(\d+)", row.at.casefold())
    weeks = re.search(r"w(?:ee)?ks?\s*(\d+)\s*(?:-|to)\s*(\d+)", row.at.casefold())
    if span is not None:
        first, last = (int(span[1]) - 1) // 7 + 1, max(1, round(int(span[2]) / 7))
    elif weeks is not None:
        first, last = max(1, int(weeks[1])), int(weeks[2])
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
    span = re.search(r"(\d+)\s*(?:-|to)\s*(\d+)", row.at)
    if span is None or int(span[2]) <= int(span[1]):
        raise InputError(Fault(f"{row.where}, at", "a span, such as d 28-56", row.at or "nothing"))
    size = 7 if re.search(r"w(ee)?k", row.at.casefold()) else 1
    begin, end = int(span[1]) * size, int(span[2]) * size
    many, days = _denominator(row, 1000.0, 1.0)

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        del run
        weeks = np.arange(arm.counts.retained.shape[1]) * 7.0
        kept = np.log(np.maximum(arm.counts.retained, 0.5))
        logs = [np.array([np.interp(day, weeks, one) for one in kept]) for day in (begin, end)]
        found: Floats = np.maximum(many * days * (logs[0] - logs[1]) / (end - begin), 1e-6)
        return found

    return Asked(read, "ratio", end + 7)


def _denominator(row: Observed, many: float, days: float) -> tuple[float, float]:
    """Of a rate: how many people, and how many days; what is usual where the unit does not say."""
    found = _PER.search(row.unit.casefold())
    if found is None:
        return many, days
    number = re.sub(r"[, ]", "", found[1] or "1")
    return float(number), _PERIOD_D[found[2]]


def _deaths(name: str, row: Observed) -> Asked:
    words = f"{name} {row.at}".casefold()
    poisoned = bool(re.search("overdose|opioid.related|drug.related|drug.induced|poisoning", words))
    fatal = bool(re.search("mortality|death|died|fatal", name.replace("non fatal", "")))
    many, days = _denominator(row, 1000.0, _YEAR_D)
    try:
        if re.search("ratio|relative|hazard", f"{name} {row.unit.casefold()}"):
            one, other = contrast(row.at)

            def ratio(arm: ArmResult, run: PathwayRun) -> Floats:
                del run
                found: Floats = _rate(arm.counts, one, poisoned, fatal) / _rate(
                    arm.counts, other, poisoned, fatal
                )
                return found

            return Asked(ratio, "ratio", COHORT_D)
        only = period(row.at)
    except PeriodError as error:
        raise InputError(Fault(f"{row.where}, at", str(error), row.at or "nothing")) from None
    return Asked(
        lambda arm, run: many * days * _rate(arm.counts, only, poisoned, fatal), "ratio", COHORT_D
    )


def _rate(counts: a.Counts, when: tuple[int, int, int], poisoned: bool, fatal: bool) -> Floats:
    """Deaths, or overdoses, a day in some weeks since start (0) or stop (1); NaN where nobody lives then."""
    row, first, last = when
    where = (slice(None), row, slice(first, last))
    time = counts.time[where].sum(axis=1)
    hazard = (counts.fatal_hazard if fatal else counts.overdose_hazard)[where].sum(axis=1)
    if not poisoned:
        hazard = hazard + counts.other_hazard[where].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(time > 0.0, np.maximum(hazard, 1e-12) / time, np.nan)
    return found
