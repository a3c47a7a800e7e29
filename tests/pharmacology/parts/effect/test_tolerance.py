"""Tolerance follows how strongly the receptor is driven, and begins at the steady state of the usual opioid."""

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.tolerance import tolerance


@pytest.mark.parametrize("usual", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("now", [0.0, 0.3])
def test_state(usual, now):
    def build(m, n, g):
        before = m.parameter("usual", 0.5, "1")
        return {"R": (tolerance(m, g["s"], before, n), "1")}

    at = fractions(part(build, {"s": "1"}), 104, s=now, usual=usual)
    k = numbers(at)
    gain = k["ventilation.reserve"] * k["person.sensitivity"]
    assert at.initial["tolerance"] == pytest.approx(gain * usual / (1 + gain * usual), rel=1e-9)
    target = gain * now / (1 + gain * now)
    rate = (target - at.states["tolerance"]) / k["adaptation.tolerance_time"]
    assert at.rates["tolerance"] == pytest.approx(rate, rel=1e-9)
    assert at.outputs["R"] == at.states["tolerance"]
