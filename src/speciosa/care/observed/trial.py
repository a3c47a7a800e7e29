"""Observed statistics of trials and cohorts against what the plan's people are predicted to do.

An interval is predictive: it holds what the parameters leave open, how studies differ, and the error of counting `n` people.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from speciosa.care.observed.asked import COHORT_D, Asked, Kind, asked
from speciosa.care.observed.placed import arm_of_row, assumed, detoxified_studies, placed
from speciosa.care.observed.rows import Observed, Rows, read_rows
from speciosa.care.parameters import judged
from speciosa.care.people import Characteristics
from speciosa.care.plan import Plan, PlanArm
from speciosa.care.run import PathwayRun, pathway
from speciosa.care.stepping.arrays import Floats
from speciosa.errors import Fault, InputError
from speciosa.population.streams import normals
from speciosa.progress import Progress, silent

_MOST_PEOPLE = 2000


@dataclass(frozen=True, slots=True)
class TrialRow:
    """An observed statistic beside what was predicted.

    Attributes:
        id: of the row.
        arm: as the row names it.
        quantity: as the row names it.
        at: as the row names it.
        observed: what was seen.
        predicted: the middle of what the draws say.
        low: end of the 90% interval of what may be seen.
        high: the other end.
        kind: whether it is a share, a number of days, or a ratio or rate.
        expected_error: root mean square distance, from the prediction, of what may be seen.
    """

    id: str
    arm: str
    quantity: str
    at: str
    observed: float
    predicted: float
    low: float
    high: float
    kind: Kind
    expected_error: float

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
        assumed: what the file does not say and was assumed, and how to say it.
    """

    rows: tuple[TrialRow, ...]
    not_predicted: tuple[tuple[str, str], ...]
    assumed: tuple[str, ...] = ()

    @property
    def summary(self) -> dict[str, float | int | None]:
        """Number of rows, root mean square error of proportions, coverage, and share of ratios and rates within 1.5-fold.

        ``rmse_expected`` is the error that proportions would have if they were drawn from the predictions: a model that is right on
        average misses single studies by as much, since studies differ and count few people.
        """
        shares = [r for r in self.rows if r.kind == "share"]
        folds = [abs(math.log(r.predicted / r.observed)) for r in self.rows if r.kind == "ratio"]
        errors = [r.predicted - r.observed for r in shares]
        return {
            "n": len(self.rows),
            "rmse": _root_mean_square(errors),
            "rmse_expected": _root_mean_square([r.expected_error for r in shares]),
            "coverage_90": sum(r.inside for r in self.rows) / len(self.rows) if self.rows else None,
            "within_1_5": sum(f <= math.log(1.5) for f in folds) / len(folds) if folds else None,
        }

    def as_dict(self) -> dict[str, object]:
        """As JSON."""
        return {
            "summary": self.summary,
            "rows": [{**asdict(row), "inside": row.inside} for row in self.rows],
            "not_predicted": [{"id": name, "reason": why} for name, why in self.not_predicted],
            "assumed": list(self.assumed),
        }


def _root_mean_square(values: list[float]) -> float | None:
    return math.hypot(*values) / math.sqrt(len(values)) if values else None


@dataclass(frozen=True)
class _Wanted:
    """A row that can be predicted: of which arm and which people, and what it asks."""

    row: Observed
    arm: PlanArm
    who: Characteristics
    fentanyl: float
    asked: Asked

    @property
    def run(self) -> tuple[Characteristics, float, bool]:
        """What rows that are simulated together have in common: the people, their supply, whether cohorts are followed."""
        return self.who, self.fentanyl, self.asked.days >= COHORT_D


