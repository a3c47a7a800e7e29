"""Conditions inside equations: every kind, in every solver, of states and of constants."""

import numpy as np
import pytest
import sympy
from sympy.logic.boolalg import Xnor

from speciosa.engine import Endpoint, simulate
from speciosa.engine.linear.tape import Tape
from speciosa.errors import InputError
from speciosa.model import Model

K = 0.3
TIMES = np.arange(0.0, 24.0, 0.5)
METHODS = ["auto", "tsit5", "rodas4", "rodas5p"]
a, b, c = sympy.symbols("a b c", real=True)
KINDS = {
    "and": (sympy.And(a > 0, b > 0, c > 0), lambda x, y, z: x and y and z),
    "or": (sympy.Or(a > 0, b > 0, c > 0), lambda x, y, z: x or y or z),
    "not": (sympy.Not(sympy.And(a > 0, b > 0)), lambda x, y, z: not (x and y)),
    "xor": (sympy.Xor(a > 0, b > 0, c > 0), lambda x, y, z: x ^ y ^ z),
    "implies": (sympy.Implies(a > 0, b > 0), lambda x, y, z: y or not x),
    "if": (sympy.ITE(a > 0, b > 0, c > 0), lambda x, y, z: y if x else z),
    "equivalent": (sympy.Equivalent(a > 0, b > 0, c > 0), lambda x, y, z: x == y == z),
    "nand": (sympy.Nand(a > 0, b > 0), lambda x, y, z: not (x and y)),
    "nor": (sympy.Nor(a > 0, c > 0), lambda x, y, z: not (x or z)),
    "xnor": (Xnor(a > 0, b > 0), lambda x, y, z: x == y),
    "nested": (
        sympy.Xor(sympy.Implies(a > 0, b > 0), sympy.ITE(b > 0, c > 0, a > 0)),
        lambda x, y, z: (y or not x) ^ (z if y else x),
    ),
}


def model(rate=None, output=None, initial=10.0):
    """One compartment, with a second state that does what is asked, and an output."""
    m = Model("conditions")
    x, y = m.state("x", "mg", initial=initial), m.state("y", "mg")
    k = m.parameter("k", K, "1/h")
    m.rate(x, -k * x)
    m.rate(y, rate(m, x) if rate else 0)
    m.output("x_", x, "mg")
    m.output("y_", y, "mg")
    if output:
        m.output("seen", output(m, x), "1")
    m.dose_target("iv", x)
    return m


