"""Observed statistics of trials and cohorts against what the plan's people are predicted to do.

An interval is predictive: it holds what the parameters leave open, how studies differ, and the error of counting `n` people.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from speciosa.care.observed.periods import PeriodError, contrast, period
from speciosa.care.parameters import judged
from speciosa.care.plan import Plan, PlanArm
from speciosa.care.read import arm_of, days_of
from speciosa.care.run import ArmResult, PathwayRun, pathway
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats
from speciosa.delimited import read_text_table
from speciosa.errors import Fault, InputError
from speciosa.population.streams import normals
from speciosa.progress import Progress, silent

_NEEDED = ("id", "arm", "quantity", "at", "value")
_COHORT_D = 728
_YEAR_D = 365.25
_MOST_PEOPLE = 2000
Reading = Callable[[ArmResult, PathwayRun], Floats]


@dataclass(frozen=True, slots=True)
class TrialRow:
    """An observed statistic beside what was predicted."""

    id: str
    arm: str
    quantity: str
    at: str
    observed: float
    predicted: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the observed value lies in the 90% interval."""
        return self.low - 1e-9 <= self.observed <= self.high + 1e-9


@dataclass(frozen=True)
class TrialReport:
    """Predicted against observed.

    Attributes:
        rows: those that could be predicted.
        not_predicted: id and reason of the others.
        ratios: ids of rows that are ratios or rates, judged by folds.
    """

    rows: tuple[TrialRow, ...]
    not_predicted: tuple[tuple[str, str], ...]
    ratios: frozenset[str]

    @property
    def summary(self) -> dict[str, float | int | None]:
        """Number of rows, root mean square error of proportions, coverage, and folds of ratios."""
        shares = [r for r in self.rows if r.id not in self.ratios and 0 <= r.observed <= 1]
        folds = [
            abs(math.log(r.predicted / r.observed))
            for r in self.rows
            if r.id in self.ratios and r.observed > 0 and r.predicted > 0
        ]
        errors = [(r.predicted - r.observed) ** 2 for r in shares]
        return {
            "n": len(self.rows),
            "rmse": math.sqrt(sum(errors) / len(errors)) if errors else None,
            "coverage_90": sum(r.inside for r in self.rows) / len(self.rows) if self.rows else None,
            "within_1_5": sum(f <= math.log(1.5) for f in folds) / len(folds) if folds else None,
        }

    def as_dict(self) -> dict[str, object]:
        """As JSON."""
        return {
            "summary": self.summary,
            "rows": [{**asdict(row), "inside": row.inside} for row in self.rows],
            "not_predicted": [{"id": name, "reason": why} for name, why in self.not_predicted],
        }


def predict_trial(
    plan: Plan, path: Path, *, threads: int | None = None, progress: Progress = silent
) -> TrialReport:
    """Predicts the rows of a file.

    Args:
        plan: whose people, draws and seed are taken; a row's `arm` is one of its arms or a start line.
        path: a CSV file with ``id, arm, quantity, at, value`` and, where known, ``low, high, n, unit``.
        threads: of the simulation.
        progress: called with stage, done, total.

    Raises:
        InputError: the file cannot be used at all.
    """
    table = read_text_table(path)
    missing = [name for name in _NEEDED if name not in table.names]
    if missing:
        raise InputError(Fault(path.name, "the columns " + ", ".join(_NEEDED), f"no {missing[0]}"))
    failed: list[tuple[str, str]] = []
    wanted: list[tuple[dict[str, str], PlanArm, Reading, str]] = []
    days = 28
    for line, row in table.records():
        name = row["id"] or f"line {line}"
        try:
            arm = _arm(plan, row["arm"])
            reading, kind, least = _asked(row["quantity"], row["at"], row.get("unit", ""))
            _number(row["value"], "value")
        except InputError as error:
            failed.append((name, "; ".join(map(str, error.faults))))
            continue
        days = max(days, least)
        wanted.append(({**row, "id": name}, arm, reading, kind))
    if not wanted:
        return TrialReport((), tuple(failed), frozenset())
    arms = tuple({arm.name: arm for _, arm, _, _ in wanted}.values())
    until = 7 * math.ceil(days / 7)
    asked = replace(plan, arms=arms, until_d=until, people=min(max(plan.people, 500), _MOST_PEOPLE))
    run = pathway(asked, threads=threads, progress=progress)
    found = {arm.pathway.arm.name: arm for arm in reversed(run.arms)}
    rows = [
        _row(row, reading(found[arm.name], run), kind, plan.seed)
        for row, arm, reading, kind in wanted
    ]
    ratios = frozenset(row["id"] for row, _, _, kind in wanted if kind == "ratio")
    return TrialReport(tuple(rows), tuple(failed), ratios)