def predict_trial(
    plan: Plan, path: Path, *, threads: int | None = None, progress: Progress = silent
) -> TrialReport:
    """Predicts the rows of a file.

    Args:
        plan: whose people, draws and seed are taken; a row's `arm` is one of its arms or a start line.
        path: a CSV file with ``id, arm, quantity, at, value`` and, where known, ``low, high, n, unit``, and ``setting``.
        threads: of the simulation.
        progress: called with stage, done, total.

    Raises:
        InputError: the file cannot be used at all.
    """
    rows = read_rows(path)
    detoxified = detoxified_studies(plan, rows.read)
    wanted: list[_Wanted] = []
    for row in rows.read:
        faults: list[Fault] = []
        arm = question = None
        try:
            arm = arm_of_row(plan, row)
        except InputError as error:
            faults.extend(error.faults)
        try:
            question = asked(row)
        except InputError as error:
            faults.extend(error.faults)
        if arm is None or question is None:
            rows.refuse(row.id, InputError(faults))
        else:
            wanted.append(_Wanted(row, *placed(plan, arm, row, detoxified), question))
    if not wanted:
        return TrialReport((), tuple(rows.failed))
    many = min(max(plan.people, 500), _MOST_PEOPLE)
    found: dict[str, tuple[TrialRow, ...]] = {}
    for alike in dict.fromkeys(each.run for each in wanted):
        here = [each for each in wanted if each.run == alike]
        arms = tuple({each.arm.name: each.arm for each in here}.values())
        days = max(28, *(each.asked.days for each in here))
        whole = replace(
            plan,
            arms=arms,
            until_d=7 * math.ceil(days / 7),
            people=many,
            characteristics=alike[0],
            fentanyl=alike[1],
        )
        run = pathway(whole, threads=threads, urine=True, progress=progress)
        for each in here:
            found[each.row.where] = _predicted(each, run, rows)
    predicted = [row for each in wanted for row in found[each.row.where]]
    told = assumed((each.row, each.arm) for each in wanted)
    return TrialReport(tuple(predicted), tuple(rows.failed), tuple(told))


def _predicted(wanted: _Wanted, run: PathwayRun, rows: Rows) -> tuple[TrialRow, ...]:
    """The row of a simulated arm; nothing where nobody lives in the time that it asks for, which is told."""
    row, asks = wanted.row, wanted.asked
    arm = next(arm for arm in run.arms if arm.pathway.arm.name == wanted.arm.name)
    drawn = asks.read(arm, run)
    if np.isfinite(drawn).all():
        return (_row(row, drawn, asks.kind, run.plan.seed),)
    fault = Fault(f"{row.where}, at", "a time in which people of the arm live", row.at)
    rows.refuse(row.id, InputError(fault))
    return ()


def _row(row: Observed, drawn: Floats, kind: Kind, seed: int) -> TrialRow:
    z = normals(seed, f"care: counting {row.id}", range(1), range(len(drawn)))[:, 0]
    low, high = row.low, row.high
    if row.quantity.strip().casefold().startswith("started"):
        apart = normals(seed, "care: starts of a study", range(1), range(len(drawn)))[:, 0]
        held = np.clip(drawn, 1e-4, 1.0 - 1e-4)
        drawn = expit(logit(held) + judged("between_starts") * apart)
    if kind == "share":
        spread = np.sqrt(drawn * (1.0 - drawn) / row.n) if row.n else np.zeros(len(drawn))
        seen = np.clip(drawn + spread * z, 0.0, 1.0)
    elif kind == "days":
        counted = (high - low) / 3.92 if low is not None and high is not None else 0.0
        seen = np.maximum(drawn + counted * z, 0.0)
    else:
        counted = math.log(high / low) / 3.92 if low and high and low > 0.0 else 0.0
        seen = drawn * np.exp(math.hypot(counted, judged("between_ratios")) * z)
    ends = np.quantile(seen, [0.05, 0.95])
    middle = float(drawn.mean() if kind == "days" else np.median(drawn))
    return TrialRow(
        row.id,
        row.arm,
        row.quantity,
        row.at,
        row.value,
        middle,
        # Of few draws the errors of counting may all lie on one side.
        min(float(ends[0]), middle),
        max(float(ends[1]), middle),
        kind,
        float(np.sqrt(np.mean((seen - middle) ** 2))),
    )


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
    yield from report.assumed
