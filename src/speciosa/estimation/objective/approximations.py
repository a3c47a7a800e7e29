"""FO, FOCE, FOCEI and Laplace's approximation of the likelihood, with exact gradients.

Of a subject with joint density ``exp(-J(b) / 2)`` and mode b*, the objective is ``J(b*) + log|S| + log|H|``, S the covariance of
the random effects and H half the curvature of J: exact (Laplace), or expected (FOCEI: with the variance's own slope; FOCE: with
variances of the typical prediction; FO: linear about the typical prediction, where the approximation is exact). The gradient
follows the mode by the implicit function theorem (Almquist, Leander and Jirstrand 2015, doi:10.1007/s10928-015-9409-1).
"""

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.at_modes import modes_and_pieces
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.evaluation import Evaluation
from speciosa.estimation.objective.gather import (
    Coordinates,
    Filled,
    Parts,
    coordinates,
    gather,
    move,
    room_to_fill,
)
from speciosa.estimation.objective.joint import (
    Joint,
    Pieces,
    expected_pieces,
    unsolved,
)
from speciosa.estimation.objective.modes import find_modes


def together(
    joint: Joint, at: Individuals, start: Floats, *, exact: bool
) -> tuple[Pieces, Floats, Floats]:
    """FOCEI and Laplace: all that depends on the prediction depends on that at the mode."""
    design = joint.design
    active = np.concatenate([design.random, design.other])
    free = np.flatnonzero(design.residual_columns >= 0)
    pieces, modes = modes_and_pieces(joint, at, start, exact=exact)
    return pieces, chain_of(joint, at, active, free), modes


def chain_of(joint: Joint, at: Individuals, active: Integers, free: Integers) -> Floats:
    """Derivatives of the directions by the coordinates, ``(subjects, directions, coordinates)``."""
    columns = joint.design.residual_columns[free]
    own = np.zeros((joint.subjects, len(free), at.chain.shape[2]))
    own[:, np.arange(len(free)), columns] = 1.0
    return np.concatenate([at.chain[:, active], own], axis=1)


def apart(
    joint: Joint, at: Individuals, start: Floats, *, linear: bool
) -> tuple[Pieces, Floats, Floats]:
    """FO and FOCE: variances are those of the typical prediction.

    Random effects and what coordinates move are directions apart, since the typical prediction knows only the latter.
    """
    design, likelihood = joint.design, joint.design.prepared.likelihood
    active = np.concatenate([design.random, design.other])
    free = np.flatnonzero(design.residual_columns >= 0)
    effects, moved = design.effects, len(active)
    directions = effects + moved + len(free)
    with np.errstate(all="ignore"):
        typical = joint.predict(at, np.zeros_like(start), active, 2)
        if len(typical.failed):
            raise unsolved(joint, typical.failed, np.zeros_like(start))
        if linear:
            modes = _linear_modes(joint, at, typical.value, typical.first[:, :effects])
            b = modes[likelihood.subject]
            g = typical.first[:, :effects]
            value = typical.value + np.einsum("ne,ne->n", g, b)
            by_moved = typical.first + np.einsum("ned,ne->nd", typical.second[:, :effects], b)
            mixed = typical.second[:, :effects]
            twice = np.zeros((len(value), effects, effects))
        else:
            modes = find_modes(joint, at, start, typical.value)
            predicted = joint.predict(at, modes, active, 2)
            if len(predicted.failed):
                raise unsolved(joint, predicted.failed, modes)
            value, by_moved = predicted.value, predicted.first
            g, mixed = predicted.first[:, :effects], predicted.second[:, :effects]
            twice = mixed[:, :, :effects]
        terms = likelihood.terms(value, at.residual, free, 2, typical=typical.value)
        inputs = np.zeros((len(value), 2 + len(free), directions))
        inputs[:, 0, :effects] = g
        inputs[:, 0, effects : effects + moved] = by_moved
        inputs[:, 1, effects : effects + moved] = typical.first
        inputs[:, np.arange(2, 2 + len(free)), np.arange(effects + moved, directions)] = 1.0
        second = np.concatenate([twice, mixed, np.zeros((len(value), effects, len(free)))], axis=2)
        pieces = expected_pieces(joint, terms, inputs[:, 0], second, inputs, effects)
    own = np.zeros((joint.subjects, effects, at.chain.shape[2]))
    return pieces, np.concatenate([own, chain_of(joint, at, active, free)], axis=1), modes


def _linear_modes(joint: Joint, at: Individuals, typical: Floats, slope: Floats) -> Floats:
    """The modes of the linear model, in one step."""
    effects = slope.shape[1]
    if not effects:
        return np.zeros((joint.subjects, 0))
    none = np.zeros(0, dtype=np.int64)
    terms = joint.design.prepared.likelihood.terms(typical, at.residual, none, 2, typical=typical)
    half = 0.5 * joint.by_subject(terms.first[:, 0, None] * slope)
    outer = slope[:, :, None] * slope[:, None, :]
    curvature = joint.by_subject(0.5 * terms.second[:, 0, 0, None, None] * outer)
    return np.asarray(-np.linalg.solve(curvature + at.spread.precision, half[:, :, None])[:, :, 0])


def assemble(
    joint: Joint, at: Individuals, pieces: Pieces, chain: Floats, modes: Floats
) -> Evaluation:
    """Objective and gradient of every subject from the data's part and the random effects'."""
    filled, found = _filled(at, pieces, chain, modes)
    gather(*found, filled)
    bad = np.flatnonzero(~np.isfinite(filled.value))
    if len(bad):
        raise unsolved(joint, bad, modes)
    subjects, effects = modes.shape
    return Evaluation(
        float(filled.value.sum()),
        filled.value,
        filled.gradients,
        modes,
        filled.curvatures.reshape(subjects, effects, effects),
        moved=filled.moved.reshape(subjects, effects, -1) if effects else None,
    )


def modes_moved(at: Individuals, pieces: Pieces, chain: Floats, modes: Floats) -> Floats:
    """Derivatives of the modes by the coordinates, ``(subjects, effects, coordinates)``, by the implicit function theorem."""
    filled, found = _filled(at, pieces, chain, modes)
    move(*found, filled)
    return filled.moved.reshape(*modes.shape, -1)


def _filled(
    at: Individuals, pieces: Pieces, chain: Floats, modes: Floats
) -> tuple[Filled, tuple[Coordinates, Parts]]:
    """What is filled in by compiled functions, and what they take."""
    none = np.zeros(0, dtype=np.int64)
    directions = np.arange(chain.shape[1])
    of = coordinates(np.ascontiguousarray(chain), directions, none, at.spread, at.spread.precision)
    first, second, weighted, change = (
        np.ascontiguousarray(part.reshape(len(part), -1))
        for part in (pieces.first, pieces.second, pieces.curvature, pieces.curvature_slope)
    )
    value, at_modes = np.ascontiguousarray(pieces.value), np.ascontiguousarray(modes)
    parts = Parts(value, first, second, weighted, change, at_modes)
    return room_to_fill(modes.shape[0], modes.shape[1], chain.shape[2]), (of, parts)
