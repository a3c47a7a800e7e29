r"""Standard errors and degrees of freedom of contrasts of the coefficients.

Satterthwaite: :math:`\nu = 2 (c^T\Phi c)^2 / (g^T W g)`, g the gradient of :math:`c^T\Phi c` by the parameters of the
covariance and W their covariance. Kenward and Roger's scaled F test of one contrast has the same :math:`\nu` and scale 1, and
adjusts the standard error. W is the inverse of the observed information, as in SAS PROC MIXED,
whose numbers the tests hold; the paper takes the expected.

Sources: Satterthwaite FE. Biometrics Bull 1946;2:110 (doi:10.2307/3002019); Giesbrecht FG, Burns JC. Biometrics 1985;41:477
(doi:10.2307/2530872); Kenward MG, Roger JH. Biometrics 1997;53:983 (doi:10.2307/2533558).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from speciosa.trials.repeated.fitting import Estimated

Array = NDArray[np.float64]
DF_METHODS = ("satterthwaite", "kenward-roger")


@dataclass(frozen=True, slots=True)
class Contrast:
    """A combination of coefficients, with its two-sided test against 0 and 95% interval."""

    estimate: float
    se: float
    df: float
    t: float
    p: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Inference:
    """What contrasts need of a fit.

    Attributes:
        beta: coefficients.
        phi: their covariance.
        shown: the covariance that standard errors are taken from: phi, or Kenward and Roger's.
        slopes: of phi by the parameters of the covariance of visits.
        spread: covariance W of these parameters.
    """

    beta: Array
    phi: Array
    shown: Array
    slopes: Array
    spread: Array

    def of(self, weights: Array) -> Contrast:
        """One contrast."""
        estimate, variance = float(weights @ self.beta), float(weights @ self.phi @ weights)
        se = float(np.sqrt(weights @ self.shown @ weights))
        gradient = np.einsum("p,kpq,q->k", weights, self.slopes, weights)
        df = 2 * variance**2 / float(gradient @ self.spread @ gradient)
        t, reach = estimate / se, float(stdtrit(df, 0.975)) * se
        p = float(2 * stdtr(df, -abs(t)))
        return Contrast(estimate, se, df, t, p, estimate - reach, estimate + reach)


def inference(fit: Estimated, df_method: str) -> Inference:
    """Prepares contrasts of a fit by one of `DF_METHODS`."""
    phi, slopes = fit.point.phi, fit.slopes
    spread = np.asarray(2 * np.linalg.inv(slopes.observed), dtype=np.float64)
    steps = -phi @ slopes.p @ phi
    shown = phi
    if df_method == "kenward-roger":
        inner = slopes.q - np.einsum("kpq,qr,lrs->klps", slopes.p, phi, slopes.p, optimize=True)
        if slopes.r is not None:
            inner = inner - slopes.r / 4
        shown = phi + 2 * phi @ np.einsum("kl,klpq->pq", spread, inner) @ phi
    return Inference(fit.point.beta, phi, shown, steps, spread)
