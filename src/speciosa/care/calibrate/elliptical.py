"""Elliptical slice sampling of the parameters, many chains side by side.

With $p$ the posterior and $N(m,C)$ a normal about its mode, the ratio $L=p/N$ is what a slice is taken of: a point moves on an
ellipse through itself and a draw of the normal to where $L$ is above a level drawn below its own. There is no step to tune and
no weight to degenerate; where the posterior is the normal, every move is a new draw.

Sources: Murray I, Adams RP, MacKay DJC. Elliptical slice sampling. AISTATS 2010 (JMLR W&CP 9:541), arXiv:1001.0175; with a normal
that is fitted, Nishihara R, Murray I, Adams RP. Parallel MCMC with generalized elliptical slice sampling. JMLR 2014;15:2087.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from speciosa.care.stepping.arrays import Floats

_MOST_SHRINKS = 60
_FITTED = 4


@dataclass(frozen=True)
class Sample:
    """Draws of equal weight.

    Attributes:
        z: the draws, ``(chains, moves, numbers)``.
    """

    z: Floats

    @property
    def pooled(self) -> Floats:
        """All draws, ``(size, numbers)``."""
        return self.z.reshape(-1, self.z.shape[2])

    @property
    def effective(self) -> float:
        """Effective number of draws of the number that mixes worst: variance over the variance of a chain's mean, times chains."""
        chains = len(self.z)
        means = self.z.mean(axis=1).var(axis=0, ddof=1)
        found = chains * self.pooled.var(axis=0, ddof=1) / means
        return float(min(found.min(), chains * self.z.shape[1]))

    @property
    def mixed(self) -> float:
        """Largest potential scale reduction of a number, the chains' halves apart; 1 where they agree."""
        half = self.z.shape[1] // 2
        parts = np.concatenate([self.z[:, :half], self.z[:, half : 2 * half]])
        within = parts.var(axis=1, ddof=1).mean(axis=0)
        between = parts.mean(axis=1).var(axis=0, ddof=1)
        return float(np.sqrt((half - 1) / half + between / within).max())

    def resampled(self, many: int, rng: np.random.Generator) -> Floats:
        """Draws at the ends of as many chains."""
        found: Floats = self.z[rng.permutation(len(self.z))[:many], -1]
        return found


def sample(
    log_posterior: Callable[[Floats], Floats],
    mode: Floats,
    covariance: Floats,
    *,
    rng: np.random.Generator,
    chains: int = 400,
    moves: int = 800,
    before: int = 60,
) -> Sample:
    """Samples a posterior.

    Args:
        log_posterior: up to a constant, of many draws at once.
        mode: of it.
        covariance: about the mode.
        rng: random numbers.
        chains: side by side.
        moves: of each that are kept.
        before: moves before each of the fits of the normal to the chains, which come before them.

    Example:
        >>> normal = lambda z: -0.5 * ((z - 1.0) ** 2).sum(axis=1)
        >>> few = dict(rng=np.random.default_rng(1), chains=50, moves=60)
        >>> found = sample(normal, np.zeros(2), 2.0 * np.eye(2), **few)
        >>> abs(float(found.pooled.mean()) - 1.0) < 0.1, found.effective > 500, found.mixed < 1.1
        (True, True, True)
    """
    at = mode + rng.standard_normal((chains, len(mode))) @ np.linalg.cholesky(covariance).T
    for _ in range(_FITTED):
        kept = _chains(log_posterior, at, mode, covariance, before, rng)
        late = kept[:, before // 2 :].reshape(-1, len(mode))
        at, mode, covariance = kept[:, -1], late.mean(axis=0), np.cov(late.T)
    return Sample(_chains(log_posterior, at, mode, covariance, moves, rng))


def _chains(
    log_posterior: Callable[[Floats], Floats],
    at: Floats,
    mean: Floats,
    covariance: Floats,
    moves: int,
    rng: np.random.Generator,
) -> Floats:
    """Moves of all chains with one normal, ``(chains, moves, numbers)``."""
    root = np.asarray(np.linalg.cholesky(covariance), dtype=float)
    inverse = np.linalg.inv(root)

    def ratio(away: Floats) -> Floats:
        """Log of the posterior over the normal, at distances from its mean."""
        unit = away @ inverse.T
        found: Floats = log_posterior(mean + away) + 0.5 * (unit**2).sum(axis=1)
        return found

    away = at - mean
    here = ratio(away)
    kept = np.empty((len(at), moves, len(mean)))
    for move in range(moves):
        away, here = _moved(away, here, ratio, root, rng)
        kept[:, move] = mean + away
    return kept


def _moved(
    at: Floats,
    here: Floats,
    ratio: Callable[[Floats], Floats],
    root: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """One move of every chain."""
    chains = len(at)
    other = rng.standard_normal(at.shape) @ root.T
    level = here + np.log(rng.random(chains))
    angle = 2.0 * np.pi * rng.random(chains)
    low, high = angle - 2.0 * np.pi, angle.copy()
    new, value = at.copy(), here.copy()
    left = np.arange(chains)
    for _ in range(_MOST_SHRINKS):
        a = angle[left, None]
        tried = np.cos(a) * at[left] + np.sin(a) * other[left]
        found = ratio(tried)
        good = found > level[left]
        new[left[good]], value[left[good]] = tried[good], found[good]
        left = left[~good]
        if not len(left):
            break
        negative = angle[left] < 0.0
        low[left] = np.where(negative, angle[left], low[left])
        high[left] = np.where(negative, high[left], angle[left])
        angle[left] = low[left] + (high[left] - low[left]) * rng.random(len(left))
    return new, value
