"""Stochastic approximation: close to the maximum by itself, at it in the end, the same again with the same seed."""

from pathlib import Path

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.fitting import build
from speciosa.estimation.objective.methods import evaluate
from speciosa.estimation.question.read import parse_fit
from speciosa.estimation.saem.run import stochastic_approximation

DATA = Path(__file__).parent / "data"
ADDITIVE = ['kind = "additive"', "additive = 1.0"]
COMBINED = ['kind = "combined"', "additive = 1.0", "proportional = 0.3"]
PROPORTIONAL = ['kind = "proportional"', "proportional = 0.2"]
THEO = {"CL": (2.0, 0.4), "V": (25.0, 0.3), "KA": (1.0, 0.6)}
PHENO = {
    "CL": (0.006, 0.1, 'covariates = "WT"'),
    "V": (1.2, 0.1, 'covariates = "WT * (1 + apgar * (APGR < 5))"'),
}
# minima of the likelihood by quadrature with nine nodes
CASES = {
    "theophylline": (("theophylline.csv", "oral_1cpt", THEO, ADDITIVE), "", 118.1017),
    "combined": (("theophylline.csv", "oral_1cpt", THEO, COMBINED), "", 104.5043),
    "no effect on absorption": (
        ("theophylline.csv", "oral_1cpt", THEO | {"KA": (1.0, 0.0)}, ADDITIVE),
        "",
        176.2354,
    ),
    "coefficient": (
        ("phenobarbital.csv", "iv_1cpt", PHENO, PROPORTIONAL),
        "[coefficients]\napgar = 0.0",
        585.9037,
    ),
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param("theophylline", marks=pytest.mark.slow),
        "combined",
        pytest.param("no effect on absorption", marks=pytest.mark.slow),
        pytest.param("coefficient", marks=pytest.mark.slow),
    ],
)
def test_iterations_come_close_to_the_maximum_of_the_likelihood(case, fit_text, asked):
    about, more, least = CASES[case]
    joint = build(asked(fit_text(*about, method="AGQ", more=more)))
    x, effects = stochastic_approximation(joint, joint.design.start(), (120, 60), seed=1)
    reached = evaluate(joint, "AGQ", x, effects).total
    assert least - 1e-3 < reached < least + 0.5


@pytest.mark.slow
def test_search_ends_at_the_maximum_and_tells_its_error(fit_text, asked):
    about, more, least = CASES["coefficient"]
    text = fit_text(*about, method="SAEM", more=more, iterations=[60, 30])
    fit = sp.fit(asked(text))
    assert fit.converged and fit.gradient_max < 0.01
    assert abs(fit.objective - least) < 3 * fit.monte_carlo_error < 2.0
    assert fit.numbers["apgar"].se == pytest.approx(0.084, rel=0.1)


def test_same_seed_gives_the_same_bytes(fit_text, asked):
    about, more, _ = CASES["coefficient"]
    joint = build(asked(fit_text(*about, method="SAEM", more=more)))
    one, again, other = (
        stochastic_approximation(joint, joint.design.start(), (15, 10), seed=s)[0]
        for s in (1, 1, 2)
    )
    assert one.tobytes() == again.tobytes()
    assert np.abs(one - other).max() > 1e-4


@pytest.mark.slow
def test_variance_between_occasions(tmp_path):
    rng = np.random.default_rng(3)
    rows = ["ID,TIME,AMT,DV,OCC"]
    for i in range(40):
        clearance, volume = np.array([2.0, 20.0]) * np.exp(rng.normal(size=2) * (0.3, 0.2))
        for o in range(2):
            rate = clearance / volume * np.exp(0.25 * rng.normal())
            rows.append(f"{i},{100 * o},100,.,{o + 1}")
            for t in (2, 12, 24):
                seen = 100 / volume * np.exp(-rate * t + 0.1 * rng.normal())
                rows.append(f"{i},{100 * o + t},.,{seen:.6f},{o + 1}")
    (tmp_path / "occasions.csv").write_text("\n".join(rows), encoding="utf-8")
    text = """
    data = { file = "occasions.csv", occasion = "OCC" }
    model = { structure = "iv_1cpt" }
    [parameters]
    CL = { start = 1.5, between = 0.2, occasion = 0.2 }
    V = { start = 15.0, between = 0.1 }
    [error.plasma]
    kind = "proportional"
    proportional = 0.2
    [estimation]
    iterations = [60, 40]
    """
    linear, drawn = (
        sp.fit(parse_fit(f'{text}method = "{method}"\n', folder=tmp_path))
        for method in ("FOCEI", "SAEM")
    )
    assert drawn.converged
    for name, one in drawn.numbers.items():
        assert abs(one.value - linear.numbers[name].value) < 0.3 * linear.numbers[name].se, name
    assert drawn.numbers["pi2.CL"].value == pytest.approx(0.0625, abs=0.03)


@pytest.mark.parametrize(
    ("parameters", "more", "told"),
    [
        ({"CL": (2.0, 0.0), "V": (20.0, 0.0)}, {}, "random effects beside SAEM"),
        ({"CL": (2.0, 0.1), "V": (20.0, 0.0)}, {"iterations": "[0, 5]"}, "two whole numbers"),
        ({"CL": (2.0, 0.1), "V": (20.0, 0.0)}, {"iterations": "[5]"}, "two whole numbers"),
    ],
)
def test_what_it_cannot_do_is_refused(parameters, more, told, fit_text, asked):
    with pytest.raises(InputError) as refused:
        asked(fit_text("x.csv", "iv_1cpt", parameters, ADDITIVE, method="SAEM", **more))
    assert told in str(refused.value)
