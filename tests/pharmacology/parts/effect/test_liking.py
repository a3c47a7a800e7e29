"""Liking: a power of the effect, a rush while it rises, less under kappa agonism, at most 100."""

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.pharmacology.effect.liking import liking

INPUTS = {"s": "1", "R": "1", "kappa": "1"}


def model():
    return part(lambda m, n, g: {"vas": (liking(m, g["s"], g["R"], g["kappa"], n), "1")}, INPUTS)


def expected(at):
    k, x = numbers(at), at.states
    stimulus = k["liking.reserve"] * k["person.sensitivity"] * x["s"]
    stimulus /= 1 + k["liking.tolerance"] * x["R"]
    effect = stimulus ** k["liking.slope"] / (1 + stimulus ** k["liking.slope"])
    rush = k["liking.onset"] * max(0.0, effect - x["liking_memory"])
    whole = k["liking.scale"] * effect ** k["liking.power"] + rush
    return effect, min(100.0, whole * max(0.0, 1 - k["liking.kappa"] * x["kappa"]))


@pytest.mark.parametrize("seed", range(80, 88))
def test_scale_and_memory(seed):
    at = fractions(model(), seed, s=0.02 * (seed - 79))
    effect, vas = expected(at)
    assert at.outputs["vas"] == pytest.approx(vas, rel=1e-9)
    gap = effect - at.states["liking_memory"]
    rate = gap / numbers(at)["liking.onset_time"]
    assert at.rates["liking_memory"] == pytest.approx(rate, rel=1e-9)
    assert at.initial["liking_memory"] == 0.0


def test_the_points_hold_a_rise_a_fall_and_the_top():
    points = [fractions(model(), seed, s=0.02 * (seed - 79)) for seed in range(80, 88)]
    rising = {expected(at)[0] > at.states["liking_memory"] for at in points}
    assert rising == {True, False}
    top = fractions(model(), 88, s=1.0, R=0.0, kappa=0.0, liking_memory=0.0)
    assert top.outputs["vas"] == 100.0
    blocked = fractions(model(), 89, s=1.0, R=0.0, kappa=10.0, liking_memory=0.0)
    assert blocked.outputs["vas"] == 0.0
