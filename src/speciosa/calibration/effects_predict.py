"""Predictions of observed effects at points of the free parameters, in the same virtual patients at every point."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from speciosa.calibration.free_effects import FreeEffect, in_model
from speciosa.errors import ConvergenceError
from speciosa.facts.effects import effect_parameter
from speciosa.model.records import Parameter
from speciosa.pharmacology.breathing.physiology import solver
from speciosa.pharmacology.effect.effect_numbers import OMEGA
from speciosa.validation.arms import Arm, plan
from speciosa.validation.bench import Solved, Wanted, arms_of, individual_in, times_of
from speciosa.validation.effects import relief
from speciosa.validation.metrics import Array, Course, statistic
from speciosa.validation.observed.observations import RESPONDERS, SHARE_GE, Observation
from speciosa.validation.solving import model_of, people

PATIENTS, PATIENTS_FOR_SHARES, PATIENTS_IN_PAIN = 48, 300, 4000
"""People of an arm. Few of those in pain have much relief: 48 of them miss its mean by a quarter, 1000 a share of responders by a
hundredth and a half."""
PAIN = frozenset({"pain_nrs", "acute_pain_nrs"})
SMOOTHED_SHARE, SMOOTHED_BREATHING, SMOOTHED_RELIEF = 0.75, 0.08, 0.06
"""Points of a scale, part of ventilation and part of pain over which a share is smoothed in the fit, to have a derivative."""
BREATHING = frozenset({"ventilation_fraction", "free_ventilation_fraction"})


def predictions(
    rows: Sequence[Observation],
    wanted: Mapping[Arm, Wanted],
    free: Sequence[FreeEffect],
    points: Array,
    fewer: int = 1,
    smooth: bool = True,
) -> Array:
    """Predicted statistics at points z of shape ``(points, parameters)``: ``(points, rows)``.

    Args:
        rows: what was observed.
        wanted: the arms of the rows.
        free: what the points move.
        points: the points.
        fewer: by what the number of people is divided.
        smooth: whether shares of people are smoothed, so that they have a derivative.
    """
    solved: dict[Arm, Solved] = {}
    back: dict[Arm, NDArray[np.intp]] = {}
    for place, want in wanted.items():
        # Points that differ only in what the arm does not hold are solved once.
        held = _held(want, free)
        distinct, back[place] = np.unique(points[:, held], axis=0, return_inverse=True)
        chosen = np.zeros((len(distinct), len(free)))
        chosen[:, held] = distinct
        solved[place] = _solve(want, free, chosen, fewer)
    found = np.empty((len(points), len(rows)))
    for column, row in enumerate(rows):
        parts = [
            _of_arm(row, name, solved, wanted, smooth)[back[name].ravel()] for name in arms_of(row)
        ]
        found[:, column] = parts[0] - sum(parts[1:])
    return found


def _of_arm(
    row: Observation,
    name: Arm,
    solved: Mapping[Arm, Solved],
    wanted: Mapping[Arm, Wanted],
    smooth: bool,
) -> Array:
    """The statistic of a row in one of its arms, at each point."""
    arm = solved[name]
    if smooth and row.metric == SHARE_GE:
        return _smooth_share(row, arm)
    if smooth and row.metric == RESPONDERS:
        return _smooth_responders(row, arm)
    return statistic(individual_in(row, name, solved, wanted, arm.patients), row.statistic)


def _held(want: Wanted, free: Sequence[FreeEffect]) -> list[int]:
    """Which free parameters the model of an arm holds."""
    names = {record.name for record in model_of(want.plan, tuple(want.outputs)).parameters}
    return [n for n, entry in enumerate(free) if _moves(entry, names)]


def _moves(entry: FreeEffect, names: Iterable[str]) -> list[str]:
    """The parameters of a model that a free one stands for: itself, and those of each mechanism that share a spread."""
    own = entry.name.removesuffix(OMEGA)
    return [name for name in names if name == own or name.startswith(f"{own}.")]


def _smooth_share(row: Observation, arm: Solved) -> Array:
    start, end = row.at.window(0.0)
    within = (arm.times >= start - 1e-9) & (arm.times <= end + 1e-9)
    threshold = row.at.threshold if row.at.threshold is not None else 0.0
    course = arm.courses[row.analyte][:, within].reshape(arm.draws, -1)
    width = SMOOTHED_BREATHING if row.analyte in BREATHING else SMOOTHED_SHARE
    excess = np.clip((course - threshold) / (width / 2), -40, 40)
    return np.asarray(np.mean(1 / (1 + np.exp(-excess)), axis=1))


def _smooth_responders(row: Observation, arm: Solved) -> Array:
    start, end = row.at.window(_last_h(row))
    course = Course(arm.times, arm.courses[row.analyte])
    relieved = relief(course.between(start, end), course.at(0.0)).reshape(arm.draws, -1)
    excess = np.clip((relieved - (row.at.threshold or 0.0)) / (SMOOTHED_RELIEF / 2), -40, 40)
    return np.asarray(np.mean(1 / (1 + np.exp(-excess)), axis=1))


def _last_h(row: Observation) -> float:
    return max((dose.times_h[-1] for dose in plan(arms_of(row)[0]).doses), default=0.0)


def _solve(want: Wanted, free: Sequence[FreeEffect], points: Array, fewer: int) -> Solved:
    from speciosa.engine.simulate import simulate

    equations = model_of(want.plan, tuple(want.outputs))
    patients = _count(want) // fewer
    drawn = people(equations, want.arm.patient, seed=1).draw(patients, None)
    records = {record.name: record for record in equations.parameters}
    columns = {name: np.tile(drawn.values[name][0], len(points)) for name in records}
    for record in equations.covariates:
        columns[record.name] = np.tile(drawn.values[record.name][0], len(points))
    for number, entry in enumerate(free):
        values = np.repeat([entry.value(z) for z in points[:, number]], patients)
        for name in _moves(entry, records):
            columns[name] = _moved(columns[name], records[name], entry, values)
    times = times_of(want)
    doses = want.plan.regimen(equations.target_names)
    method = solver(equations)
    result = simulate(equations, doses, parameters=columns, times=times, rtol=1e-5, method=method)
    if np.mean(~result.ok) > 0.02:
        raise ConvergenceError(f"{np.mean(~result.ok):.0%} of the virtual patients failed.")
    shape = (len(points) * patients, len(times))
    courses = {name: np.asarray(result[name]).reshape(shape) for name in want.outputs}
    weight = columns.get("weight", np.full(len(points) * patients, 70.0))
    return Solved(times, courses, weight, len(points), patients)


def _count(want: Wanted) -> int:
    if any(row.analyte in PAIN for row in want.rows):
        return PATIENTS_IN_PAIN
    return PATIENTS_FOR_SHARES if any(row.is_share for row in want.rows) else PATIENTS


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
