r"""Linear mixed models with known errors: what studies estimate together, each with effects of its own.

.. math:: y_i = X_i \beta + X_i b_i + e_i, \quad b_i \sim N(0, \Psi), \quad e_i \sim N(0, S_i)

with :math:`S_i` known (Crippa 2019, doi:10.1177/0962280218773122; in two stages Gasparrini 2012, doi:10.1002/sim.5471). The
(restricted) likelihood is maximised over the Cholesky factor of :math:`\Psi`, with its gradient in closed form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats

Estimator = Literal["fixed", "ML", "REML"]
# A variance this far below the largest is 0 for all that the digits of the likelihood can tell.
NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Block:
    """One study: estimates ``(m,)``, their design ``(m, p)`` and their covariance ``(m, m)``."""

    y: Floats
    design: Floats
    covariance: Floats


@dataclass(frozen=True)
class Mixed:
    """A fitted model.

    Attributes:
        beta, covariance: the mean curve, shapes ``(p,)`` and ``(p, p)``.
        psi: covariance of the studies' own curves, shape ``(p, p)``; 0 for fixed effects.
        log_likelihood: restricted for REML.
    """

    beta: Floats
    covariance: Floats
    psi: Floats
    log_likelihood: float


def fit(blocks: Sequence[Block], estimator: Estimator = "REML") -> Mixed:
    """Fits the model to studies.

    Raises:
        EvidenceError: the studies together do not tell the coefficients apart.

    Example:
        >>> two = [Block(np.array([value]), np.ones((1, 1)), np.eye(1)) for value in (1.0, 3.0)]
        >>> fit(two, "fixed").beta.tolist(), fit(two).psi.round(6).tolist()
        ([2.0], [[1.0]])
    """
    size = blocks[0].design.shape[1]
    stacked = np.vstack([block.design for block in blocks])
    scale = np.sqrt((stacked**2).mean(axis=0))
    if np.linalg.matrix_rank(stacked / np.where(scale > 0, scale, 1.0)) < size:
        raise EvidenceError(
            Fault("doses", f"enough different doses for {size} coefficients", "too few",
                  "A line needs the fewest.")
        )  # fmt: skip
    scaled = [Block(b.y, b.design / scale, b.covariance) for b in blocks]
    if estimator == "fixed" or len(blocks) == 1:
        psi = np.zeros((size, size))
    else:
        psi = _psi(scaled, size, estimator == "REML")
    beta, covariance = _generalised(scaled, psi)
    value = -_objective(scaled, psi, estimator == "REML" and len(blocks) > 1)[0]
    if estimator == "REML" and len(blocks) > 1:
        value -= float(
            np.log(scale).sum()
        )  # the determinant of the design is that of doses as given
        value += 0.5 * float(np.linalg.slogdet(stacked.T @ stacked)[1])
    return Mixed(
        beta / scale,
        covariance / np.outer(scale, scale),
        psi / np.outer(scale, scale),
        value,
    )


def _generalised(blocks: Sequence[Block], psi: Floats) -> tuple[Floats, Floats]:
    """Generalised least squares at a given covariance of curves."""
    size = len(psi)
    information, moment = np.zeros((size, size)), np.zeros(size)
    for block in blocks:
        inverse = np.linalg.inv(block.covariance + block.design @ psi @ block.design.T)
        information += block.design.T @ inverse @ block.design
        moment += block.design.T @ inverse @ block.y
    covariance = np.linalg.inv(information)
    return np.asarray(covariance @ moment), np.asarray(covariance, dtype=float)


def _objective(blocks: Sequence[Block], psi: Floats, restricted: bool) -> tuple[float, Floats]:
    """Minus the log-likelihood, and its derivative in the covariance of curves."""
    beta, covariance = _generalised(blocks, psi)
    size = len(psi)
    value, slope, count = 0.0, np.zeros((size, size)), 0
    for block in blocks:
        inverse = np.linalg.inv(block.covariance + block.design @ psi @ block.design.T)
        residual = inverse @ (block.y - block.design @ beta)
        value += 0.5 * float((block.y - block.design @ beta) @ residual)
        value -= 0.5 * float(np.linalg.slogdet(inverse)[1])
        inner = block.design.T @ inverse @ block.design
        slope += 0.5 * inner - 0.5 * np.outer(block.design.T @ residual, block.design.T @ residual)
        if restricted:
            slope -= 0.5 * inner @ covariance @ inner
        count += len(block.y)
    if restricted:
        value -= 0.5 * float(np.linalg.slogdet(covariance)[1])
        count -= size
    return value + 0.5 * count * float(np.log(2 * np.pi)), slope


def _psi(blocks: Sequence[Block], size: int, restricted: bool) -> Floats:
    """The covariance of curves with the largest likelihood, from several starts."""
    lower = np.tril_indices(size)

    def negative(values: Floats) -> tuple[float, Floats]:
        factor = np.zeros((size, size))
        factor[lower] = values
        value, slope = _objective(blocks, factor @ factor.T, restricted)
        return value, (2 * slope @ factor)[lower]

    typical = np.sqrt(np.median([np.trace(b.covariance) / len(b.y) for b in blocks]))
    best = None
    for start in (1.0, 0.2, 3.0):
        values = (np.eye(size) * start * typical)[lower]
        found = minimize(
            negative, values, jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 500}
        )
        if best is None or found.fun < best.fun - 1e-10:
            best = found
    assert best is not None
    factor = np.zeros((size, size))
    factor[lower] = best.x
    psi = factor @ factor.T
    return np.where(np.abs(psi) < NEGLIGIBLE * np.abs(psi).max(), 0.0, psi) if psi.any() else psi
