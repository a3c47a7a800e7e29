"""Ranks of treatments: P-scores in closed form, rank probabilities and SUCRA by simulation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr

from speciosa.evidence.network.data import Matrix

SmallValues = Literal["desirable", "undesirable"]


def p_scores(
    effect: Matrix, se: Matrix, small_values: SmallValues = "desirable"
) -> NDArray[np.float64]:
    """How sure we are on average that a treatment beats another, shape ``(n,)``.

    ``P_i`` is the mean over ``j`` of ``Phi((theta_i - theta_j) / se_ij)`` (Ruecker and Schwarzer 2015,
    doi:10.1186/s12874-015-0060-8), or of its complement where small values are desirable.

    Args:
        effect: row minus column, shape ``(n, n)``.
        se: standard errors, shape ``(n, n)``.
        small_values: whether a small value of the outcome is good.

    Example:
        >>> p_scores(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])).round(3).tolist()
        [0.159, 0.841]
    """
    count = len(effect)
    if count < 2:
        return np.ones(count)
    scaled = np.divide(effect, se, out=np.zeros_like(effect), where=se > 0)
    better = ndtr(-scaled if small_values == "desirable" else scaled)
    np.fill_diagonal(better, 0.0)
    result: NDArray[np.float64] = better.sum(axis=1) / (count - 1)
    return result


@dataclass(frozen=True)
class Ranks:
    """Probabilities of each rank (1 is best), shape ``(n, n)``: treatment by rank."""

    treatments: tuple[str, ...]
    probability: Matrix

    @property
    def sucra(self) -> NDArray[np.float64]:
        """Surface under the cumulative ranking curve, shape ``(n,)``."""
        cumulative = np.cumsum(self.probability, axis=1)[:, :-1]
        result: NDArray[np.float64] = cumulative.mean(axis=1) if cumulative.size else np.ones(1)
        return result

    def interval(self, level: float = 0.95) -> list[tuple[int, int]]:
        """The ranks that hold the central share `level` of each treatment's probability."""
        tail = (1 - level) / 2
        cumulative = np.cumsum(self.probability, axis=1)
        low = (cumulative > tail).argmax(axis=1) + 1
        high = (cumulative >= 1 - tail - 1e-12).argmax(axis=1) + 1
        return [(int(a), int(b)) for a, b in zip(low, high, strict=True)]

    def frame(self) -> pl.DataFrame:
        """One row a treatment and rank."""
        return pl.DataFrame(
            [
                {
                    "treatment": name,
                    "rank": rank + 1,
                    "probability": float(self.probability[row, rank]),
                }
                for row, name in enumerate(self.treatments)
                for rank in range(len(self.treatments))
            ]
        )


def rank_draws(draws: Matrix, treatments: tuple[str, ...], small_values: SmallValues) -> Ranks:
    """Rank probabilities from joint draws of the effects, shape ``(draws, n)``."""
    signed = draws if small_values == "desirable" else -draws
    order = np.argsort(np.argsort(signed, axis=1), axis=1)
    count = len(treatments)
    table = np.stack([(order == rank).mean(axis=0) for rank in range(count)], axis=1)
    return Ranks(treatments, table)


def rank_probabilities(
    effect: Matrix,
    covariance: Matrix,
    treatments: tuple[str, ...],
    small_values: SmallValues = "desirable",
    log2_draws: int = 15,
    seed: int = 1,
) -> Ranks:
    """Rank probabilities of estimates that are jointly normal, by a scrambled Sobol sequence.

    Args:
        effect: estimates relative to the first treatment, shape ``(n - 1,)``.
        covariance: their covariance, shape ``(n - 1, n - 1)``.
        treatments: names, the first being the one the estimates are relative to.
        small_values: whether a small value of the outcome is good.
        log2_draws: the logarithm of the number of draws to base 2.
        seed: seed of the scrambling.
    """
    # Loaded here: it takes a while and only rank probabilities need it.
    from scipy.stats import qmc

    normal = qmc.MultivariateNormalQMC(
        mean=effect, cov=(covariance + covariance.T) / 2, rng=np.random.default_rng(seed)
    )
    draws = np.zeros((2**log2_draws, len(treatments)))
    draws[:, 1:] = normal.random(2**log2_draws)
    return rank_draws(draws, treatments, small_values)
