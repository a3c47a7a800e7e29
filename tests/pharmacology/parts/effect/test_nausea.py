"""Nausea: a hazard that wanes with the memory of the effect in the gut."""

import math

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.nausea import nausea


@pytest.mark.parametrize("effect", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("memory", [0.0, 0.5, 1.0])
def test_probability_and_memory(effect, memory):
    equations = part(lambda m, n, g: {"p": (nausea(m, g["E"], n), "1")}, {"E": "1"})
    at = fractions(equations, 72, E=effect, nausea_memory=memory)
    k = numbers(at)
    hazard = k["gut.nausea_gain"] * effect * (1 - memory)
    expected = 1 - (1 - k["gut.nausea_baseline"]) * math.exp(-hazard)
    assert at.outputs["p"] == pytest.approx(expected, rel=1e-9)
    rate = (effect - memory) / k["gut.nausea_time"]
    assert at.rates["nausea_memory"] == pytest.approx(rate, rel=1e-9, abs=1e-12)
    assert at.initial["nausea_memory"] == 0.0
