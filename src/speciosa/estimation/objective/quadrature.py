"""The likelihood of a subject as a sum over nodes about its mode, scaled by the curvature: quadrature, or importance sampling.

With H half the curvature of the joint density at the mode b*, and L L' its inverse, the nodes are ``b* + L z`` and the objective
is ``log|S| + log|H| + r log 2 pi - 2 log sum w exp(z'z / 2 - J / 2)`` (Pinheiro and Bates 1995,
doi:10.1080/10618600.1995.10474663). One node is Laplace's approximation; many are the likelihood itself. Nodes move with the mode
and the curvature, and the gradient knows it. Importance sampling takes random nodes, the same in every evaluation, so that its
objective is smooth and has a gradient too.
"""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import gammaincinv, gammaln

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.approximations import modes_moved
from speciosa.estimation.objective.design import Individuals, repeated_individuals
from speciosa.estimation.objective.evaluation import Evaluation
from speciosa.estimation.objective.joint import Joint, Pieces, unsolved
from speciosa.population.streams import normals, uniforms

_DEGREES = 5
"""Of freedom of the proposals of importance sampling: tails heavier than those of a posterior density."""
_ROOM = 400_000
"""Numbers for the derivatives of all observations at the nodes that are worked out in one call."""
_LOG_TWO_PI = float(np.log(2 * np.pi))


def grid(nodes: int, effects: int) -> tuple[Floats, Floats]:
    """Nodes, ``(all, effects)``, and the logarithms of their weights with ``exp(z'z / 2)``.

    Example:
        >>> z, w = grid(3, 2)
        >>> z.shape, round(float((np.exp(w) * np.exp(-(z**2).sum(axis=1) / 2)).sum() / (2 * np.pi)), 12)
        ((9, 2), 1.0)
    """
    at, weight = hermegauss(nodes)
    whole = np.array(list(product(range(nodes), repeat=effects)), dtype=np.int64)
    whole = whole.reshape(-1, effects)
    z = at[whole]
    return z, np.log(weight)[whole].sum(axis=1) + 0.5 * (z**2).sum(axis=1)


@lru_cache(maxsize=4)
def sampled(seed: int, samples: int, subjects: int, effects: int) -> tuple[Floats, Floats]:
    """Nodes of each subject from Student's t distribution with `_DEGREES` degrees of freedom, and the logarithms of their weights.

    Random numbers are keyed by the seed and the subject, so that each subject's are its own whoever else is in the data.

    Returns:
        Nodes, ``(samples, subjects, effects)``, and logarithms of one by their density and number, ``(samples, subjects)``.
    """
    people, turns = range(subjects), range(samples)
    z = (
        np.stack([normals(seed, f"importance {e}", people, turns) for e in range(effects)], axis=2)
        if effects
        else np.zeros((samples, subjects, 0))
    )
    chi = 2 * gammaincinv(_DEGREES / 2, uniforms(seed, "importance", people, turns))
    z = z * np.sqrt(_DEGREES / chi)[:, :, None]
    n, d = _DEGREES, effects
    constant = gammaln((n + d) / 2) - gammaln(n / 2) - 0.5 * d * np.log(n * np.pi)
    density = constant - 0.5 * (n + d) * np.log1p((z**2).sum(axis=2) / n)
    found = (z, -density - np.log(samples))
    for part in found:
        part.flags.writeable = False
    return found


def by_nodes(
    joint: Joint,
    at: Individuals,
    pieces: Pieces,
    chain: Floats,
    modes: Floats,
    nodes: tuple[Floats, Floats],
) -> Evaluation:
    """Objective and gradient from the pieces of Laplace's approximation at the modes.

    Args:
        joint: the model with its data.
        at: parameters without random effects.
        pieces: of Laplace's approximation.
        chain: derivatives of the directions by the coordinates.
        modes: of the random effects.
        nodes: places and logarithms of weights, of all subjects alike or of each.

    Raises:
        UnsolvedError: a subject whose curvature at the mode is not that of a minimum, or whose nodes are all without a density.
    """
    effects = modes.shape[1]
    inverse = at.spread.precision
    curvature = pieces.curvature + inverse
    roots = np.linalg.eigvalsh(curvature) if effects else np.ones((len(modes), 1))
    flat = np.flatnonzero(~(roots[:, 0] > 0))
    if len(flat):
        raise unsolved(joint, flat, modes)
    factor = np.linalg.cholesky(curvature) if effects else curvature
    scale = np.linalg.inv(factor).transpose(0, 2, 1)
    z, log_weight = nodes
    if z.ndim == 2:
        z = np.repeat(z[:, None, :], joint.subjects, axis=1)
        log_weight = np.repeat(log_weight[:, None], joint.subjects, axis=1)
    places = modes[None] + np.einsum("sef,ksf->kse", scale, z)
    value, first = _at_nodes(joint, at, places)
    prior = np.einsum("kse,ef,ksf->ks", places, inverse, places)
    exponent = log_weight - 0.5 * (value + prior)
    exponent[~np.isfinite(exponent)] = -np.inf
    highest = exponent.max(axis=0)
    moved = None
    lost = np.flatnonzero(~np.isfinite(highest))
    if len(lost):
        raise unsolved(joint, lost, modes)
    share = np.exp(exponent - highest)
    total = share.sum(axis=0)
    share /= total
    objective = -2 * (highest + np.log(total)) + at.spread.log_determinant + effects * _LOG_TWO_PI
    objective += np.linalg.slogdet(curvature)[1] if effects else 0.0
    first[~np.isfinite(first)] = 0.0
    mean = np.einsum("ks,ksd->sd", share, first)
    gradients = np.einsum("sd,sdx->sx", mean, chain)
    if effects:
        by_effect = first[:, :, :effects] + 2 * places @ inverse
        moved = modes_moved(at, pieces, chain, modes)
        gradients += _moving(at, pieces, chain, moved, scale, share, z, by_effect)
        gradients += _by_spread(at, places, share, len(gradients[0]))
    effective = 1 / (share**2).sum(axis=0)
    spread = 4 * np.maximum(1 / effective - 1 / len(z), 0.0)
    error = float(np.sqrt(spread.sum()))
    return Evaluation(
        float(objective.sum()), objective, gradients, modes, curvature, error, effective, moved
    )