def _arm(plan: Plan, text: str) -> PlanArm:
    """An arm of the plan by its name, or one that starts as the text says."""
    for arm in plan.arms:
        if text.casefold() in (arm.name.casefold(), arm.start.casefold()):
            return arm
    return arm_of({"name": text, "start": text})


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(Fault(where, "a number", text or "nothing"))
    return value


def _asked(quantity: str, at: str, unit: str) -> tuple[Reading, str, int]:
    """How a quantity is read, whether it is a share, a number of days or a ratio, and days of follow-up that it needs."""
    name = quantity.strip().casefold()
    if "mortality" in name or "death" in name:
        return _deaths(name, at, unit)
    if name.startswith("started"):
        return lambda arm, run: arm.counts.started[:, 0] / run.plan.people, "share", 56
    span = re.search(r"d(?:ays?)?\s*(\d+)\s*-\s*(\d+)", at)
    if name.startswith("days of opioid use"):
        if span is None:
            return lambda arm, run: 28.0 * run.values["using_share"], "days", 28
        first, last = (int(span[1]) - 1) // 7 + 1, max(1, round(int(span[2]) / 7))
        return _days(first, last, "recorded" in name), "days", 7 * last
    if name.startswith("hazard") and span is not None:
        begin, end = int(span[1]), int(span[2])
        return _hazard(begin, end), "ratio", end + 7
    days = days_of(at.split(",")[0].strip())
    if days is None:
        raise InputError(Fault("at", "a time with its unit, such as 24 wk", at or "nothing"))
    week = max(1, round(days / 7.0))
    kinds: dict[str, Reading] = {
        "retained": _retained(week),
        "retention": _retained(week),
        "relapse": _by_week("relapsed", week),
        "seven days": _by_week("run", week),
        "opioid-positive": _by_week("positive", week),
    }
    for start, reading in kinds.items():
        if name.startswith(start):
            return reading, "share", 7 * week
    known = "started, retained, relapsed, days of opioid use recorded, opioid-positive urine recorded, mortality ratio"
    raise InputError(Fault("quantity", "one of " + known, quantity or "nothing"))


def _retained(week: int) -> Reading:
    """The last dose covers the week: of a daily medicine it was taken in the week before, of an injection in its interval."""

    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        covers = max((phase.covers_d for phase in arm.pathway.phases), default=1.0)
        place = week if covers > 7.0 else week - 1
        found: Floats = arm.counts.retained[:, place] / run.plan.people
        return found

    return read


def _by_week(field: str, week: int) -> Reading:
    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        found: Floats = getattr(arm.counts, field)[:, week] / run.plan.people
        return found

    return read


def _days(first: int, last: int, recorded: bool) -> Reading:
    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        counted = arm.counts.recorded if recorded else arm.counts.days
        weeks = last - first + 1
        found: Floats = counted[:, first : last + 1].sum(axis=1) / run.plan.people * 4.0 / weeks
        return found

    return read


