"""Calibration of the effects: receptors, breathing, withdrawal and the scale of the kratom alkaloids.

A few parameters are free (`FREE`), each with its prior from the parameter files; everything else stays as taken. An
observation is predicted as `speciosa validate` does it: the same statistic of as many virtual patients, who are the
same people at every point of the fit. Minimised is the sum over rows of ((observed - predicted) / s)^2 plus the sum
over parameters of z^2, z the deviation from the prior in its standard deviations; the covariance of z is the inverse
of J^T J + 1 (mode and Laplace approximation; Gelman et al., Bayesian Data Analysis, 3rd ed., chapter 4).

The spread s is what studies of its kind differ by (`SPREAD`). Rows of one arm share what is peculiar to its study, so
that an arm with more than `FULL_ROWS` rows counts as if it had no more.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from speciosa.errors import ConvergenceError, Fault, InputError
from speciosa.facts.effects import effect_parameter
from speciosa.pharmacology.effect_numbers import OMEGA, believed_effect
from speciosa.validation.arms import Arm
from speciosa.validation.bench import Solved, Wanted, arms_of, individual, lay_out, times_of
from speciosa.validation.metrics import Array, statistic
from speciosa.validation.observations import Observation
from speciosa.validation.solving import model_of, people

FREE = (
    "fentanyl.mor_c50",
    "fentanyl.ke0",
    "morphine.mor_c50",
    "buprenorphine.mor_k",
    "buprenorphine.koff",
    "buprenorphine.ke0",
    "buprenorphine.efficacy",
    "naloxone.mor_k",
    "naltrexone.mor_k",
    "ventilation.slope",
    "ventilation.tolerance",
    "withdrawal.limit",
    "withdrawal.slow_time",
    "withdrawal.fast_share",
    "withdrawal.half",
    "withdrawal.slope",
    "withdrawal.complaints",
    "kratom.scale",
)
"""Typical values that are estimated."""

FREE_SPREADS = ("withdrawal.half", "withdrawal.complaints", "withdrawal.reserve")
"""Parameters whose spread between patients is estimated."""

SPREAD_PRIOR = 0.3
"""Standard deviation of the logarithm of a spread between patients before the fit."""

SPREAD = {
    "ventilation_fraction": 0.06,
    "mor_occupancy": 0.05,
    "share": 0.04,
    "pupil_diameter_mm": 0.15,
    "score": 1.5,
}
"""Standard deviation of a residual by kind: fractions, shares, mm, points."""

FULL_ROWS = 10
PATIENTS, PATIENTS_FOR_SHARES = 24, 200
STEP = 0.1
SMOOTHED_SHARE = 0.75
"""Points of a scale over which a share is smoothed in the fit, so that it has a derivative."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FreeEffect:
    """One free parameter: its name, prior median in its unit, and prior width on the log scale."""

    name: str
    unit: str
    center: float
    sigma: float

    @property
    def is_spread(self) -> bool:
        """Whether it is a spread between patients."""
        return self.name.endswith(OMEGA)

    def value(self, z: float) -> float:
        """The value at a deviation from the prior."""
        return float(self.center * np.exp(self.sigma * z))


@dataclass(frozen=True)
class EffectFit:
    """What the fit found: the mode, the covariance of z, and each row's prediction."""

    free: tuple[FreeEffect, ...]
    z: Array
    covariance: Array
    rows: tuple[Observation, ...]
    predicted: Array

    @property
    def sd(self) -> Array:
        """Standard deviation of each z; 1 where the rows say nothing."""
        return np.sqrt(np.diag(self.covariance))


def free_effects() -> tuple[FreeEffect, ...]:
    """The free parameters with their priors.

    Example:
        >>> free_effects()[0].name
        'effects.fentanyl.mor_c50'
    """
    found = [
        FreeEffect(
            f"effects.{name}",
            effect_parameter(name).unit,
            effect_parameter(name).value,
            believed_effect(name).sigma,
        )
        for name in FREE
    ]
    found += [
        FreeEffect(f"effects.{name}{OMEGA}", "1", effect_parameter(name).omega, SPREAD_PRIOR)
        for name in FREE_SPREADS
    ]
    return tuple(found)


