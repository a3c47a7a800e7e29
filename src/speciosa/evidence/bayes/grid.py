"""The posterior of heterogeneity (tau) and spread within classes (omega) on a grid."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_simpson
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtri

from speciosa.evidence.bayes.priors import TauPrior
from speciosa.evidence.network.designs import Parameters, prior_precision
from speciosa.evidence.network.tau2 import normal_equations

Vector = NDArray[np.float64]
TAU_POINTS, CLASS_POINTS = 401, 61
SEARCH = 60
# Log density below its top that no longer counts: exp(-32) of the peak.
NEGLIGIBLE = 32.0
# A grid point of less than this share of the heaviest is left out of the mixture.
DROPPED = 1e-9


@dataclass(frozen=True)
class Grid:
    """A mixture of normals, one component a grid point.

    Attributes:
        weight: posterior weight, shape ``(g,)``, sums to 1.
        tau: heterogeneity standard deviation at each point.
        omega: spread within a class at each point.
        beta: posterior mean of the parameters given the point, shape ``(g, p)``.
        covariance: their covariance, shape ``(g, p, p)``.
        prior_precision: shape ``(g, p, p)``.
        tau_axis, tau_mass: the whole grid of tau and its marginal weights.
        omega_axis, omega_mass: the same of omega.

    Points of negligible weight are left out of the mixture, not of the axes.
    """

    weight: Vector
    tau: Vector
    omega: Vector
    beta: NDArray[np.float64]
    covariance: NDArray[np.float64]
    prior_precision: NDArray[np.float64]
    tau_axis: Vector
    tau_mass: Vector
    omega_axis: Vector
    omega_mass: Vector

    @property
    def tau2_mean(self) -> float:
        """Posterior mean of the heterogeneity variance."""
        return float(self.weight @ self.tau**2)

    def tau_summary(self, level: float) -> dict[str, float]:
        """Mean, sd, median, quartiles and interval of tau."""
        return _summary(self.tau_axis, self.tau_mass, level)

    def omega_summary(self, level: float) -> dict[str, float]:
        """Mean, sd, median, quartiles and interval of omega."""
        return _summary(self.omega_axis, self.omega_mass, level)

    def draws(self, log2_count: int, seed: int) -> NDArray[np.float64]:
        """Joint draws of the parameters, shape ``(2^log2_count, p)``."""
        from scipy.stats import qmc

        size = self.beta.shape[1]
        uniform = qmc.Sobol(size + 1, rng=np.random.default_rng(seed)).random_base2(log2_count)
        point = np.searchsorted(np.cumsum(self.weight), uniform[:, 0] * self.weight.sum())
        point = np.minimum(point, len(self.weight) - 1)
        standard = ndtri(np.clip(uniform[:, 1:], 1e-12, 1 - 1e-12))
        factor = np.linalg.cholesky(self.covariance)
        moved = np.einsum("nij,nj->ni", factor[point], standard)
        return np.asarray(self.beta[point] + moved, dtype=float)


def _summary(points: Vector, mass: Vector, level: float) -> dict[str, float]:
    """Moments and quantiles of a variable on evenly spaced points."""
    mean = float(mass @ points)
    sd = max(float(mass @ (points - mean) ** 2), 0.0) ** 0.5
    tails = np.array([0.5, (1 - level) / 2, (1 + level) / 2, 0.25, 0.75])
    if len(points) == 1:
        median = low = high = q25 = q75 = float(points[0])
    else:
        # Simpson's weights alternate, so the density is recovered before it is summed up again.
        density = mass / simpson_weights(len(points))
        area = np.asarray(cumulative_simpson(density, x=points, initial=0.0), dtype=float)
        total = np.maximum.accumulate(area / area[-1])
        keep = np.concatenate([[True], np.diff(total) > 0])
        found = PchipInterpolator(total[keep], points[keep])(tails)
        median, low, high, q25, q75 = found.tolist()
    return {
        "mean": mean,
        "sd": sd,
        "median": median,
        "low": low,
        "high": high,
        "q25": q25,
        "q75": q75,
    }


def simpson_weights(count: int) -> Vector:
    """Weights 1, 4, 2, 4, ..., 1 of Simpson's rule for an odd number of points.

    Example:
        >>> simpson_weights(5).tolist()
        [1.0, 4.0, 2.0, 4.0, 1.0]
    """
    if count == 1:
        return np.ones(1)
    weights = np.full(count, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return weights


def posterior_grid(
    setup: Parameters, effect_sd: float, tau_prior: TauPrior | None, omega_sd: float
) -> Grid:
    """The posterior mixture.

    Args:
        setup: parameters and observations.
        effect_sd: prior standard deviation of effects.
        tau_prior: prior of tau; None fixes tau at 0.
        omega_sd: scale of omega's half-normal prior, used where there are classes.
    """
    taus, omegas = np.zeros(1), np.zeros(1)
    if setup.classes:
        omegas = _even(
            lambda x: _best_over_tau(setup, effect_sd, tau_prior, omega_sd, x),
            omega_sd,
            CLASS_POINTS,
            1e-3,
        )
    if tau_prior is not None:
        some = omegas[:: max(1, len(omegas) // 8)]
        taus = _even(
            lambda x: np.max(
                [_log_posterior(setup, effect_sd, tau_prior, omega_sd, x, w)[0] for w in some],
                axis=0,
            ),
            tau_prior.reach,
            TAU_POINTS if len(omegas) == 1 else CLASS_POINTS,
            0.0,
        )
    parts = [_log_posterior(setup, effect_sd, tau_prior, omega_sd, taus, omega) for omega in omegas]
    log = np.array([part[0] for part in parts])
    weight = np.exp(log - log.max())
    weight *= np.outer(simpson_weights(len(omegas)), simpson_weights(len(taus)))
    weight /= weight.sum()
    precision = np.array([prior_precision(setup, effect_sd, omega)[0] for omega in omegas])
    kept = weight.ravel() > DROPPED * weight.max()
    mixture = weight.ravel()[kept]
    return Grid(
        mixture / mixture.sum(),
        np.tile(taus, len(omegas))[kept],
        np.repeat(omegas, len(taus))[kept],
        np.concatenate([part[1] for part in parts])[kept],
        np.linalg.inv(np.concatenate([part[2] for part in parts])[kept]),
        np.repeat(precision, len(taus), axis=0)[kept],
        taus,
        weight.sum(axis=0),
        omegas,
        weight.sum(axis=1),
    )


def _best_over_tau(
    setup: Parameters, effect_sd: float, tau_prior: TauPrior | None, omega_sd: float, omegas: Vector
) -> Vector:
    taus = (
        np.concatenate([[0.0], np.geomspace(1e-3, 4, SEARCH) * tau_prior.reach])
        if tau_prior is not None
        else np.zeros(1)
    )
    best = [_log_posterior(setup, effect_sd, tau_prior, omega_sd, taus, w)[0].max() for w in omegas]
    return np.array(best)


def _even(
    log_density: Callable[[Vector], Vector], scale: float, points: int, least: float
) -> Vector:
    """Evenly spaced points over the range where a density counts; `least` times the scale is the lowest."""
    coarse = np.concatenate([[least], np.geomspace(max(least, 1e-5) * 1.01, 9.0, SEARCH)]) * scale
    value = log_density(coarse)
    counts = np.flatnonzero(value > value.max() - NEGLIGIBLE)
    low, high = coarse[max(counts[0] - 1, 0)], coarse[min(counts[-1] + 1, len(coarse) - 1)]
    return np.linspace(low, high, points)


def _log_posterior(
    setup: Parameters,
    effect_sd: float,
    tau_prior: TauPrior | None,
    omega_sd: float,
    taus: Vector,
    omega: float,
) -> tuple[Vector, NDArray[np.float64], NDArray[np.float64]]:
    """Log posterior density of (tau, omega) up to a constant, with estimates and information given each tau."""
    data = setup.data
    precision, log_determinant = prior_precision(setup, effect_sd, omega)
    beta, information = normal_equations(data, taus**2, precision[None])
    variance = data.spread[None, :] + taus[:, None] ** 2
    fitted = beta @ data.design.T
    residual = ((data.y - fitted) ** 2 / variance).sum(axis=1)
    penalty = np.einsum("gi,ij,gj->g", beta, precision, beta)
    log = -0.5 * (
        np.log(variance).sum(axis=1) + np.linalg.slogdet(information)[1] + residual + penalty
    )
    log += 0.5 * log_determinant
    if tau_prior is not None:
        log = log + tau_prior.log_density(taus)
    if setup.classes:
        log = log - 0.5 * (omega / omega_sd) ** 2
    return log, beta, information
