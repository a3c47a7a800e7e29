"""The logarithm of the gamma function in equations."""

import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma

import speciosa as sp
from speciosa.model import log_gamma


@settings(deadline=None, max_examples=60)
@given(st.floats(1e-6, 1e6))
def test_it_is_that_of_the_mathematics_library(x):
    exact = math.lgamma(x)
    assert float(log_gamma(x)) == pytest.approx(exact, rel=1e-14, abs=1e-14)


def test_its_derivative_is_the_digamma_function():
    x = sympy.Symbol("x", real=True)
    slope = sympy.lambdify(x, log_gamma(x).diff(x))
    places = np.array([0.1, 0.5, 1.0, 2.5, 40.0])
    np.testing.assert_allclose(slope(places), digamma(places), rtol=1e-12, atol=1e-13)


def test_it_is_compiled_as_any_other_expression():
    m = sp.Model("gamma")
    x, a = m.parameter("x", 1, "1"), m.state("a", "1")
    m.rate(a, 0)
    m.output("value", log_gamma(x), "1")
    places = np.array([0.3, 1.0, 4.5, 30.0])
    for method in ("closed form", "tsit5"):
        found = sp.simulate(m, "none", parameters={"x": places}, times=[1.0], method=method)
        np.testing.assert_allclose(
            found["value"][:, 0], [math.lgamma(x) for x in places], rtol=1e-13, atol=1e-13
        )
