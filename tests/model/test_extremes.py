"""The stand-ins for the larger and the smaller of two values."""

import numpy as np
import sympy
from hypothesis import given
from hypothesis import strategies as st

from speciosa.model.extremes import undecided

X, Y = sympy.symbols("x y", real=True)
NESTED = sympy.Max(0, X - sympy.Min(Y, 2, X**2)) * sympy.exp(-Y) + sympy.Piecewise(
    (sympy.Max(X, Y), X > 1), (sympy.Min(X, -Y), True)
)
SHOWN = sympy.lambdify((X, Y), NESTED, "numpy")
HELD = sympy.lambdify((X, Y), undecided(NESTED), "numpy")
SLOPE = sympy.lambdify((X, Y), undecided(NESTED).diff(X), ["numpy", {"Heaviside": lambda z: z > 0}])


@given(st.floats(-4, 4), st.floats(-4, 4))
def test_stand_ins_have_the_same_value(x, y):
    assert not undecided(NESTED).has(sympy.Max, sympy.Min)
    np.testing.assert_allclose(HELD(x, y), SHOWN(x, y), rtol=1e-14, atol=1e-14)


def test_stand_ins_have_the_slope_of_a_difference():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-4, 4, (2, 500))
    step = 1e-7
    ahead, behind = (
        [float(SHOWN(a + s, b)) for a, b in zip(x, y, strict=True)] for s in (step, -step)
    )
    differences = (np.array(ahead) - behind) / (2 * step)
    slopes = [float(SLOPE(a, b)) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(slopes, differences, rtol=1e-5, atol=1e-5)
