"""Gradients of every objective against differences of it, of models with all that a fit file can say."""

import re

import numpy as np
import pytest

from speciosa.estimation.fitting import build
from speciosa.estimation.objective.methods import evaluate

BY_METHOD = ("FO", "FOCE", "FOCEI", "LAPLACE", "AGQ", "IMP")
RANDOM = "[random]\nblocks = [['CL', 'V']]\ncovariances = { 'CL.V' = 0.02 }\n"
COEFFICIENTS = "[coefficients]\nslope = 0.3\nsex = -0.1\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two occasions, a weight that changes, doses at steady state, censored observations of each kind."""
    made = tmp_path_factory.mktemp("data")
    draw = np.random.default_rng(5)
    rows = ["ID,TIME,AMT,II,SS,EVID,DV,CENS,LIMIT,OCC,WT,SEX,DVID"]
    for i in range(8):
        sex, weight = ("m", "f")[i % 2], 60 + 3 * i
        rows.append(f"{i},0,100,12,1,1,.,0,.,1,{weight},{sex},.")
        for k, t in enumerate((2, 4, 7, 11.5)):
            dv = round(float(draw.uniform(2, 9)), 2)
            known = {0: "1,.", 5: "1,1.5", 7: "-1,."}.get(3 * k + i if k else -1, "0,.")
            rows.append(f"{i},{t},.,.,0,0,{dv},{known},1,{weight},{sex},one")
        rows.append(f"{i},24,80,.,0,1,.,0,.,2,{weight + 2},{sex},.")
        for t in (26, 30, 36):
            rows.append(
                f"{i},{t},.,.,0,0,{round(float(draw.uniform(2, 9)), 2)},0,.,2,{weight + 2},{sex},one"
            )
    (made / "data.csv").write_text("\n".join(rows), encoding="utf-8")
    return made


def _text(error, occasion=0.02, method="FOCEI", carry="locf"):
    return f"""
[data]
file = "data.csv"
occasion = "OCC"
carry = "{carry}"
[model]
structure = "oral_1cpt"
[parameters.CL]
start = 3.0
between = 0.09
occasion = {occasion}
covariates = "(WT / 70) ** slope * (1 + sex * (SEX == 'f'))"
[parameters.V]
start = 20.0
between = 0.04
[parameters.KA]
start = 1.2
[parameters.LAG]
start = 0.3
scale = "normal"
between = 0.01
[parameters.F]
start = 0.6
scale = "logit-normal"
fixed = true
{RANDOM}{COEFFICIENTS}
[error.one]
{error}
[estimation]
method = "{method}"
nodes = 2
samples = 10
"""


ERRORS = {
    "additive": "kind = 'additive'\nadditive = 1.0",
    "combined": "kind = 'combined'\nadditive = 0.5\nproportional = 0.2",
    "combined1": "kind = 'combined1'\nadditive = 0.5\nproportional = 0.2",
    "power": "kind = 'power'\nproportional = 0.3\nexponent = 0.8",
    "log-additive": "kind = 'log-additive'\nadditive = 0.3",
}


def _check(asked, text, folder, method, seed=3):
    joint = build(asked(text, folder))
    x = joint.design.start()
    x = x + 0.02 * np.random.default_rng(seed).standard_normal(len(x))
    start = np.zeros((joint.subjects, joint.design.effects))
    found = evaluate(joint, method, x, start)
    h = 1e-5
    for k in range(len(x)):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[k] += sign * h
            ends.append(evaluate(joint, method, moved, found.modes).subjects)
        slope = (ends[0] - ends[1]) / (2 * h)
        assert np.abs(found.gradients[:, k] - slope).max() < 2e-5 * (1 + np.abs(slope).max())


@pytest.mark.parametrize("method", BY_METHOD)
@pytest.mark.parametrize("error", ERRORS)
def test_gradient(asked, folder, error, method):
    if method == "FO":  # takes no censored observations
        lines = (folder / "data.csv").read_text(encoding="utf-8")
        seen = re.sub(r",-?1,(\d*\.?\d*),([12]),", r",0,.,\2,", lines)
        folder = folder / "seen"
        folder.mkdir(exist_ok=True)
        (folder / "data.csv").write_text(seen, encoding="utf-8")
    _check(asked, _text(ERRORS[error]), folder, method)


@pytest.mark.parametrize("carry", ["locf", "nocb"])
def test_gradient_without_occasions(asked, folder, carry):
    text = _text(ERRORS["combined"], occasion=0.0, carry=carry)
    _check(asked, text, folder, "FOCEI")
