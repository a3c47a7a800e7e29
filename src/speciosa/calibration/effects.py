"""Calibration of the effects: receptors, breathing, withdrawal, pain, kratom, QTc, adverse events and liking.

A few parameters are free (`STAGES`), each with its prior from the parameter files; everything else stays as taken. An
observation is predicted as `speciosa validate` does it: the same statistic of as many virtual patients, who are the
same people at every point of the fit. Minimised is the sum over rows of ((observed - predicted) / s)^2 plus the sum
over parameters of z^2, z the deviation from the prior in its standard deviations; the covariance of z is the inverse
of J^T J + 1 (mode and Laplace approximation; Gelman et al., Bayesian Data Analysis, 3rd ed., chapter 4). A stage with a crowd is
fitted to a few people first and from there to all of them, with the slopes of few, from which those of many hardly differ.

The spread s is what studies of its kind differ by (`SPREAD`). Rows of one arm share what is peculiar to its study, so
that an arm with more than `FULL_ROWS` rows counts as if it had no more.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from speciosa.calibration.effects_predict import predictions
from speciosa.calibration.free_effects import FreeEffect, free_effects
from speciosa.calibration.stages import STAGES, Stage
from speciosa.errors import Fault, InputError
from speciosa.pharmacology.calibrated import rows_of
from speciosa.validation.bench import arms_of, lay_out
from speciosa.validation.metrics import Array
from speciosa.validation.observed.observations import Observation

SPREAD = {
    "ventilation_fraction": 0.05,
    "free_ventilation_fraction": 0.05,
    "mor_occupancy": 0.05,
    "share": 0.02,
    "pupil_diameter_mm": 0.3,
    "pain_nrs": 0.4,
    "acute_pain_nrs": 0.4,
    "pain_tolerance_ratio": 0.15,
    "qtc_change_ms": 4.0,
    "sedation_probability": 0.05,
    "nausea_probability": 0.05,
    "constipation_probability": 0.05,
    "liking_vas": 8.0,
    "score": 1.5,
}
"""Standard deviation of a residual by kind: fractions, shares (weeks of a trial in which people leave and use differ a
little from what its protocol says), mm, points (trials of one drug in chronic pain differ by
half a point and more; a mean over ten pupils is known to a third of a millimetre), ms (cohorts on methadone differ by 4)."""

FULL_ROWS = 20
STEP, MOST_STEPS = 0.1, 20
Say = Callable[[str], None]


@dataclass(frozen=True)
class EffectFit:
    """What a stage found: the mode, the covariance of z, and each row's prediction."""

    stage: str
    free: tuple[FreeEffect, ...]
    z: Array
    covariance: Array
    rows: tuple[Observation, ...]
    predicted: Array

    @property
    def sd(self) -> Array:
        """Standard deviation of each z; 1 where the rows say nothing."""
        return np.sqrt(np.diag(self.covariance))


def calibrate_effects(
    rows: Sequence[Observation], say: Say, only: Collection[str] = (), *, onward: bool = False
) -> list[EffectFit]:
    """Fits the free parameters to observations of effects, stage by stage.

    Args:
        rows: the observations.
        say: told about progress.
        only: names of the stages to fit; what the others estimated before stands. All where empty.
        onward: whether to search from the estimates as they stand, with all people at once, and not from the priors.

    Raises:
        InputError: rows that cannot be predicted, each with its reason.
        ConvergenceError: too many virtual patients could not be solved.
    """
    found: list[EffectFit] = []
    known: dict[str, FreeEffect] = {}
    for stage in STAGES:
        if only and stage.name not in only:
            continue
        chosen = [row for row in rows if stage.takes(row)]
        fitted = fit_stage(stage, chosen, known, say, onward=onward)
        found.append(fitted)
        # What is known enters later stages as a parameter without freedom: its width is 0.
        for entry, z in zip(fitted.free, fitted.z, strict=True):
            known[entry.name] = replace(entry, center=entry.value(z), sigma=0.0)
    return found


