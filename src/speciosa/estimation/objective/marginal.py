"""The likelihood itself at given coordinates, by which fits of different methods can be compared."""

import math
from dataclasses import dataclass

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.at_modes import modes_and_pieces
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.given_effects import data_at_nodes
from speciosa.estimation.objective.joint import Joint, unsolved
from speciosa.estimation.objective.pareto import TOO_HEAVY, tail_shape
from speciosa.estimation.objective.quadrature import grid, sampled

_NODES = {1: 61, 2: 25}
"""Nodes of the quadrature in each of one or two random effects; with more, nodes are drawn."""
_ROOM = 100_000
_LOG_TWO_PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Marginal:
    """Minus twice the logarithm of the likelihood, without ``N log 2 pi`` of the Gaussian observations.

    Attributes:
        method: ``exact`` without random effects, ``AGQ`` or ``IMP``.
        objective: of all subjects.
        error: Monte-Carlo standard error; 0 where nothing is drawn.
        nodes: of each subject.
        effective: smallest number of nodes of a subject that count, of drawn ones; otherwise NaN.
        pareto_k: largest shape of the tail of a subject's weights, see `tail_shape`; NaN where nothing is drawn.
        heavy: subjects of which it is above 0.7.
    """

    method: str
    objective: float
    error: float
    nodes: int
    effective: float
    pareto_k: float
    heavy: int


def marginal(joint: Joint, x: Floats, start: Floats, seed: int, samples: int) -> Marginal:
    """The likelihood at coordinates `x`.

    By adaptive quadrature with 61 nodes in one random effect or 25 in each of two, and by importance sampling with more: draws from
    Student's t distribution about each subject's mode, scaled by the curvature there.

    Args:
        joint: the model with its data.
        x: coordinates.
        start: random effects from which modes are searched.
        seed: of the draws.
        samples: draws of each subject.

    Raises:
        UnsolvedError: a subject without a finite density.
    """
    at = joint.design.individuals(x)
    effects = joint.design.effects
    if not effects:
        value = float(joint.data_part(at, np.zeros((joint.subjects, 0))).sum())
        return Marginal("exact", value, 0.0, 1, math.nan, math.nan, 0)
    pieces, modes = modes_and_pieces(joint, at, start, exact=False)
    curvature = 0.5 * pieces.second[:, :, :effects] + at.spread.precision
    drawn = effects not in _NODES
    if drawn:
        nodes = sampled(seed, samples, joint.subjects, effects)
    else:
        z, weight = grid(_NODES[effects], effects)
        nodes = (
            np.repeat(z[:, None, :], joint.subjects, axis=1),
            np.repeat(weight[:, None], joint.subjects, axis=1),
        )
    exponent, constant = _exponents(joint, at, modes, curvature, nodes)
    highest = exponent.max(axis=0)
    lost = np.flatnonzero(~np.isfinite(highest))
    if len(lost):
        raise unsolved(joint, lost, modes, "No finite likelihood")
    share = np.exp(exponent - highest)
    total = share.sum(axis=0)
    objective = float((constant - 2 * (highest + np.log(total))).sum())
    if not drawn:
        return Marginal("AGQ", objective, 0.0, len(share), math.nan, math.nan, 0)
    effective = total**2 / (share**2).sum(axis=0)
    error = float(np.sqrt(4 * np.maximum(1 / effective - 1 / len(share), 0.0).sum()))
    tails = np.array([tail_shape(column) for column in exponent.T])
    largest = float(np.nanmax(tails)) if np.isfinite(tails).any() else math.nan
    heavy = int((np.nan_to_num(tails) > TOO_HEAVY).sum())
    return Marginal("IMP", objective, error, len(share), float(effective.min()), largest, heavy)


def _exponents(
    joint: Joint,
    at: Individuals,
    modes: Floats,
    curvature: Floats,
    nodes: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Logarithms of what each node adds to the likelihood of each subject, and the constant of each subject."""
    effects = modes.shape[1]
    scale, log_determinant = _scales(curvature, at.spread.precision)
    z, log_weight = nodes
    places = modes[None] + np.einsum("sef,ksf->kse", scale, z)
    value = data_at_nodes(joint, at, places)
    prior = np.einsum("kse,ef,ksf->ks", places, at.spread.precision, places)
    constant = at.spread.log_determinant + effects * _LOG_TWO_PI + log_determinant
    return log_weight - 0.5 * (value + prior), constant


def _scales(curvature: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """Factors of the inverse of half the curvature of each subject, and its log determinant; made positive where it is not."""
    roots, vectors = np.linalg.eigh(curvature)
    least = 0.1 * np.linalg.eigvalsh(precision)[0]
    roots = np.maximum(roots, least)
    scale = vectors / np.sqrt(roots)[:, None, :]
    return scale, np.log(roots).sum(axis=1)
