"""Calibration of the effects: receptors, breathing, withdrawal, pain and the kratom alkaloids.

A few parameters are free (`STAGES`), each with its prior from the parameter files; everything else stays as taken. An
observation is predicted as `speciosa validate` does it: the same statistic of as many virtual patients, who are the
same people at every point of the fit. Minimised is the sum over rows of ((observed - predicted) / s)^2 plus the sum
over parameters of z^2, z the deviation from the prior in its standard deviations; the covariance of z is the inverse
of J^T J + 1 (mode and Laplace approximation; Gelman et al., Bayesian Data Analysis, 3rd ed., chapter 4).

The spread s is what studies of its kind differ by (`SPREAD`). Rows of one arm share what is peculiar to its study, so
that an arm with more than `FULL_ROWS` rows counts as if it had no more.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import expit, logit

from speciosa.calibration.stages import STAGES, Stage
from speciosa.errors import ConvergenceError, Fault, InputError
from speciosa.facts.effects import effect_parameter
from speciosa.model.records import Parameter
from speciosa.pharmacology.effect_numbers import OMEGA, believed_effect
from speciosa.validation.arms import Arm
from speciosa.validation.bench import Solved, Wanted, arms_of, individual_in, lay_out, times_of
from speciosa.validation.metrics import Array, statistic
from speciosa.validation.observations import Observation
from speciosa.validation.solving import model_of, people

SPREAD_PRIOR = 0.4
"""Standard deviation of the logarithm of a spread between patients before the fit."""

SPREAD = {
    "ventilation_fraction": 0.05,
    "mor_occupancy": 0.05,
    "share": 0.02,
    "pupil_diameter_mm": 0.3,
    "pain_nrs": 0.4,
    "score": 1.5,
}
"""Standard deviation of a residual by kind: fractions, shares, mm, points (trials of one drug in chronic pain differ by
half a point and more; a mean over ten pupils is known to a third of a millimetre)."""

FULL_ROWS = 20
PATIENTS, PATIENTS_FOR_SHARES = 48, 300
STEP, MOST_STEPS = 0.1, 20
SMOOTHED_SHARE = 0.75
"""Points of a scale over which a share is smoothed in the fit, so that it has a derivative."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FreeEffect:
    """One free parameter: its name, prior median in its unit, and prior width on its scale.

    The scale is the logarithm, or the logit for a fraction between 0 and 1.
    """

    name: str
    unit: str
    center: float
    sigma: float
    fraction: bool = False

    @property
    def is_spread(self) -> bool:
        """Whether it is a spread between patients."""
        return self.name.endswith(OMEGA)

    def value(self, z: float) -> float:
        """The value at a deviation from the prior."""
        if self.fraction:
            return float(expit(logit(self.center) + self.sigma * z))
        return float(self.center * np.exp(self.sigma * z))

    def cv(self, z: float, sd: float) -> float:
        """Coefficient of variation of the value where z has the standard deviation `sd`."""
        if self.fraction:
            return self.sigma * sd * (1 - self.value(z))
        return float(np.sqrt(np.expm1((self.sigma * sd) ** 2)))


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


def free_effects(stage: Stage) -> tuple[FreeEffect, ...]:
    """The free parameters of a stage with their priors.

    Example:
        >>> free_effects(STAGES[0])[0].name
        'effects.fentanyl.mor_c50'
    """
    found = [
        FreeEffect(
            f"effects.{name}",
            effect_parameter(name).unit,
            effect_parameter(name).value,
            believed_effect(name).sigma,
            believed_effect(name).shape == "logitnormal",
        )
        for name in stage.free
    ]
    found += [
        FreeEffect(f"effects.{name}{OMEGA}", "1", effect_parameter(name).omega, SPREAD_PRIOR)
        for name in stage.spreads
    ]
    return tuple(found)