def _hazard(begin: int, end: int) -> Reading:
    def read(arm: ArmResult, run: PathwayRun) -> Floats:
        weeks = np.arange(arm.counts.retained.shape[1]) * 7.0
        kept = np.maximum(arm.counts.retained, 0.5)
        logs = [
            np.array([np.interp(day, weeks, np.log(row)) for row in kept]) for day in (begin, end)
        ]
        found: Floats = np.maximum(1000.0 * (logs[0] - logs[1]) / (end - begin), 1e-6)
        return found

    return read


def _deaths(name: str, at: str, unit: str) -> tuple[Reading, str, int]:
    overdose = bool(
        re.search("overdose|opioid-related|drug-related|poisoning", f"{name} {at}".casefold())
    )
    per = 100.0 if "per 100 " in f"{unit} " else 1000.0
    try:
        if "ratio" in name or "relative" in name:
            one, other = contrast(at)
            return (
                lambda arm, run: (
                    _rate(arm.counts, one, overdose) / _rate(arm.counts, other, overdose)
                ),
                "ratio",
                _COHORT_D,
            )
        only = period(at)
    except PeriodError as error:
        raise InputError(Fault("at", str(error), at or "nothing")) from None
    return lambda arm, run: per * _rate(arm.counts, only, overdose), "ratio", _COHORT_D


def _rate(counts: a.Counts, when: tuple[int, int, int], overdose: bool) -> Floats:
    """Deaths a year in some weeks since start (0) or stop (1)."""
    row, first, last = when
    where = (slice(None), row, slice(first, last))
    deaths = counts.fatal_hazard[where].sum(axis=1)
    if not overdose:
        deaths = deaths + counts.other_hazard[where].sum(axis=1)
    years = counts.time[where].sum(axis=1) / _YEAR_D
    found: Floats = np.maximum(deaths, 1e-9) / np.maximum(years, 1e-9)
    return found


def _row(row: Mapping[str, str], drawn: Floats, kind: str, seed: int) -> TrialRow:
    z = normals(seed, f"care: counting {row['id']}", range(1), range(len(drawn)))[:, 0]
    n = _optional(row.get("n", ""))
    low, high = _optional(row.get("low", "")), _optional(row.get("high", ""))
    if row["quantity"].strip().casefold().startswith("started"):
        apart = normals(seed, "care: starts of a study", range(1), range(len(drawn)))[:, 0]
        held = np.clip(drawn, 1e-4, 1.0 - 1e-4)
        drawn = expit(logit(held) + judged("between_starts") * apart)
    if kind == "share":
        spread = np.sqrt(drawn * (1.0 - drawn) / n) if n else np.zeros(len(drawn))
        seen = np.clip(drawn + spread * z, 0.0, 1.0)
    elif kind == "days":
        counted = (high - low) / 3.92 if low is not None and high is not None else 0.0
        seen = np.maximum(drawn + counted * z, 0.0)
    else:
        counted = math.log(high / low) / 3.92 if low and high else 0.0
        seen = drawn * np.exp(math.hypot(counted, judged("between_ratios")) * z)
    ends = np.quantile(seen, [0.05, 0.95])
    middle = float(np.median(drawn)) if kind == "ratio" else float(drawn.mean())
    return TrialRow(
        row["id"], row["arm"], row["quantity"], row["at"], float(row["value"]), middle,
        float(ends[0]), float(ends[1]),
    )  # fmt: skip


def _optional(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def lines_of(report: TrialReport) -> Iterator[str]:
    """The report in words, a line a row."""
    for row in report.rows:
        place = "inside" if row.inside else "OUTSIDE"
        yield (
            f"{row.id:<12} {row.quantity[:34]:<34} {row.at[:26]:<26} observed {row.observed:<8.4g} predicted "
            f"{row.predicted:<8.4g} ({row.low:.4g} to {row.high:.4g}) {place}"
        )
    for key, value in report.summary.items():
        if value is not None:
            yield f"{key}: {value:.4g}"
    for name, why in report.not_predicted:
        yield f"{name}: {why}"
