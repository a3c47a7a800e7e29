"""The implicit solvers, on a problem whose answers are published."""

import numpy as np
import pytest

from speciosa.engine import simulate
from speciosa.engine.choice import choose_method
from speciosa.engine.inputs import Follow
from speciosa.engine.kernel.sparse import elimination_order, factor
from speciosa.engine.problem import Problem
from speciosa.engine.schedule import Schedule
from speciosa.model import Model


@pytest.fixture(scope="module")
def robertson():
    """H. H. Robertson's kinetics (1966), as in E. Hairer, G. Wanner, Solving ODEs II, section IV.1."""
    m = Model("Robertson")
    y1, y2, y3 = m.state("y1", "1", initial=1), m.state("y2", "1"), m.state("y3", "1")
    h = m.parameter("per_h", 1.0, "1/h")
    m.rate(y1, h * (-0.04 * y1 + 1e4 * y2 * y3))
    m.rate(y2, h * (0.04 * y1 - 1e4 * y2 * y3 - 3e7 * y2**2))
    m.rate(y3, h * 3e7 * y2**2)
    for name, state in (("y1", y1), ("y2", y2), ("y3", y3)):
        m.output(name, state, "1")
    return m.build()


@pytest.mark.parametrize("method", ["rodas4", "rodas5p"])
def test_robertson(robertson, method):
    # values of the IVP test set (F. Mazzia, C. Magherini, release 2.4, problem ROBER) at 0.4, 40, 4e5 and 4e9
    times = [0.4, 40.0, 4e5, 4e9]
    expected = {
        "y1": [0.98517211386, 0.71582706871, 4.9382e-3, 0.52e-6],
        "y2": [3.3863953790e-5, 9.185534764e-6, 1.9850e-8, 2.08e-12],
    }
    result = simulate(robertson, "none", times=times, method=method, rtol=1e-8)
    assert result.status.tolist() == ["ok"]
    np.testing.assert_allclose(result["y1"][0, :2], expected["y1"][:2], rtol=1e-6)
    np.testing.assert_allclose(result["y2"][0, :2], expected["y2"][:2], rtol=1e-6)
    np.testing.assert_allclose(result["y1"][0, 2], expected["y1"][2], rtol=1e-3)
    total = result["y1"] + result["y2"] + result["y3"]
    np.testing.assert_allclose(total, 1.0, atol=1e-8)
    assert 0 < result["y1"][0, 3] < 1e-5


def test_order_five_converges_faster_than_order_four(benchmark):
    model = benchmark("S")
    settings = dict(times=np.arange(0.0, 13.0), until=12)
    exact = simulate(model.equations, "10 mg oral", method="rodas5p", rtol=1e-12, **settings)

    def error(method, rtol):
        got = simulate(model.equations, "10 mg oral", method=method, rtol=rtol, **settings)
        return np.max(np.abs(got["Cc"] - exact["Cc"])), got.steps[0]

    for method, order in (("rodas4", 4), ("rodas5p", 5)):
        coarse, few = error(method, 1e-5)
        fine, many = error(method, 1e-9)
        seen = np.log(coarse / fine) / np.log(many / few)
        assert seen > order - 1.2


@pytest.mark.parametrize("name, expected", [("B", "tsit5"), ("S", "rodas5p"), ("A", "closed form")])
def test_solver_is_chosen_from_the_equations(benchmark, name, expected):
    model = benchmark(name)
    problem = Problem(
        model.equations,
        Schedule.of(model.regimen, model.equations),
        Follow(np.arange(0.0, 337.0), 336.0),
        (),
        (),
        model.equations.output_names,
        1e-6,
        None,
        10**6,
        False,
    )
    assert choose_method(problem) == expected
    assert choose_method(problem, "robust") == ("closed form" if name == "A" else "rodas5p")


def test_the_choice_of_one_dose_is_not_taken_for_another(benchmark):
    model = benchmark("S")
    nothing = Schedule.of("0 mg oral", model.equations, 1)
    given = Schedule.of(model.regimen, model.equations, 1)
    follow = Follow(np.empty(0), 48.0)

    def chosen(schedule):
        return choose_method(
            Problem(model.equations, schedule, follow, (), (), (), 1e-6, None, 100_000, False)
        )

    # at rest both solvers leap to the end; the explicit one then is the simpler
    assert [chosen(nothing), chosen(given), chosen(nothing)] == ["tsit5", "rodas5p", "tsit5"]
    # a first patient who gets nothing says nothing of the others
    assert chosen(Schedule.of(["none", model.regimen], model.equations, 2)) == "rodas5p"
    # a first patient who gets nothing says nothing of the others
    assert chosen(Schedule.of(["none", model.regimen], model.equations, 2)) == "rodas5p"


def test_time_in_the_equations():
    m = Model("circadian")
    import sympy

    a = m.state("a", "mg")
    k, base = m.parameter("k", 50.0, "1/h"), m.parameter("base", 10.0, "mg/h")
    day = m.parameter("day", 24.0, "h")
    m.rate(a, base * (1 + sympy.cos(2 * sympy.pi * m.time / day)) - k * a)
    m.output("a", a, "mg")
    w, kk = 2 * np.pi / 24, 50.0
    t = np.arange(0.0, 49.0, 4.0)
    # a' = 10 (1 + cos wt) - k a from 0
    swing = 10 * (kk * np.cos(w * t) + w * np.sin(w * t)) / (kk**2 + w**2)
    start = -10 / kk - 10 * kk / (kk**2 + w**2)
    exact = 10 / kk + swing + start * np.exp(-kk * t)
    for method in ("tsit5", "rodas4", "rodas5p"):
        got = simulate(m, "none", times=t, method=method)["a"][0]
        np.testing.assert_allclose(got, exact, atol=1e-5 * exact.max())


def test_elimination_solves_random_sparse_systems():
    rng = np.random.default_rng(5)
    for size in (1, 2, 5, 12):
        pattern = rng.random((size, size)) < 0.3
        matrix = np.where(pattern, rng.normal(size=(size, size)), 0.0)
        entries = {(i, j): matrix[i, j] for i, j in zip(*np.nonzero(matrix), strict=True)}
        diagonal, right = 3.0 + size, rng.normal(size=size)
        got = factor(entries, size, diagonal, 1.0 / diagonal).solve(list(right))
        shifted = diagonal * np.eye(size) - matrix
        np.testing.assert_allclose(got, np.linalg.solve(shifted, right), rtol=1e-12)


def test_elimination_order_avoids_filling_in():
    # an arrow eliminated from its tip would fill the whole matrix
    size = 8
    arrow = [(0, j) for j in range(size)] + [(i, 0) for i in range(size)]
    order = elimination_order(arrow + [(i, i) for i in range(size)], size)
    assert order.index(0) >= size - 2
