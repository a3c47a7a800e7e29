"""The log density of the binomial network model and its gradient, compiled: a sampler asks for it 100,000 times."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def log_density(
    x: Vector,
    counts: NDArray[np.float64],
    index: NDArray[np.int64],
    effect: NDArray[np.float64],
    factor: NDArray[np.float64],
    group: NDArray[np.int64],
    normals: int,
    scales: NDArray[np.float64],
) -> tuple[float, Vector]:
    """Log posterior density up to a constant and its gradient.

    Args:
        x: study levels, effects, class means, standard normals, log tau, log omega (the last three groups where
            present).
        counts: events and people by arm, shape ``(arms, 2)``.
        index: an arm's study and the first standard normal of that study, shape ``(arms, 2)``.
        effect: how an arm's log odds depend on effects and class means, shape ``(arms, p)``.
        factor: how they depend on the standard normals of the arm's own study, shape ``(arms, w)``.
        group: class of each effect, -1 for none; its length is the number of effects without class means.
        normals: number of standard normals; 0 for a model without heterogeneity.
        scales: prior precision of study levels and of effects, scales of the half-normal priors of tau and omega.
    """
    size, effects = effect.shape[1], len(group)
    levels = len(x) - size - normals - (1 if normals else 0) - (1 if size > effects else 0)
    gradient = np.zeros_like(x)
    tau = math.exp(x[levels + size + normals]) if normals else 0.0
    omega = math.exp(x[-1]) if size > effects else 0.0
    beta = x[levels : levels + size].copy()
    for k in range(effects):
        if group[k] >= 0:
            beta[k] = beta[effects + group[k]] + omega * beta[k]
    by_effect = np.zeros(size)
    first, width = levels + size, factor.shape[1] if normals else 0
    value, by_tau = _arms(
        x, first, counts, index, effect, factor, beta, tau, width, gradient, by_effect
    )
    for k in range(levels):
        value -= 0.5 * scales[0] * x[k] ** 2
        gradient[k] -= scales[0] * x[k]
    by_omega = 0.0
    for k in range(size):
        own = x[levels + k]
        grouped = k < effects and group[k] >= 0
        prior = 1.0 if grouped else scales[1]
        value -= 0.5 * prior * own**2
        gradient[levels + k] += (omega if grouped else 1.0) * by_effect[k] - prior * own
        if grouped:
            gradient[levels + effects + group[k]] += by_effect[k]
            by_omega += by_effect[k] * own
    for k in range(levels + size, levels + size + normals):
        value -= 0.5 * x[k] ** 2
        gradient[k] -= x[k]
    if normals:
        place = levels + size + normals
        value += x[place] - 0.5 * (tau / scales[2]) ** 2
        gradient[place] = tau * by_tau - (tau / scales[2]) ** 2 + 1.0
    if size > effects:
        value += x[-1] - 0.5 * (omega / scales[3]) ** 2
        gradient[-1] = omega * by_omega - (omega / scales[3]) ** 2 + 1.0
    return value, gradient


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def _arms(
    x: Vector,
    first: int,
    counts: NDArray[np.float64],
    index: NDArray[np.int64],
    effect: NDArray[np.float64],
    factor: NDArray[np.float64],
    beta: Vector,
    tau: float,
    width: int,
    gradient: Vector,
    by_effect: Vector,
) -> tuple[float, float]:
    """The log likelihood of all arms and its derivative by tau.

    Derivatives by study levels and standard normals, of which the first stands at `first` in `x`, are added to
    `gradient`, those by effects and class means (`beta`) to `by_effect`.
    """
    arms, size = effect.shape
    value, by_tau = 0.0, 0.0
    for i in range(arms):
        level, own = index[i, 0], first + index[i, 1]
        eta, shift = x[level], 0.0
        for k in range(size):
            eta += effect[i, k] * beta[k]
        for k in range(width):
            if factor[i, k] != 0.0:
                shift += factor[i, k] * x[own + k]
        eta += tau * shift
        # log(1 + exp(eta)) and the logistic, without overflow on either side.
        tail = math.exp(-abs(eta))
        share = 1 / (1 + tail) if eta >= 0 else tail / (1 + tail)
        value += counts[i, 0] * eta - counts[i, 1] * (max(eta, 0.0) + math.log1p(tail))
        score = counts[i, 0] - counts[i, 1] * share
        gradient[level] += score
        by_tau += score * shift
        for k in range(size):
            by_effect[k] += score * effect[i, k]
        for k in range(width):
            if factor[i, k] != 0.0:
                gradient[own + k] += tau * score * factor[i, k]
    return value, by_tau
