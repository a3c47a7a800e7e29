"""What an analysis finds in each of many trials."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr, stdtrit

Array = NDArray[np.float64]
_SMALLEST = 1e-300


@dataclass(frozen=True)
class Found:
    """One comparison in each trial.

    Attributes:
        estimate: arm minus reference.
        low: of the interval of level 1 - 2 alpha.
        high: of it.
        z: one-sided evidence for the arm as a standard normal number; NaN where the analysis failed.
    """

    estimate: Array
    low: Array
    high: Array
    z: Array


def by_t(estimate: Array, se: Array, df: Array, better: int, margin: float, alpha: float) -> Found:
    """A comparison by Student's t.

    Args:
        estimate: arm minus reference.
        se: standard error.
        df: degrees of freedom; infinite for a normal.
        better: 1 where more is better, -1 where less is.
        margin: of non-inferiority; 0 for superiority.
        alpha: one-sided.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (better * estimate + margin) / se
        far = np.isinf(df)
        # from the tail, where small probabilities keep their digits
        tail = np.where(far, 0.0, stdtr(np.where(far, 1.0, df), -np.abs(t)))
        z = np.where(far, np.abs(t), -ndtri(np.maximum(tail, _SMALLEST))) * np.sign(t)
        reach = np.where(far, -ndtri(alpha), stdtrit(np.where(far, 1.0, df), 1 - alpha)) * se
    return Found(estimate, estimate - reach, estimate + reach, z)