def calibrate_effects(rows: Sequence[Observation], say: Say) -> list[EffectFit]:
    """Fits the free parameters to observations of effects, stage by stage.

    Args:
        rows: the observations.
        say: told about progress.

    Raises:
        InputError: rows that cannot be predicted, each with its reason.
        ConvergenceError: too many virtual patients could not be solved.
    """
    found: list[EffectFit] = []
    known: dict[str, FreeEffect] = {}
    for stage in STAGES:
        chosen = [row for row in rows if row.analyte in stage.analytes]
        fitted = fit_stage(stage, chosen, known, say)
        found.append(fitted)
        # What is known enters later stages as a parameter without freedom: its width is 0.
        for entry, z in zip(fitted.free, fitted.z, strict=True):
            known[entry.name] = replace(entry, center=entry.value(z), sigma=0.0)
    return found


def fit_stage(
    stage: Stage, rows: Sequence[Observation], known: Mapping[str, FreeEffect], say: Say
) -> EffectFit:
    """Fits one stage.

    Args:
        stage: what is free.
        rows: the observations of the stage.
        known: what earlier stages estimated.
        say: told about progress.
    """
    wanted, failed = lay_out(rows)
    if failed:
        raise InputError(
            Fault(name, "a row that can be predicted", why) for name, why in failed.items()
        )
    free = free_effects(stage)
    fixed = tuple(known.values())
    spread = spreads(rows)
    observed = np.array([row.value for row in rows])

    def at(points: Array) -> Array:
        whole = np.hstack([points, np.zeros((len(points), len(fixed)))])
        return predictions(rows, wanted, (*free, *fixed), whole)

    def residual(z: Array) -> Array:
        return np.concatenate([(at(z[None, :])[0] - observed) / spread, z])

    def jacobian(z: Array) -> Array:
        points = np.vstack([z, z + STEP * np.eye(len(free))])
        found = at(points)
        cost = float(np.sum(((found[0] - observed) / spread) ** 2) + z @ z)
        say(f"{stage.name}: {len(rows)} rows, sum of squares {cost:.1f}")
        slopes = (found[1:] - found[0]) / STEP
        return np.vstack([(slopes / spread).T, np.eye(len(free))])

    found = least_squares(
        residual,
        np.zeros(len(free)),
        jac=jacobian,
        bounds=(-4, 4),
        xtol=1e-3,
        ftol=1e-3,
        max_nfev=MOST_STEPS,
    )
    slopes = jacobian(found.x)
    return EffectFit(
        stage.name,
        free,
        np.asarray(found.x),
        np.asarray(np.linalg.inv(slopes.T @ slopes)),
        tuple(rows),
        at(found.x[None, :])[0],
    )


def spreads(rows: Sequence[Observation]) -> Array:
    """Standard deviation of each residual: what studies differ by, and the standard error of the row."""
    of_arm = Counter((arms_of(row)[0], row.analyte, row.metric) for row in rows)
    found = []
    for row in rows:
        if row.metric == "share_ge":
            own = SPREAD["share"]
        else:
            own = SPREAD.get(row.analyte, SPREAD["score"])
        count = of_arm[(arms_of(row)[0], row.analyte, row.metric)]
        printed = float(row.spread) if row.spread_type == "se" and row.spread else 0.0
        found.append(np.hypot(own * np.sqrt(max(1.0, count / FULL_ROWS)), printed))
    return np.array(found)


def predictions(
    rows: Sequence[Observation],
    wanted: Mapping[Arm, Wanted],
    free: Sequence[FreeEffect],
    points: Array,
) -> Array:
    """Predicted statistics at points z of shape ``(points, parameters)``: ``(points, rows)``."""
    solved: dict[Arm, Solved] = {}
    back: dict[Arm, NDArray[np.intp]] = {}
    for place, want in wanted.items():
        # Points that differ only in what the arm does not hold are solved once.
        held = _held(want, free)
        distinct, back[place] = np.unique(points[:, held], axis=0, return_inverse=True)
        chosen = np.zeros((len(distinct), len(free)))
        chosen[:, held] = distinct
        solved[place] = _solve(want, free, chosen)
    found = np.empty((len(points), len(rows)))
    for column, row in enumerate(rows):
        parts = [_of_arm(row, name, solved, wanted)[back[name].ravel()] for name in arms_of(row)]
        found[:, column] = parts[0] - sum(parts[1:])
    return found


