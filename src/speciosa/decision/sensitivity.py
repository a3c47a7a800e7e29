"""Which uncertain parameters drive a difference: partial rank correlation on the draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm, rankdata


@dataclass(frozen=True)
class Driver:
    """One parameter's partial rank correlation with an outcome.

    Attributes:
        parameter: name.
        correlation: from -1 to 1, the other parameters held.
        low: lower end of the 90% interval (Fisher's z).
        high: upper end.
    """

    parameter: str
    correlation: float
    low: float
    high: float


def partial_rank_correlation(
    names: Sequence[str], parameters: ArrayLike, outcome: ArrayLike, *, most: int = 12
) -> list[Driver]:
    r"""Partial rank correlation of each parameter with an outcome, strongest first.

    Ranks of all columns are regressed on one another with a small ridge (so that more parameters than draws still give
    an answer, shrunk to 0); the partial correlation follows from the inverse :math:`P` of the correlation matrix,
    :math:`r_j = -P_{jy} / \sqrt{P_{jj} P_{yy}}`.

    Args:
        names: of the parameters.
        parameters: shape ``(draws, parameters)``.
        outcome: shape ``(draws,)``.
        most: how many to return.

    References:
        Marino et al. 2008, Journal of Theoretical Biology 254:178-196, doi:10.1016/j.jtbi.2008.04.011.

    Example:
        >>> draws = np.random.default_rng(1).standard_normal((200, 2))
        >>> [d.parameter for d in partial_rank_correlation(["a", "b"], draws, draws[:, 1] ** 3)]
        ['b', 'a']
    """
    table, result = np.asarray(parameters, dtype=float), np.asarray(outcome, dtype=float)
    varying = np.ptp(table, axis=0) > 0
    kept = [name for name, varies in zip(names, varying, strict=True) if varies]
    count = len(result)
    if not kept or count < 10 or np.ptp(result) == 0:
        return []
    ranks = rankdata(np.column_stack([table[:, varying], result]), axis=0)
    correlation = np.corrcoef(ranks, rowvar=False)
    ridge = max(1e-6, len(kept) / count * 0.1)
    precision = np.linalg.inv((1 - ridge) * correlation + ridge * np.eye(len(kept) + 1))
    scale = np.sqrt(np.diag(precision))
    partial = np.clip(-precision[:-1, -1] / (scale[:-1] * scale[-1]), -1 + 1e-12, 1 - 1e-12)
    half = norm.ppf(0.95) / np.sqrt(max(4, count - min(len(kept), count - 4) - 3))
    drivers = [
        Driver(
            name,
            float(r),
            float(np.tanh(np.arctanh(r) - half)),
            float(np.tanh(np.arctanh(r) + half)),
        )
        for name, r in zip(kept, partial, strict=True)
    ]
    return sorted(drivers, key=lambda driver: -abs(driver.correlation))[:most]
