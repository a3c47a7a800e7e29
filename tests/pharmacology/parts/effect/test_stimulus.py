"""The operational model: stimulus over its half effect, divided by tolerance, and the graded effect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Float
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.stimulus import endpoint_stimulus, graded

ENDPOINTS = ("pain", "pupil", "liking")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("seed", [61, 62])
def test_reserve_times_stimulus_over_tolerance(endpoint, seed):
    def build(m, effects, given):
        s, r = given["s"], given["R"]
        return {
            "tolerant": (endpoint_stimulus(m, endpoint, s, r, effects), "1"),
            "naive": (endpoint_stimulus(m, endpoint, s, None, effects), "1"),
        }

    at = fractions(part(build, {"s": "1", "R": "1"}), seed)
    k = numbers(at)
    naive = k[f"{endpoint}.reserve"] * k["person.sensitivity"] * at.states["s"]
    assert at.outputs["naive"] == pytest.approx(naive, rel=1e-9)
    divisor = 1 + k[f"{endpoint}.tolerance"] * at.states["R"]
    assert at.outputs["tolerant"] == pytest.approx(naive / divisor, rel=1e-9)


@given(st.floats(1e-6, 1e6), st.floats(0.3, 4.0))
def test_the_effect_is_a_power_over_one_plus_it(stimulus, slope):
    found = float(graded(Float(stimulus), Float(slope)))
    assert found == pytest.approx(1 / (1 + stimulus**-slope), rel=1e-6)


@pytest.mark.parametrize("stimulus", [0.0, -1e-9, -3.0])
def test_there_is_no_effect_below_nothing(stimulus):
    assert float(graded(Float(stimulus), Float(1.3))) == 0.0
