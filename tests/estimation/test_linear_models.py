"""Linear models move on by their modes: the same as by steps, with all derivatives, through every kind of dose."""

from dataclasses import replace

import numpy as np
import pytest

from speciosa.estimation.equations.linear import APART, CONDITION
from speciosa.estimation.fitting import build
from speciosa.estimation.jet.eigenvalues import real_modes

MODEL = """
import speciosa as sp

def build():
    m = sp.Model("two compartments with a made substance")
    cl, v = m.parameter("CL", 4.0, "L/h"), m.parameter("V", 20.0, "L")
    q, v2 = m.parameter("Q", 3.0, "L/h"), m.parameter("V2", 40.0, "L")
    ka, made = m.parameter("KA", 1.1, "1/h"), m.parameter("made", 2.0, "mg/h")
    lag, share = m.parameter("LAG", 0.4, "h"), m.parameter("F", 0.7, "1")
    depot, central, deep = m.state("depot", "mg"), m.state("central", "mg", initial=5.0), m.state("deep", "mg")
    x = q * (central / v - deep / v2)
    m.rate(depot, -ka * depot)
    m.rate(central, ka * depot - cl / v * central - x + made)
    m.rate(deep, x)
    m.dose_target("oral", depot, lag=lag, bioavailability=share)
    m.dose_target("iv", central)
    m.output("plasma", central / v, "mg/L")
    return m
"""
DATA = """ID,TIME,AMT,RATE,II,SS,CMT,EVID,DV,WT
1,0,300,.,12,1,1,1,.,60
1,3,.,.,.,.,.,0,4,60
1,15,.,.,.,.,.,0,4,60
1,16,80,20,.,.,2,1,.,60
1,18,.,.,.,.,.,0,4,80
1,40,.,.,.,.,.,0,4,80
2,0,100,.,.,.,2,1,.,70
2,1,.,.,.,.,.,0,4,70
2,2,50,.,.,.,2,4,.,70
2,30,.,.,.,.,.,0,4,70
"""
FIT = """
[data]
file = "data.csv"
cmt = { 1 = "oral", 2 = "iv" }
[model]
file = "model.py:build"
[parameters]
CL = { start = 4.0, between = 0.1, covariates = "(WT / 70) ** size" }
V = { start = 20.0, between = 0.1 }
KA = { start = 1.1, between = 0.1 }
LAG = { start = 0.4, between = 0.1 }
F = { start = 0.7, scale = "logit-normal" }
made = { start = 2.0 }
[coefficients]
size = 0.75
[error.plasma]
kind = "additive"
additive = 1.0
"""


@pytest.fixture
def joint(asked, tmp_path):
    for name, text in (("model.py", MODEL), ("data.csv", DATA)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return build(asked(FIT, tmp_path))


def by_steps(kernel):
    """The same model, integrated."""
    program = kernel.compiled.program._replace(linear=0)
    return replace(kernel, compiled=replace(kernel.compiled, program=program), _rooms={})


def test_modes_and_steps_agree_to_third_order(joint):
    assert joint.kernel.compiled.program.linear
    at = joint.design.individuals(joint.design.start())
    active = np.concatenate([joint.design.random, joint.design.other])
    found, ended = joint.kernel.predict(at.base, at.slope, active, 3)
    stepped, _ = by_steps(joint.kernel).predict(at.base, at.slope, active, 3)
    assert not ended.any() and np.abs(stepped).max() > 1
    size = np.maximum(np.abs(stepped), 1e-2 * np.abs(stepped).max(axis=1, keepdims=True))
    assert (np.abs(found - stepped) / size).max() < 2e-5


def test_equal_rates_are_left_to_the_steps(joint):
    """Absorption as fast as a disposition phase: its modes have no derivatives."""
    base = joint.design.individuals(joint.design.start()).base.copy()
    cl, v, q, v2 = np.exp(base[0, 0]), np.exp(base[0, 1]), 3.0, 40.0
    rates = np.linalg.eigvals([[-(cl + q) / v, q / v2], [q / v, -q / v2]])
    base[:, 2] = np.log(-rates.min())
    slope = joint.design.individuals(joint.design.start()).slope
    active = joint.design.random
    found, _ = joint.kernel.predict(base, slope, active, 2)
    stepped, _ = by_steps(joint.kernel).predict(base, slope, active, 2)
    assert np.allclose(found[:3], stepped[:3], rtol=1e-6, atol=1e-8)


def test_what_has_no_modes_is_said():
    turning = [[0.0, 1.0], [-1.0, 0.0]]
    defective = [[-1.0, 1.0], [0.0, -1.0]]
    good = [[-1.0, 0.5], [0.2, -0.3]]
    usable = []
    for matrix in (turning, defective, good):
        flat, roots, pivots = np.ravel(matrix), np.zeros(2), np.zeros(2, dtype=np.int64)
        vectors, inverse, room = np.zeros((3, 4))
        how = (pivots, APART, CONDITION)
        usable.append(real_modes(2, flat, roots, vectors, inverse, room, *how))
    assert usable == [False, False, True]
    whole = vectors.reshape(2, 2) @ np.diag(roots) @ inverse.reshape(2, 2)
    assert np.allclose(whole, good)


def test_threads_find_the_same_bytes(joint):
    many = joint.repeated(15)
    at, kernel = many.design.individuals(many.design.start()), by_steps(many.kernel)
    one, two = (
        replace(kernel, threads=threads).predict(at.base, at.slope, many.design.random, 2)[0]
        for threads in (1, 2)
    )
    assert one.tobytes() == two.tobytes()
