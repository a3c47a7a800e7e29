"""The Bayesian random-effects model by quadrature: exact, fast, no sampling.

``y_i ~ N(theta_i, v_i)``, ``theta_i ~ N(mu, tau^2)``, ``mu`` normal or flat, ``tau`` with a stated prior. Given tau,
everything is normal in closed form; the posterior is a mixture of these normals over tau, integrated by a fixed rule
(Roever 2020, doi:10.18637/jss.v093.i06, describes the model; the computation here is its own).
"""

from dataclasses import dataclass

import numpy as np

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.bayes.posterior import Mixture, TauPosterior
from speciosa.evidence.bayes.priors import TauPrior
from speciosa.evidence.bayes.quadrature import tau_rule
from speciosa.evidence.effects.measures import Floats

_ALL = 99


@dataclass(frozen=True, eq=False, slots=True)
class BayesianMetaAnalysis:
    """Posteriors of the pooled effect, of a new study's true effect, of tau and of each study.

    Attributes:
        tau: between-study standard deviation.
        mu: mean of the true effects.
        new: true effect of a new study.
        effects: true effects of the studies, in their order.
        prior: the priors in words.
    """

    tau: TauPosterior
    mu: Mixture
    new: Mixture
    effects: tuple[Mixture, ...]
    prior: str


def bayesian_meta_analysis(
    values: Floats,
    variances: Floats,
    *,
    tau_prior: TauPrior,
    mu_prior: tuple[float, float] | None = None,
) -> BayesianMetaAnalysis:
    """Posterior of the normal-normal model.

    Args:
        values: effects, shape ``(k,)``.
        variances: sampling variances, above 0.
        tau_prior: prior of tau.
        mu_prior: mean and standard deviation of the normal prior of mu; None is flat.

    Raises:
        EvidenceError: a flat prior of tau with fewer than 3 studies: the posterior has no integral.

    Example:
        >>> y, v = np.array([0.1, 0.3, 0.2]), np.full(3, 0.01)
        >>> found = bayesian_meta_analysis(y, v, tau_prior=TauPrior("half-normal", 0.5))
        >>> round(found.mu.mean(), 6)
        0.2
    """
    y, v = np.asarray(values, dtype=float), np.asarray(variances, dtype=float)
    flat = tau_prior.family == "uniform"
    if flat and len(y) < 3:
        raise EvidenceError(
            Fault("prior of tau", "a proper prior for fewer than 3 studies", "flat")
        )
    centre, precision = (0.0, 0.0) if mu_prior is None else (mu_prior[0], mu_prior[1] ** -2.0)

    def parts(tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Log marginal likelihood, mean and precision of mu, at each tau."""
        w = 1 / (v + tau[:, None] ** 2)
        total = w.sum(axis=1) + precision
        mean = ((w * y).sum(axis=1) + precision * centre) / total
        rss = (w * (y - mean[:, None]) ** 2).sum(axis=1) + precision * (mean - centre) ** 2
        return 0.5 * (np.log(w).sum(axis=1) - np.log(total) - rss), mean, total

    rule = tau_rule(_scale(y, v, tau_prior))
    peak = float(parts(rule.nodes)[0].max())

    def unnormalised(tau: Floats) -> Floats:
        return np.asarray(np.exp(parts(tau)[0] - peak) * tau_prior.density(tau))

    mass = rule.weights * unnormalised(rule.nodes)
    total = float(mass.sum())
    weights = mass / total
    _, mean, mu_precision = parts(rule.nodes)
    moments = _moments(tau_prior, len(y), mu_prior is None)
    spread = 1 / mu_precision
    effects = []
    for yi, vi in zip(y, v, strict=True):
        pull = rule.nodes**2 / (rule.nodes**2 + vi)
        sd = np.sqrt(pull * vi + (1 - pull) ** 2 * spread)
        effects.append(Mixture(weights, pull * yi + (1 - pull) * mean, sd, _ALL))
    return BayesianMetaAnalysis(
        tau=TauPosterior(rule, unnormalised, total, moments),
        mu=Mixture(weights, mean, np.sqrt(spread), moments if mu_prior is None else _ALL),
        new=Mixture(weights, mean, np.sqrt(spread + rule.nodes**2), moments),
        effects=tuple(effects),
        prior=f"{tau_prior}; mu "
        + ("flat" if mu_prior is None else f"normal({mu_prior[0]:g}, {mu_prior[1]:g})"),
    )


def _scale(y: Floats, v: Floats, prior: TauPrior) -> float:
    """A tau of the posterior's order of magnitude, between the data's and the prior's."""
    data = max(float(np.std(y)), float(np.sqrt(np.median(v))) / 2)
    return min(data, prior.scale) if prior.family != "uniform" else data


def _moments(prior: TauPrior, k: int, flat_mu: bool) -> int:
    """Order of the highest moment of tau that exists.

    The likelihood falls like tau^-(k-1) with a flat mu and tau^-k with a normal one; the prior's
    tail multiplies it.
    """
    order = k - 1 if flat_mu else k
    tail = {"uniform": order, "half-cauchy": order + 2, "log-t": order + 1}
    return tail[prior.family] - 2 if prior.family in tail else _ALL
