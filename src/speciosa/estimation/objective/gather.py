"""From the pieces of each subject to its objective, gradient and how its mode moves. Compiled by `native`.

With the data's part D of the joint density and its curvature C at the mode b of a subject, and P the precision of the effects, the
objective is ``D + b'P b + log|S| + log|C + P|``, S the inverse of P. Coordinates act through directions (`chain`), S and the mode.
"""

import math
from typing import NamedTuple

import numpy as np

from speciosa.engine.compiler.native import native
from speciosa.estimation.jet.dense import eliminate, factor, solve_eliminated, solve_factored
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.covariance import Spread


class Coordinates(NamedTuple):
    """How coordinates act.

    Attributes:
        chain: derivatives of the variables by the coordinates, ``(subjects, variables, coordinates)``.
        active: variables that are directions.
        free: coordinates of the free residual parameters, which are the directions after those.
        precision: of the random effects.
        log_determinant: of their covariance, one number.
        changed: derivatives of the precision by the parameters of the covariance, ``(parameters, effects, effects)``.
        rise: derivatives of the logarithm of the determinant by these.
        columns: coordinates that these are.
    """

    chain: Floats
    active: Integers
    free: Integers
    precision: Floats
    log_determinant: Floats
    changed: Floats
    rise: Floats
    columns: Integers


class Parts(NamedTuple):
    """Pieces of all subjects, see `joint.Pieces`, flat but for the first index, and the modes."""

    value: Floats
    first: Floats
    second: Floats
    weighted: Floats
    change: Floats
    modes: Floats


class Filled(NamedTuple):
    """What is filled in: see `evaluation.Evaluation`, `moved` flat but for the first index; objectives that are not finite are NaN.

    Attributes:
        lower, square, line, pivots: room of two matrices, a vector and places of random effects.
    """

    value: Floats
    gradients: Floats
    curvatures: Floats
    moved: Floats
    lower: Floats
    square: Floats
    line: Floats
    pivots: Integers


def coordinates(
    chain: Floats, active: Integers, free: Integers, spread: Spread, precision: Floats
) -> Coordinates:
    """How coordinates act, by a chain, directions, and a covariance of which `precision` is the inverse."""
    return Coordinates(
        chain,
        active,
        free,
        precision,
        np.array([spread.log_determinant]),
        spread.changed,
        spread.rise,
        np.array(spread.columns, dtype=np.int64),
    )


def room_to_fill(subjects: int, effects: int, size: int) -> Filled:
    """Room for the objectives of subjects with so many random effects, and gradients by so many coordinates."""
    square = max(effects * effects, 1)
    return Filled(
        np.zeros(subjects),
        np.zeros((subjects, size)),
        np.zeros((subjects, effects * effects)),
        np.zeros((subjects, effects * size)),
        np.zeros(square),
        np.zeros(square),
        np.zeros(max(effects, 1)),
        np.zeros(max(effects, 1), dtype=np.int64),
    )


@native
def gather(of: Coordinates, parts: Parts, out: Filled) -> None:
    """Fills in all subjects."""
    for s in range(parts.value.shape[0]):
        out.value[s] = parts.value[s]
        for x in range(of.chain.shape[2]):
            out.gradients[s, x] = 0.0
        for d in range(parts.first.shape[1]):
            _through(of, s, d, parts.first[s, d], out)
        if parts.modes.shape[1] > 0:
            _by_effects(of, parts, s, out)


@native
def move(of: Coordinates, parts: Parts, out: Filled) -> None:
    """Fills in how the modes move, of all subjects."""
    for s in range(parts.value.shape[0]):
        _moved(of, parts, s, out)


def _through(of: Coordinates, s: int, d: int, slope: float, out: Filled) -> None:
    """Adds what coordinates do through a direction."""
    active = of.active.shape[0]
    if d < active:
        for x in range(of.chain.shape[2]):
            out.gradients[s, x] += slope * of.chain[s, of.active[d], x]
    else:
        out.gradients[s, of.free[d - active]] += slope


def _by_effects(of: Coordinates, parts: Parts, s: int, out: Filled) -> None:
    n, directions = parts.modes.shape[1], parts.first.shape[1]
    coordinates = of.chain.shape[2]
    for e in range(n):
        for f in range(n):
            out.value[s] += parts.modes[s, e] * of.precision[e, f] * parts.modes[s, f]
            out.curvatures[s, e * n + f] = parts.weighted[s, e * n + f] + of.precision[e, f]
    if not factor(n, out.curvatures[s], out.lower):
        out.value[s] = math.nan
        return
    out.value[s] += of.log_determinant[0]
    for e in range(n):
        out.value[s] += 2.0 * math.log(out.lower[e * n + e])
        # the inverse of the curvature, by columns
        for f in range(n):
            out.line[f] = 0.0
        out.line[e] = 1.0
        solve_factored(n, out.lower, out.line)
        for f in range(n):
            out.square[f * n + e] = out.line[f]
    for p in range(of.columns.shape[0]):
        total = of.rise[p]
        for e in range(n):
            for f in range(n):
                turned = parts.modes[s, e] * parts.modes[s, f] + out.square[e * n + f]
                total += turned * of.changed[p, e, f]
        out.gradients[s, of.columns[p]] += total
    for e in range(n):
        out.line[e] = 0.0
    for d in range(directions):
        trace = 0.0
        for e in range(n):
            for f in range(n):
                trace += out.square[e * n + f] * parts.change[s, (e * n + f) * directions + d]
        _through(of, s, d, trace, out)
        if d < n:
            out.line[d] = trace
    _moved(of, parts, s, out)
    for e in range(n):
        for x in range(coordinates):
            out.gradients[s, x] += out.line[e] * out.moved[s, e * coordinates + x]


def _moved(of: Coordinates, parts: Parts, s: int, out: Filled) -> None:
    """How the mode moves, by the implicit function theorem."""
    n, directions = parts.modes.shape[1], parts.first.shape[1]
    coordinates, active = of.chain.shape[2], of.active.shape[0]
    moved = out.moved[s]
    for e in range(n):
        for x in range(coordinates):
            moved[e * coordinates + x] = 0.0
        for d in range(directions):
            second = -parts.second[s, e * directions + d]
            if d < active:
                for x in range(coordinates):
                    moved[e * coordinates + x] += second * of.chain[s, of.active[d], x]
            else:
                moved[e * coordinates + of.free[d - active]] += second
        for p in range(of.columns.shape[0]):
            for f in range(n):
                moved[e * coordinates + of.columns[p]] -= (
                    2.0 * of.changed[p, e, f] * parts.modes[s, f]
                )
        for f in range(n):
            out.lower[e * n + f] = parts.second[s, e * directions + f] + 2.0 * of.precision[e, f]
    if eliminate(n, out.lower, out.pivots):
        solve_eliminated(n, coordinates, out.lower, out.pivots, moved)
    else:
        for k in range(n * coordinates):
            moved[k] = math.nan
