"""A stepwise search of covariates takes the effects that are in the data and leaves the others."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.question.read import parse_fit
from speciosa.report.sections.fits.fit_page import fit_page

FIT = """
data = { file = "d.csv" }
model = { structure = "iv_1cpt" }
[parameters]
CL = { start = 2.0, between = 0.1 }
V = { start = 10.0, between = 0.1, covariates = "WT / 70" }
[error.plasma]
kind = "proportional"
proportional = 0.2
[stepwise]
backward = 0.01
candidates = [
  { parameter = "CL", covariates = "(WT / 70) ** size", coefficients = { size = 0.0 } },
  { parameter = "CL", covariates = "1 + sex * (SEX == 1)", coefficients = { sex = 0.0 } },
  { parameter = "V", covariates = "exp(chance * (DICE - 3))", coefficients = { chance = 0.0 } },
]
"""


@pytest.fixture
def folder(tmp_path):
    draw = np.random.default_rng(4)
    rows = ["ID,TIME,AMT,DV,WT,SEX,DICE"]
    for i in range(60):
        weight, sex, dice = draw.uniform(45, 110), i % 2, draw.integers(1, 7)
        own = np.exp(0.2 * draw.normal(size=2))
        rate = 2 * (weight / 70) ** 0.75 * (1 + 0.4 * sex) * own[0] / (10 * weight / 70 * own[1])
        about = f"{weight:.1f},{sex},{dice}"
        rows.append(f"{i},0,100,.,{about}")
        for t in (1, 4, 8):
            seen = 100 / (10 * weight / 70 * own[1]) * np.exp(-rate * t + 0.1 * draw.normal())
            rows.append(f"{i},{t},.,{seen:.6f},{about}")
    (tmp_path / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def test_effects_in_the_data_are_taken(folder):
    fit = sp.fit(parse_fit(FIT, folder=folder))
    assert fit.converged
    assert fit.numbers["size"].value == pytest.approx(0.75, abs=3 * fit.numbers["size"].se)
    assert fit.numbers["sex"].value == pytest.approx(0.4, abs=3 * fit.numbers["sex"].se)
    assert "chance" not in fit.numbers
    taken = [(one.direction, one.candidate) for one in fit.steps if one.taken]
    assert [d for d, _ in taken] == ["start", "forward", "forward"]
    first = [one for one in fit.steps if one.direction == "forward"][:3]
    assert max(first, key=lambda one: -one.change).taken
    left = [one for one in fit.steps if "chance" in one.candidate]
    assert left and not any(one.taken for one in left) and min(one.p for one in left) > 0.001
    assert "Covariates, step by step" in fit.text() and fit.as_dict()["steps"]
    assert "Covariates, step by step" in fit_page(fit)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('parameter = "V"', 'parameter = "W"', "parameter"),
        ("{ sex = 0.0 }", "{ size = 0.0 }", "coefficients of this expression and no other"),
        ("{ sex = 0.0 }", "{}", "an expression and its coefficients"),
        ("[stepwise]", '[estimation]\nmethod = "SAEM"\n[stepwise]', "a method without random"),
    ],
)
def test_candidates_that_are_refused(folder, old, new, told):
    with pytest.raises(InputError) as refused:
        parse_fit(FIT.replace(old, new), folder=folder)
    assert told in str(refused.value)
