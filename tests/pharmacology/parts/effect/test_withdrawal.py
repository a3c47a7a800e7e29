"""Dependence and withdrawal: drive, desensitisation, adaptation on two clocks, activity and scales."""

import pytest
from tests.pharmacology.parts.effect.small import numbers, part
from tests.pharmacology.parts.points import point

from speciosa.pharmacology.effect.receptors import HISTORY, habitual_opioid, mu_affinity
from speciosa.pharmacology.effect.withdrawal import withdrawal

LIGANDS = ("fentanyl", "buprenorphine", "naloxone", "morphine")


def model():
    def build(m, n, g):
        use = m.covariate("opioid_history", 0.0, "MME")
        usual = habitual_opioid(m, use, mu_affinity(m, "morphine", n), n)
        held = {name: g[name] for name in LIGANDS} | {HISTORY: g["usual"]}
        found = withdrawal(m, held, usual, g["alpha2"], n)
        shown = {"A": found.activity, "W": found.excess, "cows": found.cows, "sows": found.sows}
        steady = {"r0": usual.steady_occupancy, "X": found.dependence}
        return {name: (value, "1") for name, value in (shown | steady).items()}

    return part(build, dict.fromkeys((*LIGANDS, "usual", "alpha2"), "1"))


EMPTY = dict.fromkeys((*LIGANDS, "usual", "alpha2"), 0.0)


def drive(k, held, lost):
    """Each ligand by its efficacy; one weaker than morphine loses the more, the weaker it is."""
    efficacy = {name: k[f"{name}.efficacy"] for name in ("fentanyl", "buprenorphine", "morphine")}
    total = efficacy["morphine"] * (held["usual"] + held["morphine"])
    for name in ("fentanyl", "buprenorphine"):
        weaker = max(0.0, 1 - efficacy[name] / efficacy["morphine"])
        total += efficacy[name] * held[name] * (1 - k["withdrawal.partial_loss"] * lost * weaker)
    return k["withdrawal.reserve"] * total


@pytest.mark.parametrize("seed", [121, 122, 123])
def test_states_activity_and_scales(seed):
    at = point(model(), seed, states=(0.02, 0.25), opioid_history=40.0 * (seed - 120))
    k, x, out = numbers(at), at.states, at.outputs
    limit, share = k["withdrawal.limit"], k["withdrawal.fast_share"]

    def levelled(s):
        return limit * s / (limit + s)

    g = levelled(drive(k, x, x["mor_desensitised"]))
    hours = k["withdrawal.fast_time"]
    assert at.rates["dependence"] == pytest.approx(
        ((1 - share) * g - x["dependence"]) / k["withdrawal.slow_time"], rel=1e-8
    )
    assert at.rates["acute_dependence"] == pytest.approx(
        (share * g - x["acute_dependence"]) / hours, rel=1e-8
    )
    press = sum(k[f"{name}.efficacy"] ** 2 * x[name] for name in LIGANDS if name != "naloxone")
    press += k["morphine.efficacy"] ** 2 * x["usual"]
    settled = press / (k["withdrawal.desensitising"] + press)
    assert at.rates["mor_desensitised"] == pytest.approx(
        (settled - x["mor_desensitised"]) / hours, rel=1e-8
    )
    activity = (1 + x["dependence"] + x["acute_dependence"]) / (1 + g)
    activity *= 1 - k["withdrawal.alpha2"] * x["alpha2"]
    assert out["A"] == pytest.approx(activity, rel=1e-8)
    excess = max(0.0, activity - 1)
    assert out["W"] == pytest.approx(excess, rel=1e-8, abs=1e-12)
    h, half = k["withdrawal.slope"], k["withdrawal.half"]
    score = excess**h / (half**h + excess**h)
    mme = at.values["opioid_history"]
    complaints = k["withdrawal.complaints"] * mme / (mme + k["withdrawal.complaints_history"])
    for scale in ("cows", "sows"):
        expected = complaints + k[f"withdrawal.{scale}_maximum"] * score
        assert out[scale] == pytest.approx(expected, rel=1e-8)
    before = levelled(k["withdrawal.reserve"] * k["morphine.efficacy"] * out["r0"])
    assert at.initial["dependence"] == pytest.approx((1 - share) * before, rel=1e-8)
    assert at.initial["acute_dependence"] == pytest.approx(share * before, rel=1e-8)
    usual = k["morphine.efficacy"] ** 2 * out["r0"]
    assert at.initial["mor_desensitised"] == pytest.approx(
        usual / (k["withdrawal.desensitising"] + usual), rel=1e-8
    )


@pytest.mark.parametrize("dependence", [0.2, 1.0, 4.0])
def test_scores_saturate_with_the_excess(dependence):
    """Nothing held, so that the excess is the dependence itself: half the scale where it is `half`, all of it far beyond."""
    states = {"dependence": 0.75 * dependence, "acute_dependence": 0.25 * dependence}
    at = point(model(), 126, opioid_history=0.0, mor_desensitised=0.0, **EMPTY | states)
    k = numbers(at)
    assert at.outputs["W"] == pytest.approx(dependence)
    score = 1 / (1 + (k["withdrawal.half"] / dependence) ** k["withdrawal.slope"])
    for scale in ("cows", "sows"):
        assert at.outputs[scale] == pytest.approx(k[f"withdrawal.{scale}_maximum"] * score)


def test_without_opioids_and_history_nothing_is_missed():
    rest = {"dependence": 0.0, "acute_dependence": 0.0, "mor_desensitised": 0.0}
    at = point(model(), 124, opioid_history=0.0, **EMPTY, **rest)
    assert at.outputs["A"] == 1.0 and at.outputs["cows"] == 0.0 and at.outputs["sows"] == 0.0


def test_a_full_agonist_does_not_lose_its_drive():
    for name, less in (("fentanyl", False), ("buprenorphine", True)):
        held = EMPTY | {name: 0.3}
        states = {"dependence": 3.0, "acute_dependence": 1.0}
        fresh, pressed = (
            point(
                model(), 125, spread=0.0, opioid_history=0.0, **held, **states, mor_desensitised=z
            )
            for z in (0.0, 0.8)
        )
        assert (pressed.outputs["W"] > fresh.outputs["W"]) == less
