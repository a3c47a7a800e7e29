"""Calibration of plasma exposure and interactions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from speciosa.calibration.cross import LeftOut, between_studies, left_out_rows
from speciosa.calibration.fit import Fit, fit, groups_of
from speciosa.calibration.free import Free
from speciosa.calibration.rows import DRAWS, Data, corrections, gather, logarithms, spreads
from speciosa.validation.arms import Arm
from speciosa.validation.bench import Solved, arms_of
from speciosa.validation.between_studies import USUAL
from speciosa.validation.metrics import Array
from speciosa.validation.observed.observations import Observation

PASSES = 3
"""Each knows from the one before how far studies lie apart, and how far people are from the typical patient."""

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
        shift: that correction.
    """

    rows: tuple[Observation, ...]
    free: tuple[Free, ...]
    fit: Fit
    predicted_log: Array
    shift: Array


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
    """Fits the sheets to observations of exposure and their ratios, several times.

    How far studies of the same thing lie apart is not known before. A first fit takes what is usual; the next take what
    the one before leaves unexplained of studies that are left out, where that is more, so that one study moves a sheet no more
    than it should. Nor is known before by how much what is predicted, the middle of many draws of the statistic of as many
    people as the study had, differs from the typical patient; the next fits take that about the estimates of the one before.

    Args:
        rows: the observations that may calibrate.
        say: told what is being done.
    """
    data = gather(rows)
    say(f"{len(data.rows)} rows in {len(data.setups)} arms; {len(data.left_out)} rows left out")
    links = [frozenset(data.free(row)) for row in data.rows]
    members = [[data.rows[number] for number in group] for group in groups_of(links)]
    apart: Mapping[str, float] = dict(USUAL)
    groups: list[Group | None] = [None] * len(members)
    fitted: list[Group] = []
    tested: tuple[LeftOut, ...] = ()
    between = dict(USUAL)
    for _ in range(PASSES):
        fitted = [
            _group(data, rows, apart, before, say)
            for rows, before in zip(members, groups, strict=True)
        ]
        tested = tuple(row for group in fitted for row in left_out_rows(group.rows, group.fit))
        between, groups = between_studies(tested), [*fitted]
        apart = {kind: max(sd, USUAL[kind]) for kind, sd in between.items()}
        say(", ".join(f"{kind} {sd:.3f}" for kind, sd in between.items()))
    return Calibration(tuple(fitted), between, tested, data.left_out)


def _group(
    data: Data,
    rows: Sequence[Observation],
    between: Mapping[str, float],
    before: Group | None,
    say: Callable[[str], None],
) -> Group:
    free: dict[str, Free] = {}
    for row in rows:
        free |= data.free(row)
    parameters = tuple(free[name] for name in sorted(free))
    shift = _shift(data, rows, parameters, before)
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
        start=None if before is None else before.fit.z,
        progress=lambda count: say(f"  {count} evaluations"),
    )
    analytes = ", ".join(dict.fromkeys(row.analyte for row in rows))
    say(f"{analytes}: {len(rows)} rows, {len(parameters)} parameters, cost {found.cost:.1f}")
    predicted = np.log([row.value for row in rows]) - found.residuals
    return Group(tuple(rows), parameters, found, predicted, shift)


def _shift(
    data: Data, rows: Sequence[Observation], parameters: Sequence[Free], before: Group | None
) -> Array:
    """The population corrections about the sheets, or about the estimates of the fit before."""
    middle = np.zeros(len(parameters)) if before is None else before.fit.z
    points = middle[None, :] if before is None else before.fit.draws(DRAWS)
    typical = {p.name: p.in_model(z) for p, z in zip(parameters, middle, strict=True)}
    drawn = {
        p.name: np.array([p.in_model(z) for z in column])
        for p, column in zip(parameters, points.T, strict=True)
    }
    return corrections(data, rows, typical, drawn)


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
