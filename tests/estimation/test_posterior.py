"""Bayesian fits: the density and its gradient, priors as they are said, and draws that agree with the likelihood."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.fitting import build
from speciosa.estimation.objective.covariance import Block
from speciosa.estimation.posterior.density import Posterior
from speciosa.estimation.posterior.priors import Priors, priors_of

PHENO = {
    "CL": (0.006, 0.1, 'covariates = "WT"'),
    "V": (1.2, 0.1, 'covariates = "WT * (1 + apgar * (APGR < 5))"'),
}
PROPORTIONAL = ['kind = "proportional"', "proportional = 0.2"]
MORE = """[coefficients]
apgar = 0.1
[random]
blocks = [["CL", "V"]]
[priors]
lkj = 1.5
apgar = { sd = 0.5, mean = 0.0 }
CL = { sd = 0.3, mean = 0.005 }
"omega2.V" = { sd = 0.4 }
"plasma.proportional" = { sd = 1.0 }
"""


@pytest.fixture
def posterior(asked, fit_text):
    text = fit_text("phenobarbital.csv", "iv_1cpt", PHENO, PROPORTIONAL, method="NUTS", more=MORE)
    joint = build(asked(text))
    return Posterior(joint, priors_of(joint.design), joint.design.size)


def test_gradient(posterior):
    draw = np.random.default_rng(1)
    design = posterior.joint.design
    effects = 0.1 * draw.normal(size=(posterior.joint.subjects, design.effects))
    place = posterior.place(design.start() + 0.1 * draw.normal(size=posterior.size), effects)
    _, gradient = posterior(place)
    for k in [*range(posterior.size), posterior.size, posterior.size + 5]:
        step = np.zeros_like(place)
        step[k] = 1e-5
        slope = (posterior(place + step)[0] - posterior(place - step)[0]) / 2e-5
        assert gradient[k] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_priors_of_the_file_are_taken(posterior):
    priors = posterior.priors
    names = posterior.joint.design
    assert priors.mean[0] == np.log(0.005) and priors.sd[0] == 0.3
    assert priors.mean[len(names.typical)] == 0.0 and priors.sd[len(names.typical)] == 0.5
    assert priors.scales[0].tolist() == [1.0, 0.4] and priors.eta == 1.5


@pytest.mark.parametrize("eta", [1.0, 2.5])
def test_prior_of_a_block_is_half_normal_deviations_and_correlations(eta):
    """Against the density of three standard deviations and correlations, by the volume of the map from the coordinates."""
    scale = np.array([1.0, 0.5, 2.0])
    block = Block((0, 1, 2), 0, np.eye(3))
    priors = Priors(np.zeros(6), np.full(6, np.inf), (scale,), (block,), eta)

    def told(x):
        matrix = block.covariance(x)[0]
        deviation = np.sqrt(np.diag(matrix))
        return deviation, matrix / np.outer(deviation, deviation)

    def wanted(x):
        deviation, correlation = told(x)
        lower = np.tril_indices(3, -1)
        columns = []
        for k in range(6):
            step = np.eye(6)[k] * 1e-6
            ends = [np.concatenate([d, r[lower]]) for d, r in (told(x + step), told(x - step))]
            columns.append((ends[0] - ends[1]) / 2e-6)
        volume = np.linalg.slogdet(np.array(columns))[1]
        shape = (eta - 1) * np.linalg.slogdet(correlation)[1]
        return -0.5 * np.sum((deviation / scale) ** 2) + shape + volume

    draw = np.random.default_rng(2)
    places = 0.5 * draw.normal(size=(5, 6))
    apart = [priors.density(x)[0] - wanted(x) for x in places]
    assert np.ptp(apart) < 1e-6


@pytest.mark.slow
def test_draws_agree_with_the_likelihood_and_are_the_same_again(asked, fit_text):
    parameters = {"CL": (2.0, 0.2), "V": (25.0, 0.1), "KA": (1.0, 0.5)}
    error = ['kind = "additive"', "additive = 1.0"]
    text = fit_text(
        "theophylline.csv", "oral_1cpt", parameters, error, method="NUTS", draws=250, tune=250
    )
    one, again = sp.fit(asked(text)), sp.fit(asked(text))
    assert one.draws.equals(again.draws) and len(one.draws) == 1000
    about = ("theophylline.csv", "oral_1cpt", parameters, error)
    likely = sp.fit(asked(fit_text(*about, covariance='"R"')))
    for name in ("CL", "V", "KA", "plasma.additive"):
        e = likely.numbers[name]
        assert abs(one.numbers[name].value - e.value) < 0.5 * e.se
        assert one.numbers[name].se == pytest.approx(e.se, rel=0.5)
        assert one.numbers[name].low < one.numbers[name].value < one.numbers[name].high


@pytest.mark.parametrize(
    ("more", "method", "told"),
    [
        ("[priors]\nCL = { sd = 0.5 }", "FOCEI", "method NUTS beside priors"),
        ("[priors]\nCl = { sd = 0.5 }", "NUTS", "Did you mean CL?"),
        ("[priors]\nCL = { mean = 0.5 }", "NUTS", "priors, CL, sd"),
        ("[priors]\nCL = { mean = -1.0, sd = 0.5 }", "NUTS", "a number above 0"),
    ],
)
def test_priors_that_are_refused(asked, fit_text, more, method, told):
    parameters = {"CL": (2.0, 0.1), "V": (20.0, 0.1)}
    with pytest.raises(InputError) as refused:
        asked(fit_text("x.csv", "iv_1cpt", parameters, PROPORTIONAL, method=method, more=more))
    assert told in str(refused.value)
