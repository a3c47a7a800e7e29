r"""The likelihood of a linear model with correlated visits, and its derivatives by the parameters of the covariance.

.. math:: -2\ell_R = \sum_i \ln|V_i| + \ln|X^T V^{-1} X| + r^T V^{-1} r + (N - p)\ln 2\pi

Source: Patterson HD, Thompson R. Biometrika 1971;58:545 (doi:10.1093/biomet/58.3.545); derivatives: Kenward MG, Roger JH.
Biometrics 1997;53:983 (doi:10.2307/2533558), whose P and Q are kept.
"""

from dataclasses import dataclass
from math import log, pi

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.repeated.layout import Layout

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """The likelihood at one covariance.

    Attributes:
        value: minus twice its logarithm.
        beta: coefficients, by generalised least squares.
        phi: their covariance.
        inverse: of the covariance of the visits seen, by pattern; 0 elsewhere.
        roots: F with F'F that inverse, by pattern.
        residuals: shape (subjects, visits).
    """

    value: float
    beta: Array
    phi: Array
    inverse: Array
    roots: Array
    residuals: Array


@dataclass(frozen=True, slots=True)
class Derivatives:
    """Derivatives of minus twice the log-likelihood, and what degrees of freedom need.

    Attributes:
        gradient: by parameter.
        observed: second derivatives.
        expected: their expectation.
        p: :math:`P_k = -X^T V^{-1} V_k V^{-1} X`, shape (parameters, columns, columns).
        q: :math:`Q_{kl} = X^T V^{-1} V_k V^{-1} V_l V^{-1} X`.
        r: :math:`R_{kl} = X^T V^{-1} V_{kl} V^{-1} X`, None where all are 0.
    """

    gradient: Array
    observed: Array
    expected: Array
    p: Array
    q: Array
    r: Array | None


def at(layout: Layout, sigma: Array, reml: bool) -> Point | None:
    """The likelihood at a covariance; None where that is not positive definite."""
    inverse = np.zeros((len(layout.patterns), *sigma.shape))
    roots, logs = np.zeros_like(inverse), np.zeros(len(layout.patterns))
    for row, pattern in enumerate(layout.patterns):
        if not pattern.any():
            continue
        here = np.flatnonzero(pattern)
        try:
            lower = np.linalg.cholesky(sigma[np.ix_(here, here)])
        except np.linalg.LinAlgError:
            return None
        root = np.linalg.inv(lower)
        roots[row][np.ix_(here, here)] = root
        inverse[row][np.ix_(here, here)] = root.T @ root
        logs[row] = 2 * np.log(np.diag(lower)).sum()
    columns = layout.x.shape[2]
    weighted = inverse[layout.pattern] @ layout.x
    flat = weighted.reshape(-1, columns)
    information = layout.x.reshape(-1, columns).T @ flat
    try:
        lower = np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    phi = np.asarray(np.linalg.inv(information), dtype=np.float64)
    beta = phi @ (flat.T @ layout.y.ravel())
    residuals = layout.y - layout.x @ beta
    pulled = np.einsum("nab,nb->na", inverse[layout.pattern], residuals)
    value = logs[layout.pattern].sum() + float((residuals * pulled).sum())
    value += (layout.rows - (columns if reml else 0)) * log(2 * pi)
    if reml:
        value += 2 * np.log(np.diag(lower)).sum()
    return Point(float(value), beta, phi, inverse, roots, residuals)


def derivatives(
    layout: Layout, point: Point, first: Array, second: Array | None, reml: bool
) -> Derivatives:
    """The derivatives at a point, given those of the covariance.

    Args:
        layout: the data.
        point: by `at`.
        first: of the covariance, shape (parameters, visits, visits).
        second: of the covariance, shape (parameters, parameters, visits, visits), or None.
        reml: whether the likelihood is restricted.
    """
    count, columns = len(first), layout.x.shape[2]
    inverse = point.inverse[layout.pattern]
    weighted = inverse @ layout.x
    pulled = np.einsum("nab,nb->na", inverse, point.residuals)
    moved = np.einsum("kab,nbp->nkap", first, weighted)
    p = -np.einsum("nap,nkaq->kpq", weighted, moved)
    rooted = np.einsum("nab,nkbp->nakp", point.roots[layout.pattern], moved)
    gram = rooted.reshape(-1, count * columns)
    q = (gram.T @ gram).reshape(count, columns, count, columns).transpose(0, 2, 1, 3)
    people = np.bincount(layout.pattern, minlength=len(layout.patterns))
    turned = np.einsum("sab,kbc->skac", point.inverse, first)
    traces = np.einsum("s,skaa->k", people, turned)
    squares = np.einsum("s,skab,slba->kl", people, turned, turned)
    phi_p = np.einsum("pq,kqr->kpr", point.phi, p)
    gone = np.einsum("kpp->k", phi_p) if reml else np.zeros(count)
    expected = squares.copy()
    if reml:
        expected += np.einsum("kpq,lqp->kl", phi_p, phi_p)
        expected -= 2 * np.einsum("pq,klqp->kl", point.phi, q)
    steps = np.einsum("kab,nb->nka", first, pulled)
    lever = np.einsum("nap,nka->kp", weighted, steps)
    pushed = np.einsum("nab,nkb->nka", point.roots[layout.pattern], steps)
    curvature = np.einsum("nka,nla->kl", pushed, pushed) - lever @ point.phi @ lever.T
    gradient = traces + gone - np.einsum("na,nka->k", pulled, steps)
    observed = 2 * curvature - expected
    r = None
    if second is not None:
        r = np.einsum("nap,klab,nbq->klpq", weighted, second, weighted, optimize=True)
        observed += np.einsum("s,sab,klba->kl", people, point.inverse, second, optimize=True)
        observed -= np.einsum("na,klab,nb->kl", pulled, second, pulled, optimize=True)
        if reml:
            observed -= np.einsum("pq,klqp->kl", point.phi, r)
    return Derivatives(gradient, observed, expected, p, q, r)