def calibrate_effects(rows: Sequence[Observation], say: Say, *, evaluations: int = 12) -> EffectFit:
    """Fits the free parameters to observations of effects.

    Args:
        rows: the observations.
        say: told about progress.
        evaluations: most steps of the search.

    Raises:
        InputError: rows that cannot be predicted, each with its reason.
        ConvergenceError: too many virtual patients could not be solved.
    """
    wanted, failed = lay_out(rows)
    if failed:
        raise InputError(
            Fault(name, "a row that can be predicted", why) for name, why in failed.items()
        )
    free = free_effects()
    spread = spreads(rows)
    observed = np.array([row.value for row in rows])

    def at(points: Array) -> Array:
        return predictions(rows, wanted, free, points)

    def residual(z: Array) -> Array:
        return np.concatenate([(at(z[None, :])[0] - observed) / spread, z])

    def jacobian(z: Array) -> Array:
        points = np.vstack([z, z + STEP * np.eye(len(free))])
        found = at(points)
        say(f"effects: cost {np.sum(((found[0] - observed) / spread) ** 2) + z @ z:.1f}")
        slopes = (found[1:] - found[0]) / STEP
        return np.vstack([(slopes / spread).T, np.eye(len(free))])

    found = least_squares(
        residual, np.zeros(len(free)), jac=jacobian, bounds=(-4, 4), xtol=1e-3, ftol=1e-3,
        max_nfev=evaluations,
    )  # fmt: skip
    slopes = jacobian(found.x)
    return EffectFit(
        free,
        np.asarray(found.x),
        np.asarray(np.linalg.inv(slopes.T @ slopes)),
        tuple(rows),
        at(found.x[None, :])[0],
    )


def spreads(rows: Sequence[Observation]) -> Array:
    """Standard deviation of each residual."""
    of_arm = Counter((arms_of(row)[0], row.analyte, row.metric) for row in rows)
    found = []
    for row in rows:
        if row.metric == "share_ge":
            own = SPREAD["share"]
        else:
            own = SPREAD.get(row.analyte, SPREAD["score"])
        count = of_arm[(arms_of(row)[0], row.analyte, row.metric)]
        found.append(own * np.sqrt(max(1.0, count / FULL_ROWS)))
    return np.array(found)


def predictions(
    rows: Sequence[Observation],
    wanted: Mapping[Arm, Wanted],
    free: Sequence[FreeEffect],
    points: Array,
) -> Array:
    """Predicted statistics at points z of shape ``(points, parameters)``: ``(points, rows)``."""
    solved = {arm: _solve(want, free, points) for arm, want in wanted.items()}
    found = np.empty((len(points), len(rows)))
    for column, row in enumerate(rows):
        arm = solved[arms_of(row)[0]]
        if row.metric == "share_ge":
            found[:, column] = _smooth_share(row, arm)
            continue
        values = individual(row, solved, wanted, arm.patients)
        found[:, column] = statistic(values, row.statistic)
    return found


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
        typical = records[name].value
        deviation = np.log(columns[name] / typical) if typical > 0 else np.zeros(1)
        values = np.array([entry.value(z) for z in points[:, number]])
        if entry.is_spread:
            ratio = np.repeat(values / max(records[name].between_patient_sd, 1e-9), patients)
            columns[name] = typical * np.exp(deviation * ratio)
        else:
            unit = effect_parameter(name.removeprefix("effects."))
            scale = _in_model(name, unit.unit, records[name].unit)
            columns[name] = np.repeat(values * scale, patients) * np.exp(deviation)
    times = times_of(want)
    result = simulate(equations, want.plan.regimen(), parameters=columns, times=times, rtol=1e-5)
    if np.mean(~result.ok) > 0.02:
        raise ConvergenceError(f"{np.mean(~result.ok):.0%} of the virtual patients failed.")
    shape = (len(points) * patients, len(times))
    courses = {name: np.asarray(result[name]).reshape(shape) for name in want.outputs}
    weight = columns.get("weight", np.full(len(points) * patients, 70.0))
    return Solved(times, courses, weight, len(points), patients)


def _in_model(name: str, unit: str, wanted: str) -> float:
    """What a value in the unit of the files is multiplied by in the models."""
    from speciosa import facts
    from speciosa.units import factor, nanomolar

    if wanted == "nmol/L":
        return nanomolar(1.0, unit, facts.molar_mass(name.split(".")[1]))
    return factor(unit, wanted)
