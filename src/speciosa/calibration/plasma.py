"""Calibration of plasma exposure and interactions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from speciosa.calibration.cross import LeftOut, between_studies, left_out_rows
from speciosa.calibration.fit import Fit, fit, groups_of
from speciosa.calibration.free import Free
from speciosa.calibration.rows import Data, corrections, gather, logarithms, spreads
from speciosa.validation.arms import Arm
from speciosa.validation.bench import Solved, arms_of
from speciosa.validation.between_studies import USUAL
from speciosa.validation.metrics import Array
from speciosa.validation.observed.observations import Observation

TOLD = 0.97
"""A parameter whose posterior is hardly narrower than its prior is not called estimated."""


@dataclass(frozen=True)
class Group:
    """Rows that share parameters, and their fit.

    Attributes:
        rows: the observations.
        free: the parameters, in the order of the fit.
        fit: the mode.
        predicted_log: logarithm of the prediction of each row at the mode, population correction included.
    """

    rows: tuple[Observation, ...]
    free: tuple[Free, ...]
    fit: Fit
    predicted_log: Array


@dataclass(frozen=True)
class Calibration:
    """The fits of all groups, what differs between studies, each row as a study not fitted, and rows that took no part."""

    groups: tuple[Group, ...]
    between: Mapping[str, float]
    tested: tuple[LeftOut, ...]
    left_out: tuple[tuple[str, str], ...]


def calibrate(
    rows: Sequence[Observation], say: Callable[[str], None] = lambda text: None
) -> Calibration:
    """Fits the sheets to observations of exposure and their ratios.

    Args:
        rows: the observations that may calibrate.
        say: told what is being done.
    """
    data = gather(rows)
    say(f"{len(data.rows)} rows in {len(data.setups)} arms; {len(data.left_out)} rows left out")
    links = [frozenset(data.free(row)) for row in data.rows]
    between = dict(USUAL)
    groups: list[Group] = []
    for members in groups_of(links):
        chosen = [data.rows[number] for number in members]
        groups.append(_group(data, chosen, between, say))
    tested = [row for group in groups for row in left_out_rows(group.rows, group.fit)]
    return Calibration(tuple(groups), between_studies(tested), tuple(tested), data.left_out)


def _group(
    data: Data,
    rows: Sequence[Observation],
    between: Mapping[str, float],
    say: Callable[[str], None],
) -> Group:
    free: dict[str, Free] = {}
    for row in rows:
        free |= data.free(row)
    parameters = tuple(free[name] for name in sorted(free))
    shift = corrections(data, rows)
    arms = list(dict.fromkeys(arm for row in rows for arm in arms_of(row)))

    def predict(points: Array) -> Array:
        solved = {arm: _solve(data, arm, points, parameters) for arm in arms}
        return logarithms(rows, solved, data.wanted)

    observed = np.log([row.value for row in rows]) - shift
    found = fit(
        predict,
        observed,
        spreads(rows, between),
        len(parameters),
        progress=lambda count: say(f"  {count} evaluations"),
    )
    analytes = ", ".join(dict.fromkeys(row.analyte for row in rows))
    say(f"{analytes}: {len(rows)} rows, {len(parameters)} parameters, cost {found.cost:.1f}")
    predicted = np.log([row.value for row in rows]) - found.residuals
    return Group(tuple(rows), parameters, found, predicted)


def _solve(data: Data, arm: Arm, points: Array, parameters: Sequence[Free]) -> Solved:
    """One arm at every point; points that differ only in what the arm does not depend on are solved once."""
    setup = data.setups[arm]
    own = [n for n, parameter in enumerate(parameters) if parameter.name in setup.free]
    distinct, back = np.unique(points[:, own], axis=0, return_inverse=True)
    tables = [
        {parameters[n].name: parameters[n].in_model(z) for n, z in zip(own, point, strict=True)}
        for point in distinct
    ]
    solved = setup.solve(tables)
    back = np.asarray(back).reshape(-1)
    return Solved(
        solved.times,
        {name: course[back] for name, course in solved.courses.items()},
        solved.weight[back],
        len(points),
        1,
    )
