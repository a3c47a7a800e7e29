"""Sedation: the logit of its probability is linear in what is lost of the ventilatory response."""

import math

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.sedation import sedation


@pytest.mark.parametrize("lost", [0.0, 0.25, 0.6, 1.0])
def test_logit(lost):
    equations = part(lambda m, n, g: {"p": (sedation(g["lost"], n), "1")}, {"lost": "1"})
    at = fractions(equations, 73, lost=lost)
    k = numbers(at)
    p = at.outputs["p"]
    expected = k["sedation.gain"] * lost - k["sedation.intercept"]
    assert math.log(p / (1 - p)) == pytest.approx(expected, rel=1e-9)
