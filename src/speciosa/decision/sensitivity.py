"""Which uncertain parameters drive a difference: partial rank correlation on the draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

_DRAWS_A_PARAMETER = 3


@dataclass(frozen=True)
class Driver:
    """One parameter's partial rank correlation with an outcome.

    Attributes:
        parameter: name.
        correlation: from -1 to 1, the other parameters held.
        low: lower end of the 90% interval (Fisher's z).
        high: upper end.
        stands_out: whether a correlation so strong is unlikely (1 in 10) to be the strongest by chance, with as many
            parameters as were tried.
    """

    parameter: str
    correlation: float
    low: float
    high: float
    stands_out: bool


def partial_rank_correlation(
    names: Sequence[str], parameters: ArrayLike, outcome: ArrayLike, *, most: int = 12
) -> list[Driver]:
    r"""Partial rank correlation of each parameter with an outcome, strongest first.

    The partial correlation follows from the inverse :math:`P` of the rank correlation matrix,
    :math:`r_j = -P_{jy} / \sqrt{P_{jj} P_{yy}}`. With fewer than three draws a parameter the others cannot be held; then
    it is the rank correlation itself, which for parameters drawn independently asks the same.

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
    columns = np.column_stack([table[:, varying], result])
    ranks = pl.DataFrame(columns, orient="row").select(pl.all().rank())
    correlation = np.atleast_2d(np.corrcoef(ranks.to_numpy(), rowvar=False))
    partial, df = correlation[:-1, -1], count - 2
    if count >= _DRAWS_A_PARAMETER * len(kept):
        precision = np.linalg.pinv(correlation)
        scale = np.sqrt(np.diag(precision))
        df -= len(kept) - 1
        partial = -precision[:-1, -1] / (scale[:-1] * scale[-1])
    partial = np.clip(partial, -1 + 1e-12, 1 - 1e-12)
    half = ndtri(0.95) / np.sqrt(count - 3)
    limit = stdtrit(df, 1 - 0.05 / len(kept))
    chance = limit / np.sqrt(df + limit**2)
    drivers = [
        Driver(
            name,
            float(r),
            float(np.tanh(np.arctanh(r) - half)),
            float(np.tanh(np.arctanh(r) + half)),
            bool(abs(r) > chance),
        )
        for name, r in zip(kept, partial, strict=True)
    ]
    return sorted(drivers, key=lambda driver: -abs(driver.correlation))[:most]