def fit_stage(
    stage: Stage,
    rows: Sequence[Observation],
    known: Mapping[str, FreeEffect],
    say: Say,
    *,
    onward: bool = False,
) -> EffectFit:
    """Fits one stage.

    Args:
        stage: what is free.
        rows: the observations of the stage.
        known: what earlier stages estimated.
        say: told about progress.
        onward: whether to search from the estimates as they stand.
    """
    task = Task(stage, rows, known)
    z = task.stands() if onward else np.zeros(len(task.free))
    if stage.crowd > 1 and not onward:
        z = _search(task, z, stage.crowd, say, tolerance=1e-2)
    z = _search(task, z, 1, say)
    slopes = np.vstack([(task.slopes(z) / task.spread).T, np.eye(len(z))])
    covariance = np.asarray(np.linalg.inv(slopes.T @ slopes))
    return EffectFit(stage.name, task.free, z, covariance, tuple(rows), task.at(z[None, :])[0])


class Task:
    """What a stage fits: its rows, what is free, and what is predicted at a point.

    Raises:
        InputError: rows that cannot be predicted, each with its reason.
    """

    def __init__(
        self, stage: Stage, rows: Sequence[Observation], known: Mapping[str, FreeEffect]
    ) -> None:
        self.wanted, failed = lay_out(rows)
        if failed:
            raise InputError(
                Fault(name, "a row that can be predicted", why) for name, why in failed.items()
            )
        self.stage, self.rows = stage, tuple(rows)
        self.free, self.fixed = free_effects(stage), tuple(known.values())
        self.spread = spreads(rows)
        self.observed = np.array([row.value for row in rows])

    def stands(self) -> Array:
        """Where the estimates as they stand lie, in prior standard deviations; 0 where there is none."""
        shift = {row["parameter"]: float(row["shift_in_prior_sd"]) for row in rows_of("estimates")}
        return np.array([shift.get(entry.name, 0.0) for entry in self.free])

    def at(self, points: Array, fewer: int = 1) -> Array:
        """Predictions at points, ``(points, rows)``, with so many times fewer people."""
        full = np.hstack([points, np.zeros((len(points), len(self.fixed)))])
        return predictions(self.rows, self.wanted, (*self.free, *self.fixed), full, fewer)

    def slopes(self, z: Array) -> Array:
        """How predictions for few people change with each free parameter, ``(parameters, rows)``."""
        found = self.at(np.vstack([z, z + STEP * np.eye(len(z))]), self.stage.crowd)
        return np.asarray((found[1:] - found[0]) / STEP)


def _search(task: Task, start: Array, fewer: int, say: Say, tolerance: float = 1e-3) -> Array:
    def residual(z: Array) -> Array:
        missed = (task.at(z[None, :], fewer)[0] - task.observed) / task.spread
        cost = float(missed @ missed + z @ z)
        say(f"{task.stage.name}: {len(task.rows)} rows, sum of squares {cost:.1f}")
        return np.concatenate([missed, z])

    def jacobian(z: Array) -> Array:
        return np.vstack([(task.slopes(z) / task.spread).T, np.eye(len(z))])

    found = least_squares(
        residual,
        start,
        jac=jacobian,
        bounds=(-4, 4),
        xtol=tolerance,
        ftol=tolerance,
        max_nfev=MOST_STEPS,
    )
    return np.asarray(found.x)


def spreads(rows: Sequence[Observation]) -> Array:
    """Standard deviation of each residual: what studies differ by, and the standard error of the row."""
    of_arm = Counter((arms_of(row)[0], row.analyte, row.metric) for row in rows)
    found = []
    for row in rows:
        if row.is_share:
            own = SPREAD["share"]
        else:
            own = SPREAD.get(row.analyte, SPREAD["score"])
        count = of_arm[(arms_of(row)[0], row.analyte, row.metric)]
        printed = float(row.spread) if row.spread_type == "se" and row.spread else 0.0
        own *= row.averaging * np.sqrt(max(1.0, count / FULL_ROWS))
        found.append(np.hypot(own, printed))
    return np.array(found)
