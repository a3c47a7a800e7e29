"""Incremental mixture importance sampling of the parameters.

The first sample is from a broad distribution about the mode; then, again and again, one from a normal about the draw with the
largest weight, until the weights are even enough. A draw weighs its posterior over the mixture of all that was sampled from.

Source: Raftery AE, Bao L. Estimating and projecting trends in HIV/AIDS generalized epidemics using incremental mixture importance
sampling. Biometrics 2010;66:1162, doi:10.1111/j.1541-0420.2010.01399.x.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, logsumexp

from speciosa.care.stepping.arrays import Floats

_DEGREES = 10.0


@dataclass(frozen=True)
class Sample:
    """Weighted draws.

    Attributes:
        z: the draws, ``(size, numbers)``.
        weight: of each, of sum 1.
        rounds: of the sampling.
    """

    z: Floats
    weight: Floats
    rounds: int

    @property
    def effective(self) -> float:
        """Effective number of draws, one over the sum of squared weights."""
        return float(1.0 / (self.weight**2).sum())

    def resampled(self, many: int, rng: np.random.Generator) -> Floats:
        """Draws of equal weight, each drawn once where the weights allow."""
        places = (np.arange(many) + rng.random()) / many
        which = np.searchsorted(np.cumsum(self.weight), places).clip(max=len(self.z) - 1)
        found: Floats = self.z[rng.permutation(which)]
        return found


def sample(
    log_posterior: Callable[[Floats], Floats],
    mode: Floats,
    covariance: Floats,
    *,
    rng: np.random.Generator,
    first: int = 60_000,
    more: int = 4_000,
    rounds: int = 30,
    effective: float = 2_000.0,
) -> Sample:
    """Samples a posterior.

    Args:
        log_posterior: up to a constant, of many draws at once.
        mode: of it.
        covariance: about the mode.
        rng: random numbers.
        first: draws of the first round, from a t distribution about the mode.
        more: draws of each further round.
        rounds: at most.
        effective: at how many effective draws to stop.

    Example:
        >>> normal = lambda z: -0.5 * ((z - 1.0) ** 2).sum(axis=1)
        >>> found = sample(normal, np.ones(2), np.eye(2), rng=np.random.default_rng(1))
        >>> abs(float(found.weight @ found.z[:, 0]) - 1.0) < 0.05, found.effective > 2000
        (True, True)
    """
    parts = [(mode, 1.1 * covariance, first)]
    z = _drawn(*parts[0], rng)
    value = log_posterior(z)
    densities = [_density(z, mode, parts[0][1])]
    for round_ in range(1, rounds + 1):
        sizes = np.log([size / len(z) for _, _, size in parts])
        log_weight = value - logsumexp(np.array(densities) + sizes[:, None], axis=0)
        weight = np.exp(log_weight - logsumexp(log_weight))
        found = Sample(z, weight, round_)
        if found.effective >= effective:
            break
        best = z[np.argmax(weight)]
        away = z - best
        near = np.argsort((away @ np.linalg.inv(covariance) * away).sum(axis=1))[:more]
        about = np.cov(z[near].T, aweights=weight[near] + 1.0 / len(z))
        parts.append((best, 0.5 * about + 0.5 * covariance, more))
        fresh = _drawn(*parts[-1], rng)
        densities = [
            np.concatenate([old, _density(fresh, m, c)])
            for old, (m, c, _) in zip(densities, parts[:-1], strict=True)
        ]
        z, value = np.concatenate([z, fresh]), np.concatenate([value, log_posterior(fresh)])
        densities.append(_density(z, parts[-1][0], parts[-1][1]))
    return found


def _drawn(mean: Floats, covariance: Floats, many: int, rng: np.random.Generator) -> Floats:
    """Of a multivariate t distribution."""
    root = np.linalg.cholesky(covariance)
    scale = np.sqrt(_DEGREES / rng.chisquare(_DEGREES, size=(many, 1)))
    found: Floats = mean + scale * (rng.standard_normal((many, len(mean))) @ root.T)
    return found


def _density(z: Floats, mean: Floats, covariance: Floats) -> Floats:
    """Log density of the same, with its constant."""
    root = np.linalg.cholesky(covariance)
    away = np.linalg.solve(root, (z - mean).T)
    n = len(mean)
    constant = (
        gammaln((_DEGREES + n) / 2.0) - gammaln(_DEGREES / 2.0) - 0.5 * n * np.log(_DEGREES * np.pi)
    )
    found: Floats = (
        constant
        - np.log(np.diag(root)).sum()
        - (_DEGREES + n) / 2.0 * np.log1p((away**2).sum(axis=0) / _DEGREES)
    )
    return found
