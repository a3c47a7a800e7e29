"""What is observed and how it is solved, as objects."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.engine import Endpoint, Output, Solver, simulate

DOSES = "50 mg oral every 8 h x 3"
PEAK = Endpoint("plasma", "peak", 0, 24)


def model():
    m = sp.Model("one compartment")
    k, v = m.parameter("k", 0.2, "1/h", between_patient_cv=0.3), m.parameter("V", 20, "L")
    a = m.state("a", "mg")
    m.rate(a, -k * a)
    m.output("plasma", a / v, "mg/L")
    m.output("amount", a, "mg")
    m.dose_target("oral", a)
    return m


@pytest.mark.parametrize(
    "output",
    [
        {"times": [0, 8, 20.5], "observe": "before"},
        {"until": "24 h", "every": 2, "outputs": ["amount"], "endpoints": [PEAK]},
        {"until": 24, "endpoints": [PEAK], "trajectories": False},
    ],
)
@pytest.mark.parametrize("solver", [{}, {"method": "tsit5", "rtol": 1e-9, "max_step": "1 h"}])
def test_objects_ask_for_what_arguments_do(output, solver):
    short = simulate(model(), DOSES, patients=5, seed=1, **output, **solver)
    asked = simulate(
        model(), DOSES, patients=5, seed=1, output=Output(**output), solver=Solver(**solver)
    )
    assert asked.method == short.method and (asked.steps == short.steps).all()
    assert asked.outputs.keys() == short.outputs.keys()
    for name in asked.outputs:
        assert np.array_equal(asked[name], short[name])
    for name in asked.endpoints:
        assert np.array_equal(asked.endpoints[name], short.endpoints[name])


def test_the_same_said_twice_is_refused():
    with pytest.raises(sp.InputError) as error:
        simulate(
            model(),
            DOSES,
            until=24,
            method="tsit5",
            output=Output(until=24),
            solver=Solver(rtol=1e-3),
        )
    text = str(error.value)
    assert "output: expected Output or arguments of their own, found both: until" in text
    assert "solver: expected Solver or arguments of their own, found both: method" in text
    with pytest.raises(sp.InputError, match="solver: expected a value of Solver, found 'tsit5'"):
        simulate(model(), DOSES, until=24, solver="tsit5")
    with pytest.raises(sp.InputError, match="rtol: expected a number from 1e-14"):
        simulate(model(), DOSES, until=24, solver=Solver(rtol=1))
