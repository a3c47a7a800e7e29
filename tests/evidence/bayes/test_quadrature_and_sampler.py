"""One model, two integrations: quadrature over tau against NUTS over every random effect.

The smoking network as contrasts with their covariance. Quadrature integrates effects and random effects in closed form;
the sampler draws all of them, so that the two share the data and the priors and nothing else.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.stats import norm
from tests.evidence.network_reference import network

from speciosa.evidence.bayes.binomial_sampling import Sampler, diagnose, sample
from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.network.gls import study_design

OTHERS = ("grp_counseling", "ind_counseling", "self_help")
EFFECT_SD, TAU_SD = 100.0, 5.0


class NormalModel:
    """Contrasts ~ N(X d + tau L z, S) with z ~ N(0, 1) and L L' 1 and 1/2 within a study; tau as its logarithm."""

    setup = SimpleNamespace(classes=())

    def __init__(self, evidence, reference):
        names = [reference, *(name for name in evidence.treatments if name != reference)]
        studies = evidence.studies
        self.y = np.concatenate([study.contrasts for study in studies])
        self.design = np.vstack([study_design(study, names)[:, 1:] for study in studies])
        self.precision = block_diag(*(np.linalg.inv(study.covariance) for study in studies))
        sizes = [len(study.treatments) - 1 for study in studies]
        self.root = block_diag(*(np.linalg.cholesky(0.5 * (np.eye(m) + 1.0)) for m in sizes))
        self.effects = len(names) - 1
        self.dimension = self.effects + len(self.y) + 1

    def start(self):
        return np.zeros(self.dimension)

    def log_density(self):
        return self._value_and_slope

    def _value_and_slope(self, x):
        effects, normals, tau = x[: self.effects], x[self.effects : -1], np.exp(x[-1])
        random = self.root @ normals
        residual = self.y - self.design @ effects - tau * random
        pull = self.precision @ residual
        prior = (effects @ effects) / EFFECT_SD**2 + normals @ normals + (tau / TAU_SD) ** 2
        slope = np.empty(self.dimension)
        slope[: self.effects] = self.design.T @ pull - effects / EFFECT_SD**2
        slope[self.effects : -1] = tau * (self.root.T @ pull) - normals
        slope[-1] = tau * (random @ pull) + 1 - (tau / TAU_SD) ** 2
        return -0.5 * (residual @ pull + prior) + x[-1], slope


@pytest.fixture(scope="module")
def sampled():
    model = NormalModel(network("hasselblad1998"), "no_contact")
    draws, divergent = sample(model, Sampler(draws=1000, tune=500, chains=4, seed=1))
    names = [n for n in network("hasselblad1998").treatments if n != "no_contact"]
    values = {name: draws[..., at] for at, name in enumerate(names)}
    return values | {"tau": np.exp(draws[..., -1])}, divergent


def test_the_slope_is_that_of_the_density():
    model = NormalModel(network("hasselblad1998"), "no_contact")
    point = np.random.default_rng(1).normal(0, 0.3, model.dimension)
    step = 1e-6 * np.eye(model.dimension)
    density = model.log_density()
    slope = [(density(point + e)[0] - density(point - e)[0]) / 2e-6 for e in step]
    np.testing.assert_allclose(density(point)[1], slope, atol=1e-4)


@pytest.mark.parametrize("name", [*OTHERS, "tau"])
def test_quadrature_and_sampler_agree_to_monte_carlo_error(sampled, name):
    """Mean, sd, median and limits within four Monte Carlo errors: less than 0.15 posterior sd for means here."""
    values, divergent = sampled
    found = bayesian_network(network("hasselblad1998"), reference="no_contact")
    exact = found.tau if name == "tau" else found.contrast({name: 1.0})
    draws = values[name]
    size = diagnose(draws[..., None], None, None, divergent)
    assert size.failures == []
    error, spread = draws.std() / np.sqrt(size.ess_bulk), draws.std()
    assert exact["mean"] == pytest.approx(draws.mean(), abs=4 * error)
    assert exact["sd"] == pytest.approx(spread, abs=4 * error)
    for quantile, key in ((0.025, "low"), (0.5, "median"), (0.975, "high")):
        # Error of a sample quantile: sqrt(p (1 - p) / n) over the density there, of a normal of this sd.
        density = norm.pdf(norm.ppf(quantile)) / spread
        wide = np.sqrt(quantile * (1 - quantile) / min(size.ess_bulk, size.ess_tail)) / density
        wide *= 1.5 if name == "tau" else 1.0
        assert exact[key] == pytest.approx(np.quantile(draws, quantile), abs=4 * wide)
