"""Equations that are stiff: a drug that binds its target within seconds, observed for a week."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import speciosa as sp
from speciosa.estimation.fitting import build
from speciosa.estimation.question.read import parse_fit

PROGRAM = """
import speciosa as sp

def build():
    m = sp.Model("binding")
    cl, v = m.parameter("CL", 0.3, "L/h"), m.parameter("V", 3.0, "L")
    kon, koff = m.parameter("kon", 500.0, "L/mg/h"), m.parameter("koff", 50.0, "1/h")
    kdeg, kint = m.parameter("kdeg", 0.05, "1/h"), m.parameter("kint", 0.02, "1/h")
    ksyn = m.parameter("ksyn", 0.05, "mg/L/h")
    free = m.state("free", "mg")
    target = m.state("target", "mg/L", ksyn / kdeg)
    bound = m.state("bound", "mg/L")
    c = free / v
    binding = kon * c * target - koff * bound
    m.rate(free, -cl * c - binding * v)
    m.rate(target, ksyn - kdeg * target - binding)
    m.rate(bound, binding - kint * bound)
    m.output("plasma", c, "mg/L")
    m.dose_target("iv", free)
    return m
"""
TEXT = """
data = { file = "d.csv", cmt = { 1 = "iv" } }
model = { file = "model.py:build" }
[parameters]
CL = { start = 0.3, between = 0.09 }
V = { start = 3.0, between = 0.04 }
ksyn = { start = 0.05, between = 0.09 }
kint = { start = 0.02 }
[error.plasma]
kind = "proportional"
proportional = 0.1
[estimation]
method = "FOCEI"
"""
TRUE = {"CL": 0.3, "V": 3.0, "ksyn": 0.05, "kint": 0.02}
TIMES = np.array([0.5, 2, 8, 24, 48, 96, 168])


def reference(of, times=TIMES, dose=30.0):
    """By SciPy's Radau, at 1e-11."""

    def rates(t, y):
        c = y[0] / of["V"]
        binding = 500 * c * y[1] - 50 * y[2]
        free = -of["CL"] * c - binding * of["V"]
        return [free, of["ksyn"] - 0.05 * y[1] - binding, binding - of["kint"] * y[2]]

    start = [dose, of["ksyn"] / 0.05, 0.0]
    found = solve_ivp(rates, (0, times[-1]), start, "Radau", times, rtol=1e-11, atol=1e-13)
    return found.y[0] / of["V"]


def prepared(folder, subjects, seed=0):
    draw = np.random.default_rng(seed)
    (folder / "model.py").write_text(PROGRAM, encoding="utf-8")
    rows = ["ID,TIME,AMT,DV"]
    for i in range(subjects):
        own = {name: TRUE[name] * np.exp(0.3 * draw.normal()) for name in ("CL", "ksyn")}
        own["V"] = 3 * np.exp(0.2 * draw.normal())
        seen = reference(TRUE | own) * (1 + 0.1 * draw.normal(size=len(TIMES)))
        rows.append(f"{i},0,30,.")
        rows += [f"{i},{t},.,{value:.6g}" for t, value in zip(TIMES, seen, strict=True)]
    (folder / "d.csv").write_text("\n".join(rows), encoding="utf-8")
    return parse_fit(TEXT, folder=folder)


def test_predictions_and_derivatives(tmp_path):
    joint = build(prepared(tmp_path, 1))
    at = joint.design.individuals(joint.design.start())
    found = joint.predict(at, np.zeros((1, 3)), np.arange(4), 2)
    assert not len(found.failed)
    middle = reference(TRUE)
    assert np.abs(found.value / middle - 1).max() < 3e-8
    h = 1e-3
    for k, name in ((0, "CL"), (2, "ksyn")):
        low, high = (reference(TRUE | {name: TRUE[name] * np.exp(s * h)}) for s in (-1, 1))
        slope, bend = (high - low) / (2 * h), (high + low - 2 * middle) / h**2
        assert np.abs(found.first[:, k] - slope).max() < 1e-6 * np.abs(slope).max()
        assert np.abs(found.second[:, k, k] - bend).max() < 2e-5 * np.abs(bend).max()


@pytest.mark.slow
def test_a_fit_of_a_stiff_model_finds_what_made_the_data(tmp_path):
    fit = sp.fit(prepared(tmp_path, 30, seed=3))
    assert fit.converged
    for name, value in TRUE.items():
        one = fit.numbers[name]
        assert abs(np.log(one.value / value)) < 3.5 * one.rse < 0.5, name