def _at_nodes(joint: Joint, at: Individuals, places: Floats) -> tuple[Floats, Floats]:
    """The data's part of the joint density at each node of each subject, and its derivatives by the directions."""
    design, free = joint.design, np.flatnonzero(joint.design.residual_columns >= 0)
    active = np.concatenate([design.random, design.other])
    nodes, subjects, effects = places.shape
    count = max(len(design.prepared.lines), 1)
    together = min(max(_ROOM // (count * (1 + len(active) + len(free)) ** 2), 1), nodes)
    value = np.zeros((nodes, subjects))
    first = np.zeros((nodes, subjects, len(active) + len(free)))
    for begin in range(0, nodes, together):
        own = places[begin : begin + together]
        some = np.zeros((together, subjects, effects))
        some[: len(own)] = own
        many, whole = joint.repeated(together), repeated_individuals(at, together)
        found = data_slopes(many, whole, some.reshape(-1, effects), active, free)
        value[begin : begin + together] = found[0].reshape(together, subjects)[: len(own)]
        slope = found[1].reshape(together, subjects, -1)
        first[begin : begin + together] = slope[: len(own)]
    return value, first


def data_slopes(
    joint: Joint, at: Individuals, effects: Floats, active: Integers, free: Integers
) -> tuple[Floats, Floats]:
    """The data's part of the joint density of each subject, and its derivatives by the directions."""
    likelihood = joint.design.prepared.likelihood
    with np.errstate(all="ignore"):
        predicted = joint.predict(at, effects, active, 1)
        terms = likelihood.terms(predicted.value, at.residual, free, 1)
        by_active = terms.first[:, :1] * predicted.first
        first = joint.by_subject(np.concatenate([by_active, terms.first[:, 1:]], axis=1))
        value = joint.by_subject(terms.value)
    value[predicted.failed] = np.inf
    return value, first


def _moving(
    at: Individuals,
    pieces: Pieces,
    chain: Floats,
    moved: Floats,
    scale: Floats,
    share: Floats,
    z: Floats,
    by_effect: Floats,
) -> Floats:
    """What coordinates do by moving the nodes, with the mode and with the curvature."""
    inverse, slopes, columns = at.spread.precision, at.spread.slopes, list(at.spread.columns)
    effects = moved.shape[1]
    change = np.einsum("sefd,sdx->sefx", pieces.curvature_slope, chain)
    change += np.einsum("sefd,sdx->sefx", pieces.curvature_slope[..., :effects], moved)
    change[..., columns] += (-inverse @ slopes @ inverse).transpose(1, 2, 0)[None]
    turned = np.einsum("sea,sefx,sfb->sabx", scale, change, scale)
    gradients = np.einsum("saax->sx", turned)
    half = np.tril(np.ones((effects, effects))) - 0.5 * np.eye(effects)
    lower = turned * half[None, :, :, None]
    # L changes by -L times the transpose of the lower half
    by_scale = -np.einsum("sea,sbax->sebx", scale, lower)
    outer = np.einsum("ks,kse,ksb->seb", share, by_effect, z)
    gradients += np.einsum("seb,sebx->sx", outer, by_scale)
    mean = np.einsum("ks,kse->se", share, by_effect)
    return np.asarray(gradients + np.einsum("se,sex->sx", mean, moved))


def _by_spread(at: Individuals, places: Floats, share: Floats, size: int) -> Floats:
    """What coordinates do through the density of the random effects."""
    inverse, slopes, columns = at.spread.precision, at.spread.slopes, list(at.spread.columns)
    found = np.zeros((share.shape[1], size))
    changed = -inverse @ slopes @ inverse
    found[:, columns] += np.einsum("ef,pfe->p", inverse, slopes)[None, :]
    found[:, columns] += np.einsum("ks,kse,pef,ksf->sp", share, places, changed, places)
    return found
