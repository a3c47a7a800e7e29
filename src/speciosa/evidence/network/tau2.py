"""The heterogeneity variance of a network: DerSimonian-Laird, maximum and restricted maximum likelihood."""

from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, qr
from scipy.optimize import brentq

from speciosa.errors import ConvergenceError, EvidenceError, Fault
from speciosa.evidence.network.data import Network, NetworkStudy
from speciosa.evidence.network.gls import RANK_TOLERANCE, Vector, Whitened, consistency, fit

Method = Literal["DL", "REML", "ML"]
Covariance = Literal["exact", "diagonal"]
GRID = 121
# Weights within this factor cost the difference of traces no more than seven of its sixteen digits.
EVEN = 1e6
# Parameters beyond which a matrix for each tau2 at once would fill the memory.
WIDE = 60


def tau2_estimate(data: Whitened, method: Method) -> float:
    """The heterogeneity variance common to all comparisons.

    DL equates Q with its expectation (Jackson 2012, doi:10.1186/1471-2288-12-87); ML and REML maximise the
    (restricted) normal likelihood. With no degree of freedom left it is 0.

    Raises:
        EvidenceError: an unknown method.
        ConvergenceError: a likelihood that rises without end.

    Example:
        >>> data = Whitened(np.array([0.0, 4.0]), np.ones((2, 1)), np.array([1.0, 1.0]), np.array([0, 1]))
        >>> tau2_estimate(data, "DL"), round(tau2_estimate(data, "REML"), 9), round(tau2_estimate(data, "ML"), 9)
        (7.0, 7.0, 3.0)
    """
    if method not in get_args(Method):
        raise EvidenceError(Fault("method", "one of " + ", ".join(get_args(Method)), str(method)))
    if data.df < 1:
        return 0.0
    if method == "DL":
        return max(0.0, (fit(data, 0.0).q - data.df) / _expected_rise(data, 0.0))
    return _likelihood_maximum(independent(data), restricted=method == "REML")


def network_tau2(network: Network, method: Method, covariance: Covariance = "exact") -> float:
    """The heterogeneity variance of a network under consistency.

    Args:
        network: the evidence.
        method: the estimator.
        covariance: ``exact`` uses the sampling covariance of multi-arm studies. ``diagonal`` leaves it out where a
            study came as contrasts (against its arm that most studies share), which is what netmeta's REML and ML
            do for such files; it is offered for comparison only. DL always uses the exact covariance, there and here.
    """
    if covariance == "exact" or method == "DL":
        return tau2_estimate(consistency(network), method)
    degree = {
        name: sum(name in study.treatments for study in network.studies)
        for name in network.treatments
    }
    studies = tuple(_uncorrelated(study, degree) for study in network.studies)
    return tau2_estimate(consistency(replace(network, studies=studies)), method)


def _uncorrelated(study: NetworkStudy, degree: dict[str, int]) -> NetworkStudy:
    if study.arms or len(study.treatments) == 2:
        return study
    order = sorted(range(len(study.treatments)), key=lambda i: -degree[study.treatments[i]])
    first = study.variance[order[0], order]
    variance = first[:, None] + first[None, :]
    np.fill_diagonal(variance, 0.0)
    names = tuple(study.treatments[i] for i in order)
    return NetworkStudy(study.name, names, study.effect[np.ix_(order, order)], variance)


def independent(data: Whitened) -> Whitened:
    """The same observations with a design of full column rank that spans the same means."""
    if data.rank == data.design.shape[1]:
        return data
    left, values, _ = np.linalg.svd(data.design, full_matrices=False)
    return Whitened(data.y, left[:, values > RANK_TOLERANCE], data.spread, data.study)


def _expected_rise(data: Whitened, tau2: float) -> float:
    """How much Q is expected to rise with tau2: ``tr W - tr((X'WX)^-1 X'W^2 X)``.

    The difference of the traces has no digit left where one trial outweighs the others by fifteen orders. Very uneven
    weights are therefore summed over the residuals' own directions, from an orthogonal decomposition with the heaviest
    observation first.
    """
    weight = 1 / (data.spread + tau2)
    if weight.max() < EVEN * weight.min():
        twice = data.design.T @ (weight[:, None] ** 2 * data.design)
        return float(weight.sum() - np.trace(fit(data, tau2).covariance @ twice))
    order = np.argsort(-weight, kind="stable")
    rows = np.sqrt(weight[order])[:, None] * data.design[order] @ data.basis
    residual = qr(rows, pivoting=True)[0][:, data.rank :]
    return float((weight[order, None] * residual**2).sum())