@pytest.mark.parametrize("method", ["closed form", "tsit5", "rodas5p"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_condition(kind, method):
    condition, truth = KINDS[kind]
    m = Model("truth table")
    signs = [m.parameter(name, 1.0, "1") for name in "abc"]
    condition = condition.xreplace(dict(zip((a, b, c), signs, strict=True)))
    x = m.state("x", "h")
    m.rate(x, sympy.Piecewise((1, condition), (0, True)))
    m.output("x_", x, "h")
    m.output("twice", sympy.Piecewise((2, condition), (0, True)), "1")
    m.dose_target("iv", x)
    rows = [(i, j, k) for i in (-1.0, 1.0) for j in (-1.0, 1.0) for k in (-1.0, 1.0)]
    table = dict(zip("abc", np.array(rows).T, strict=True))
    result = simulate(m, "none", parameters=table, times=[1.0], method=method)
    wanted = np.array([float(truth(*(value > 0 for value in row))) for row in rows])
    np.testing.assert_allclose(result["x_"][:, 0], wanted, atol=1e-12)
    np.testing.assert_array_equal(result["twice"][:, 0], 2 * wanted)


def test_what_is_no_condition_of_models_is_refused():
    m = model()
    x = m["x"]
    m.output("odd", sympy.Piecewise((1, sympy.Contains(x, sympy.Interval(0, 1))), (0, True)), "1")
    with pytest.raises(InputError, match="output 'odd'.*is not a condition of models"):
        m.build()


@pytest.mark.parametrize("method", METHODS)
def test_hours_above_a_level_counted_by_a_state(method):
    m = model(lambda m, x: sympy.Piecewise((1, x > m.parameter("mic", 4, "mg")), (0, True)) * m.parameter("mg per h", 1, "mg/h"))  # fmt: skip  # noqa: E501
    got = simulate(m, "none", times=TIMES, method=method, rtol=1e-8)["y_"][0]
    np.testing.assert_allclose(got, np.minimum(TIMES, np.log(10 / 4) / K), atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_reaction_that_stops_when_its_source_is_empty(method):
    m = Model("empties")
    v = m.parameter("v", 2.5, "mg/h")
    x, p = m.state("x", "mg", initial=10), m.state("p", "mg")
    go = sympy.Piecewise((v, x > 0), (0, True))
    m.rate(x, -go)
    m.rate(p, go)
    m.output("left", x, "mg")
    m.output("made", p, "mg")
    m.dose_target("iv", x)
    times = np.linspace(0, 12, 49)
    result = simulate(m, "none", times=times, method=method, rtol=1e-8)
    np.testing.assert_allclose(result["made"][0], np.minimum(2.5 * times, 10), atol=1e-4)
    np.testing.assert_allclose(result["left"][0], np.maximum(10 - 2.5 * times, 0), atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_an_output_that_is_a_condition_follows_the_states(method):
    m = model(output=lambda m, x: sympy.Piecewise((1, x > m.parameter("mic", 4, "mg")), (0, True)))
    result = simulate(
        m, "20 mg iv at 12 h", times=TIMES, endpoints=[Endpoint("seen", "at", 1.0)], method=method
    )
    level = 10 * np.exp(-K * TIMES) + np.where(TIMES >= 12, 20 * np.exp(-K * (TIMES - 12)), 0)
    np.testing.assert_array_equal(result["seen"][0], level > 4)
    assert result["seen at 1 h"][0] == 1


STEPS = {
    "one branch a multiple of the other": lambda x: sympy.Piecewise((x + 1, x > 2), (x, True)),
    "same slope in both": lambda x: sympy.Piecewise((2 * x, x > 2), (2 * x - 3, True)),
    "a condition in a condition": lambda x: sympy.Piecewise((1, sympy.Not(x > 2)), (0, True)),
    "a jump": lambda x: sympy.Heaviside(x - 2),
    "a sign": lambda x: sympy.sign(x - 2),
    "a corner": lambda x: sympy.Max(x - 2, 0),
    "a distance": lambda x: sympy.Abs(x - 2),
}


@pytest.mark.parametrize("name", STEPS)
def test_what_acts_by_a_condition_is_not_linear(name):
    m = Model("steps")
    x, y = m.state("x", "1", initial=10.0), m.state("y", "h")
    m.rate(x, -m.parameter("k", K, "1/h") * x)
    m.rate(y, STEPS[name](x))
    m.output("x_", x, "1")
    m.output("y_", y, "h")
    m.dose_target("iv", x)
    solved = {
        method: simulate(m, "none", times=TIMES, method=method, rtol=1e-9)
        for method in ("auto", "tsit5", "rodas5p")
    }
    assert solved["auto"].method != "closed form"
    level = sympy.Symbol("x", real=True)
    value = sympy.lambdify(level, STEPS[name](level), "numpy")
    fine = np.linspace(0, TIMES[-1], 470_001)
    rate = np.asarray(value(10 * np.exp(-K * fine))) * np.ones_like(fine)
    area = np.concatenate([[0], np.cumsum((rate[1:] + rate[:-1]) / 2)]) * (fine[1] - fine[0])
    for result in solved.values():
        np.testing.assert_allclose(result["y_"][0], area[::10_000], atol=2e-4)


def test_conditions_on_constants_stay_linear():
    m = model(lambda m, x: sympy.Piecewise((x, m.parameter("on", 1, "1") > 0), (0, True)) * m.parameter("r", 1, "1/h"))  # fmt: skip  # noqa: E501
    result = simulate(m, "none", parameters={"on": [1.0, -1.0]}, times=[2.0])
    assert result.method == "closed form"
    np.testing.assert_allclose(result["y_"][:, 0], [10 / K * -np.expm1(-2 * K), 0])


def test_formulas_are_undefined_where_those_of_kernels_are():
    """Linear models evaluate formulas with NumPy, others in their kernel."""
    formulas = {
        "root": lambda x: sympy.sqrt(x),
        "power": lambda x: x ** sympy.Float(1.7),
        "any power": lambda x: sympy.Pow(x, sympy.Symbol("n", real=True)),
        "log": lambda x: sympy.log(x),
        "far": lambda x: sympy.exp(1000 * x),
        "whole power": lambda x: x**3 / (1 + x**-2),
        "no branch": lambda x: sympy.Piecewise((1, x > 3)),
        "larger": lambda x: sympy.Max(x, 1, -2 * x) + sympy.Min(x, 2),
        "circle": lambda x: sympy.sin(x) * sympy.cos(x) + sympy.tanh(x) + sympy.sinh(x),
    }
    m = Model("formulas")
    x = m.parameter("x", 1.0, "1")
    m.parameter("n", 1.3, "1")
    s = m.state("s", "mg", initial=1)
    m.rate(s, -m.parameter("k", K, "1/h") * s)
    for name, formula in formulas.items():
        m.output(name, formula(x), "1")
    m.dose_target("iv", s)
    values = np.array([-2.0, -1e-18, 0.0, 0.5, 1.0, 4.0])
    kernel = simulate(m, "none", parameters={"x": values}, times=[0.0], method="tsit5")
    level, n = sympy.symbols("x n", real=True)
    tape = Tape([level, n], [formula(level) for formula in formulas.values()])(values, 1.3)
    for name, found in zip(formulas, tape, strict=True):
        np.testing.assert_allclose(found, kernel[name][:, 0], rtol=1e-13, atol=1e-15)


def test_a_tape_plays_each_part_once_and_needs_every_symbol():
    shared = sympy.exp(-a * b)
    first, second = Tape([a, b], [shared + 1, shared * shared])(np.array([1.0, 2.0]), 3.0)
    np.testing.assert_allclose(first, 1 + np.exp([-3, -6]))
    np.testing.assert_allclose(second, np.exp([-6, -12]))
    with pytest.raises(KeyError):
        Tape([a], [a + b])
