"""Constipation: 1 - (1 - p0) exp(-g E), from nothing to certainty."""

import math

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.constipation import constipation


@pytest.mark.parametrize("effect", [0.0, 0.2, 0.7, 1.0])
def test_probability(effect):
    equations = part(lambda m, n, g: {"p": (constipation(g["E"], n), "1")}, {"E": "1"})
    at = fractions(equations, 71, E=effect)
    k = numbers(at)
    escaped = (1 - k["gut.constipation_baseline"]) * math.exp(-k["gut.constipation_gain"] * effect)
    assert at.outputs["p"] == pytest.approx(1 - escaped, rel=1e-9)
    assert k["gut.constipation_baseline"] * (1 - 1e-12) <= at.outputs["p"] < 1
