"""The pupil narrows from its baseline by at most a share of it."""

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.pupil import pupil


@pytest.mark.parametrize("stimulus", [0.0, 0.05, 0.2, 1.0])
def test_diameter(stimulus):
    equations = part(
        lambda m, n, g: {"mm": (pupil(m, g["s"], g["R"], n), "mm")}, {"s": "1", "R": "1"}
    )
    at = fractions(equations, 101, s=stimulus)
    k = numbers(at)
    felt = k["pupil.reserve"] * k["person.sensitivity"] * stimulus
    felt /= 1 + k["pupil.tolerance"] * at.states["R"]
    effect = felt ** k["pupil.slope"] / (1 + felt ** k["pupil.slope"])
    expected = k["pupil.baseline"] * (1 - k["pupil.narrowing"] * effect)
    assert at.outputs["mm"] == pytest.approx(expected, rel=1e-9)