def _of_arm(
    row: Observation, name: Arm, solved: Mapping[Arm, Solved], wanted: Mapping[Arm, Wanted]
) -> Array:
    """The statistic of a row in one of its arms, at each point."""
    arm = solved[name]
    if row.metric == "share_ge":
        return _smooth_share(row, arm)
    return statistic(individual_in(row, name, solved, wanted, arm.patients), row.statistic)


def _held(want: Wanted, free: Sequence[FreeEffect]) -> list[int]:
    """Which free parameters the model of an arm holds."""
    names = {record.name for record in model_of(want.plan, tuple(want.outputs)).parameters}
    return [n for n, entry in enumerate(free) if entry.name.removesuffix(OMEGA) in names]


def _smooth_share(row: Observation, arm: Solved) -> Array:
    start, end = row.at.window(0.0)
    within = (arm.times >= start - 1e-9) & (arm.times <= end + 1e-9)
    threshold = row.at.threshold if row.at.threshold is not None else 0.0
    course = arm.courses[row.analyte][:, within].reshape(arm.draws, -1)
    excess = np.clip((course - threshold) / (SMOOTHED_SHARE / 2), -40, 40)
    return np.asarray(np.mean(1 / (1 + np.exp(-excess)), axis=1))


def _solve(want: Wanted, free: Sequence[FreeEffect], points: Array) -> Solved:
    from speciosa.engine.simulate import simulate

    equations = model_of(want.plan, tuple(want.outputs))
    share = any(row.metric == "share_ge" for row in want.rows)
    patients = PATIENTS_FOR_SHARES if share else PATIENTS
    drawn = people(equations, want.arm.patient, seed=1).draw(patients, None)
    records = {record.name: record for record in equations.parameters}
    columns = {name: np.tile(drawn.values[name][0], len(points)) for name in records}
    for record in equations.covariates:
        columns[record.name] = np.tile(drawn.values[record.name][0], len(points))
    for number, entry in enumerate(free):
        name = entry.name.removesuffix(OMEGA)
        if name not in records:
            continue
        values = np.repeat([entry.value(z) for z in points[:, number]], patients)
        columns[name] = _moved(columns[name], records[name], entry, values)
    times = times_of(want)
    doses = want.plan.regimen(equations.target_names)
    result = simulate(equations, doses, parameters=columns, times=times, rtol=1e-5)
    if np.mean(~result.ok) > 0.02:
        raise ConvergenceError(f"{np.mean(~result.ok):.0%} of the virtual patients failed.")
    shape = (len(points) * patients, len(times))
    courses = {name: np.asarray(result[name]).reshape(shape) for name in want.outputs}
    weight = columns.get("weight", np.full(len(points) * patients, 70.0))
    return Solved(times, courses, weight, len(points), patients)


def _moved(column: Array, record: Parameter, entry: FreeEffect, values: Array) -> Array:
    """What patients have where a parameter takes new typical values, or a spread between patients."""
    onto, back = (logit, expit) if entry.fraction else (np.log, np.exp)
    typical = record.value
    deviation = onto(column) - onto(typical) if typical > 0 else np.zeros(1)
    if entry.is_spread:
        ratio = values / max(record.between_patient_sd, 1e-9)
        return np.asarray(back(onto(typical) + deviation * ratio))
    unit = effect_parameter(record.name.removeprefix("effects.")).unit
    return np.asarray(back(onto(values * in_model(record.name, unit, record.unit)) + deviation))


def in_model(name: str, unit: str, wanted: str) -> float:
    """What a value in the unit of the files is multiplied by in the models."""
    from speciosa import facts
    from speciosa.units import factor, nanomolar

    if wanted == "nmol/L":
        return nanomolar(1.0, unit, facts.molar_mass(name.split(".")[1]))
    return factor(unit, wanted)
