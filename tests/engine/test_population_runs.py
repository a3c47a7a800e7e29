"""The same patient is the same whatever is beside it; a failed patient is named, never zeros."""

import numpy as np
import pytest

from speciosa.engine import Endpoint, simulate
from speciosa.model import Model


def test_chunks_threads_and_neighbours_do_not_matter(benchmark):
    model = benchmark("B")
    patients = model.population(70)
    settings = dict(until=48, every=1, method="tsit5", endpoints=[Endpoint("EFF", "peak")])
    whole = simulate(model.equations, model.regimen, parameters=patients, threads=1, **settings)
    cut = simulate(
        model.equations, model.regimen, parameters=patients, threads=2, chunk=9, **settings
    )
    some = {name: column[40:43] for name, column in patients.items()}
    alone = simulate(model.equations, model.regimen, parameters=some, **settings)
    for name in whole.outputs:
        np.testing.assert_array_equal(whole[name], cut[name])
        np.testing.assert_array_equal(whole[name][40:43], alone[name])
    np.testing.assert_array_equal(whole["EFF peak"], cut["EFF peak"])


def test_drawn_patients_are_keyed(one):
    settings = dict(times=[1.0, 5.0], seed=3, method="tsit5")
    few = simulate(one, "100 mg iv", patients=5, chunk=2, **settings)
    many = simulate(one, "100 mg iv", patients=40, **settings)
    np.testing.assert_array_equal(few["c"], many["c"][:5])
    assert len(np.unique(many["c"][:, 1])) == 40


def test_draws_are_the_outer_axis(one):
    result = simulate(one, "100 mg iv", patients=3, draws=2, times=[1.0], method="tsit5")
    assert result.draw.tolist() == [0, 0, 0, 1, 1, 1]
    assert result.patient.tolist() == [0, 1, 2, 0, 1, 2]
    assert result["c"].shape == (6, 1)


@pytest.fixture(scope="module")
def explosive():
    m = Model("explosive")
    k = m.parameter("k", 1.0, "1/h/mg")
    a = m.state("a", "mg", initial=1.0)
    m.rate(a, k * a**2)
    m.output("a", a, "mg")
    return m.build()


def test_failed_patients_are_named_and_left_out(explosive):
    # a' = k a^2 from 1 has no solution beyond 1/k
    result = simulate(
        explosive,
        "none",
        parameters={"k": [0.1, 1.0, 0.2]},
        times=[0.0, 2.0],
        endpoints=[Endpoint("a", "peak")],
        method="tsit5",
    )
    assert result.status.tolist()[0::2] == ["ok", "ok"]
    assert result.status[1] != "ok"
    assert np.isnan(result["a"][1]).all()
    assert np.isnan(result["a peak"][1])
    assert result.failed["patient"].to_list() == [1]
    assert result.frame()["patient"].unique().to_list() == [0, 2]
    assert result.endpoint_frame()["patient"].to_list() == [0, 2]
    np.testing.assert_allclose(result["a"][0], [1.0, 1 / (1 - 0.2)], rtol=1e-6)


def test_too_many_steps(benchmark):
    model = benchmark("S")
    result = simulate(
        model.equations, model.regimen, until="14 d", every="1 d", method="tsit5", most_steps=100
    )
    assert result.status.tolist() == ["too many steps"]


def test_not_finite():
    m = Model("undefined")
    a, k = m.state("a", "1", initial=1.0), m.parameter("k", 1.0, "1/h")
    import sympy

    m.rate(a, -k * sympy.log(a - 0.5))
    m.output("a", a, "1")
    result = simulate(m, "none", parameters={"k": [1.0, (-1e3)]}, times=[50.0], method="tsit5")
    assert set(result.status.tolist()) <= {"ok", "not finite", "step too small"}
    bad = ~result.ok
    assert np.isnan(result["a"][bad]).all()


def test_progress_reaches_the_end(one):
    seen = []
    simulate(
        one,
        "100 mg iv",
        patients=30,
        times=[1.0],
        chunk=10,
        method="tsit5",
        progress=lambda stage, done, total: seen.append((stage, done, total)),
    )
    assert seen[-1] == ("patients", 30, 30)
    assert len(seen) == 3


def test_parameters_take_a_new_value_at_each_occasion():
    from speciosa.population import Population

    m = Model("occasions")
    a = m.state("a", "mg")
    k = m.parameter("k", 0.2, "1/h", between_patient_sd=0.3, between_occasion_sd=0.5)
    m.rate(a, -k * a)
    m.output("a", a, "mg")
    m.dose_target("iv", a)
    times = np.arange(0.0, 31.0, 5.0)
    result = simulate(
        m,
        "100 mg iv",
        patients=20,
        times=times,
        occasions_h=[0, 10, 20],
        seed=4,
        chunk=7,
        rtol=1e-9,
    )
    drawn = Population.of(m, seed=4).draw(20, occasions=3).occasions["k"][0]
    spent = np.stack([np.clip(times - begin, 0, 10) for begin in (0, 10, 20)])
    np.testing.assert_allclose(result["a"], 100 * np.exp(-drawn @ spent), atol=1e-6)
    assert drawn.std(axis=1).min() > 0
