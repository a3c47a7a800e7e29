"""Simulating the records of a data set: covariates that change on the way, and residual error."""

import math

import numpy as np
import pytest
from tests.exchange.test_nonmem import COMPARTMENTS, MODEL, K, V, predicted, write

import speciosa as sp
from speciosa.exchange import ResidualError, read_nonmem, simulate_records

GROWING = """ID,TIME,AMT,CMT,WT,DV
1,0,100,2,70,.
1,4,.,2,.,1
1,10,.,2,90,1
1,12,.,2,90,1
1,20,.,2,50,1
1,30,.,2,.,1
2,0,100,2,60,.
2,10,.,2,60,1
"""


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_covariates_that_change_linearly_between_records(tmp_path, method):
    """Elimination goes with weight: what is left falls with the area under the weight."""
    found = predicted(tmp_path, GROWING, carry="linear", method=method, rtol=1e-9)
    weight_h = np.array([4 * 74, 800, 980, 980 + 8 * 70, 980 + 8 * 70 + 500, 600])
    expected = 100 / V * np.exp(-K / 70 * weight_h)
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_derived_quantities_follow_a_covariate_that_changes_linearly(tmp_path):
    m = sp.Model("derived")
    w, a = m.covariate("WT", 70, "kg"), m.state("a", "mg")
    k = m.derived("k", m.parameter("per kg", K / 70, "1/h/kg") * w, "1/h")
    late = m.derived("late", m.parameter("hours a kg", 0, "h/kg") * w, "h")
    twice = m.derived("twice", 2 * k, "1/h")
    m.rate(a, -(twice - k) * a)
    m.output("plasma", a / m.parameter("V", V, "L"), "mg/L")
    m.output("weight", w, "kg")
    m.dose_target("iv", a, lag=late)
    data = read_nonmem(write(tmp_path, GROWING))
    found = simulate_records(m, data, outputs="plasma", carry="linear", rtol=1e-9)
    expected = predicted(tmp_path, GROWING, carry="linear", rtol=1e-9)
    np.testing.assert_allclose(np.array(found.frame["PRED"]), expected, rtol=1e-7)
    weight = simulate_records(m, data, outputs="weight", carry="linear")
    np.testing.assert_allclose(np.array(weight.frame["PRED"]), [78, 90, 90, 50, 50, 60], rtol=1e-9)


def with_residual(tmp_path, count=2000, **more):
    lines = "".join(f"1,{0.01 * i:.2f},.,2,4\n" for i in range(1, count + 1))
    data = read_nonmem(write(tmp_path, "ID,TIME,AMT,CMT,DV\n1,0,100,2,.\n" + lines))
    found = simulate_records(MODEL, data, compartments=COMPARTMENTS, outputs="plasma", **more)
    return np.array(found.frame["PRED"]), np.array(found.frame["SIM"])


@pytest.mark.parametrize("kind", ["additive", "proportional", "exponential"])
def test_residual_error_has_the_spread_that_is_asked_for(tmp_path, kind):
    pred, sim = with_residual(tmp_path, residual=ResidualError(**{kind: 0.2}))
    error = {
        "additive": sim - pred,
        "proportional": sim / pred - 1,
        "exponential": np.log(sim / pred),
    }[kind]
    assert abs(error.mean()) < 4 * 0.2 / math.sqrt(len(error))
    assert error.std() == pytest.approx(0.2, rel=4 / math.sqrt(2 * len(error)))
    assert abs(np.corrcoef(error[1:], error[:-1])[0, 1]) < 4 / math.sqrt(len(error))


def test_residual_errors_are_independent_of_each_other_and_of_later_records(tmp_path):
    every = ResidualError(additive=0.3, proportional=0.2, exponential=0.1)
    pred, sim = with_residual(tmp_path, residual=every, seed=3)
    spread = pred**2 * (0.2**2 + 0.1**2) + 0.3**2
    # the logarithm's part to its first order
    assert ((sim - pred) ** 2 / spread).mean() == pytest.approx(1, abs=0.15)
    few = with_residual(tmp_path, count=10, residual=every, seed=3)[1]
    np.testing.assert_allclose(few, sim[:10], rtol=1e-6)
    other = with_residual(tmp_path, count=10, residual=every, seed=4)[1]
    assert not np.isclose(other, few, rtol=1e-3).any()


def test_an_output_that_is_not_named_has_no_residual_error(tmp_path):
    pred, sim = with_residual(tmp_path, count=5, residual={"gut": ResidualError(additive=1)})
    assert (pred == sim).all()


def test_residual_errors_that_cannot_be_are_refused(tmp_path):
    data = read_nonmem(write(tmp_path, "ID,TIME,AMT,CMT,DV\n1,0,100,2,.\n1,3,.,2,4\n"))
    residual = {"plsma": ResidualError(additive=-1, proportional=math.nan)}
    with pytest.raises(sp.InputError) as error:
        simulate_records(
            MODEL, data, compartments=COMPARTMENTS, outputs="plasma", residual=residual, seed=-1
        )
    text = str(error.value)
    assert "residual, plsma: expected an output of the model" in text and "plasma" in text
    assert "plsma, additive: expected a standard deviation" in text
    assert "plsma, proportional: expected a standard deviation" in text
    assert "seed: expected a whole number" in text
