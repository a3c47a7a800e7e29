"""Covariance of the estimates: observed information R, products of scores S, and the sandwich of both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.evaluation import Evaluation

_STEP = 0.02
"""Of a coordinate, in its standard errors, for the differences of exact gradients that make R."""
_SINGULAR = 1e-10


@dataclass(frozen=True)
class Uncertainty:
    """What is known of how sure estimates are.

    Attributes:
        covariance: of the coordinates; None where it cannot be had.
        information: R, half the second derivatives of the objective; None where it was not asked for.
        condition: ratio of the largest eigenvalue of the correlations of the estimates to the smallest.
        why: what is wrong where there is no covariance.
        held: coordinates on a bound, of which it tells nothing.
        note: what is to be known of it.
    """

    covariance: Floats | None
    information: Floats | None
    condition: float
    why: str = ""
    held: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    note: str = ""


def information(gradient: Callable[[Floats], Floats], x: Floats, curvature: Floats) -> Floats:
    """R: half the second derivatives, by central differences of exact gradients.

    Args:
        gradient: of the objective.
        x: coordinates.
        curvature: second derivatives so far, from which steps are taken.
    """
    found = np.zeros((len(x), len(x)))
    for k in range(len(x)):
        step = _STEP / float(np.sqrt(max(0.5 * curvature[k, k], 1e-8)))
        step = min(step, 0.05)
        up, down = x.copy(), x.copy()
        up[k] += step
        down[k] -= step
        found[k] = (gradient(up) - gradient(down)) / (2 * step)
    return 0.25 * (found + found.T)


def uncertainty(
    kind: str,
    at: Evaluation,
    r: Floats | None,
    names: Sequence[str],
) -> Uncertainty:
    """The covariance of the coordinates.

    Args:
        kind: R, S or RSR (the sandwich R^-1 S R^-1, NONMEM's default).
        at: the evaluation at the estimates.
        r: R, where it is needed.
        names: of the coordinates, for messages.
    """
    scores = 0.5 * at.gradients
    s = scores.T @ scores
    if kind == "S":
        inverse, why = _inverted(s, names, "S, the sum of products of scores,")
        return Uncertainty(inverse, r, _condition(inverse), why)
    assert r is not None
    inverse, why = _inverted(r, names, "R, the observed information,")
    if inverse is None:
        return Uncertainty(None, r, np.inf, why)
    covariance = inverse if kind == "R" else inverse @ s @ inverse
    return Uncertainty(covariance, r, _condition(covariance))


def _inverted(matrix: Floats, names: Sequence[str], what: str) -> tuple[Floats | None, str]:
    """The inverse of a positive definite matrix; or what is not identified, by the eigenvector that shows it."""
    if not np.isfinite(matrix).all():
        return None, f"{what} is not finite."
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), 1e-300))
    roots, vectors = np.linalg.eigh(matrix * np.outer(scale, scale))
    if roots[0] > _SINGULAR * roots[-1]:
        return np.asarray(np.linalg.inv(matrix)), ""
    weights = vectors[:, 0] * scale
    weights /= np.abs(weights).max()
    order = np.argsort(-np.abs(vectors[:, 0]))[:4]
    told = ", ".join(f"{names[k]} {weights[k]:+.2f}" for k in order if abs(vectors[k, 0]) > 0.1)
    word = "is singular" if abs(roots[0]) <= _SINGULAR * roots[-1] else "is not positive definite"
    return None, f"{what} {word}: the data do not tell apart the direction {told}."


def _condition(covariance: Floats | None) -> float:
    if covariance is None:
        return np.inf
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all():
        return np.inf
    roots = np.linalg.eigvalsh(covariance / np.outer(scale, scale))
    return float(roots[-1] / roots[0]) if roots[0] > 0 else np.inf