def log_likelihood(data: Whitened, tau2: Vector, restricted: bool) -> Vector:
    """The (restricted) log likelihood up to a constant at each value of `tau2`, shape ``(g,)``.

    The design must have full column rank.
    """
    if data.design.shape[1] > WIDE:
        return np.array([_wide_log_likelihood(data, float(value), restricted) for value in tau2])
    variance = data.spread[None, :] + tau2[:, None]
    beta, information = normal_equations(data, tau2)
    residual = data.y[None, :] - beta @ data.design.T
    value = np.log(variance).sum(axis=1) + (residual**2 / variance).sum(axis=1)
    if restricted:
        value = value + np.linalg.slogdet(information)[1]
    return np.asarray(-0.5 * value, dtype=float)


def _wide_log_likelihood(data: Whitened, tau2: float, restricted: bool) -> float:
    """The same at one tau2 for many treatments, whose design is nearly empty: by a factorisation of the information."""
    from scipy.sparse import csr_array  # loaded for large networks only

    weight = 1 / (data.spread + tau2)
    design: Any = csr_array(data.design)
    information = np.asarray((design.T @ (design * weight[:, None])).toarray(), dtype=float)
    scale = 1 / np.sqrt(np.diag(information))
    factor = cho_factor(information * np.outer(scale, scale), lower=True)
    moment = np.asarray(design.T @ (weight * data.y), dtype=float)
    beta = scale * cho_solve(factor, scale * moment)
    residual = data.y - design @ beta
    value = float(weight @ residual**2 - np.log(weight).sum())
    if restricted:
        value += 2 * float(np.log(np.diag(factor[0])).sum() - np.log(scale).sum())
    return -0.5 * value


def normal_equations(
    data: Whitened, tau2: Vector, prior_precision: NDArray[np.float64] | float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimates, shape ``(g, p)``, and information matrices, shape ``(g, p, p)``, at each value of `tau2`.

    `prior_precision` is added to the information: one number for the diagonal, or matrices of shape ``(g, p, p)``.
    """
    weight = 1 / (data.spread[None, :] + tau2[:, None])
    count = data.design.shape[1]
    products = (data.design[:, :, None] * data.design[:, None, :]).reshape(len(data.y), -1)
    information = (weight @ products).reshape(-1, count, count)
    if isinstance(prior_precision, float):
        prior_precision = prior_precision * np.eye(count)
    information = information + prior_precision
    right = (weight * data.y[None, :]) @ data.design
    scale = 1 / np.sqrt(np.einsum("gii->gi", information))
    scaled = information * scale[:, :, None] * scale[:, None, :]
    solved = np.linalg.solve(scaled, (right * scale)[:, :, None])[:, :, 0]
    beta = np.asarray(solved * scale, dtype=float)
    return beta, information


def _likelihood_maximum(data: Whitened, restricted: bool) -> float:
    """The global maximum: a grid finds the hill, the root of the score its top."""
    smallest, scale = float(data.spread.min()), float(np.var(data.y) + data.spread.max())
    grid = np.concatenate([[0.0], np.geomspace(smallest * 1e-4, scale * 100, GRID)])
    values = log_likelihood(data, grid, restricted)
    top = int(values.argmax())
    if top == len(grid) - 1:
        raise ConvergenceError(
            "The likelihood of tau2 rises without end: no estimate of heterogeneity."
        )
    low, high = grid[max(top - 1, 0)], grid[top + 1]
    if top <= 1 and _score(data, 0.0, restricted) <= 0:
        return 0.0
    if _score(data, low, restricted) <= 0 or _score(data, high, restricted) >= 0:
        return float(grid[top])
    return float(brentq(lambda t: _score(data, t, restricted), low, high, xtol=1e-15, rtol=1e-13))


def _score(data: Whitened, tau2: float, restricted: bool) -> float:
    """Derivative of twice the log likelihood in tau2."""
    weight = 1 / (data.spread + tau2)
    found = fit(data, tau2)
    residual = data.y - data.design @ found.beta
    rise = _expected_rise(data, tau2) if restricted else float(weight.sum())
    return float((weight**2) @ residual**2) - rise
