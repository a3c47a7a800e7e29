"""Errors against references made elsewhere, and on whole populations against the same engine at a tight tolerance."""

import numpy as np
import pytest

from speciosa.engine import simulate

METHODS = {"A": ["tsit5", "closed form"], "B": ["tsit5"], "S": ["rodas5p"]}


def worst(result, reference):
    """Largest error over the peak of each output in each patient."""
    return max(
        np.max(
            np.abs(result[name] - reference[name]) / np.abs(reference[name]).max(1, keepdims=True)
        )
        for name in result.outputs
    )


@pytest.mark.parametrize("name", ["A", "B"])
@pytest.mark.parametrize("method", ["auto", "tsit5", "rodas5p", "rodas4"])
def test_named_sets_at_the_default_tolerance(benchmark, name, method):
    model = benchmark(name)
    times, reference = model.reference()
    result = simulate(
        model.equations, model.regimen, parameters=model.named(), times=times, method=method
    )
    assert result.ok.all()
    assert worst(result, reference) < 1e-6


@pytest.mark.parametrize("name", ["A", "B"])
def test_tight_tolerance_reaches_the_references(benchmark, name):
    model = benchmark(name)
    times, reference = model.reference()
    result = simulate(
        model.equations,
        model.regimen,
        parameters=model.named(),
        times=times,
        method="tsit5",
        rtol=1e-10,
    )
    # the references themselves are good to about 1e-11
    assert worst(result, reference) < 1e-10


@pytest.mark.parametrize("name", ["A", "B", "S"])
@pytest.mark.parametrize(
    "count", [200, pytest.param(10_000, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_every_patient_of_the_population(benchmark, name, count):
    model = benchmark(name)
    patients = model.population(count)
    tight_by = "rodas5p" if name == "S" else "tsit5"
    settings = dict(parameters=patients, until="14 d", every="1 h")
    tight = simulate(model.equations, model.regimen, method=tight_by, rtol=1e-10, **settings)
    for method in METHODS[name]:
        result = simulate(model.equations, model.regimen, method=method, **settings)
        assert result.ok.all()
        assert worst(result, tight) < 1e-6


def test_error_estimate_is_above_the_error(benchmark):
    model = benchmark("B")
    settings = dict(parameters=model.population(64), until="7 d", every="1 h", method="tsit5")
    tight = simulate(model.equations, model.regimen, rtol=1e-10, **settings)
    result = simulate(model.equations, model.regimen, rtol=1e-5, **settings)
    for name in ("CP", "CM", "TOL"):
        peak = tight[name].max(1, keepdims=True)
        error = np.max(np.abs(result[name] - tight[name]) / peak, axis=1)
        assert (error < result.error).all()
    # and it shrinks with the tolerance
    better = simulate(model.equations, model.regimen, rtol=1e-7, **settings)
    assert (better.error < result.error / 20).all()


def test_explicit_and_implicit_solver_agree_on_a_stiff_model(benchmark):
    model = benchmark("S")
    settings = dict(parameters=model.population(16), until="2 d", every="0.5 h")
    explicit = simulate(model.equations, model.regimen, method="tsit5", rtol=1e-10, **settings)
    implicit = simulate(model.equations, model.regimen, method="rodas5p", rtol=1e-10, **settings)
    assert worst(explicit, implicit) < 1e-9
