"""Breathing: what is left of its two drives, its adaptation, age, sedatives, and settled free breathing."""

import math

import pytest
from scipy.optimize import brentq
from tests.pharmacology.parts.effect.small import fractions, numbers, part
from tests.pharmacology.parts.points import point

from speciosa.facts.effects import ligands
from speciosa.pharmacology.effect.ventilation import (
    AWAKE,
    Drives,
    Sedated,
    Stimuli,
    adaptation,
    at_constant_co2,
    by_age,
    drives,
    sedatives,
    settled_breathing,
)

SEDATIVES = sorted(name for name, held in ligands().items() if "sedative_c50" in held)
INPUTS = {"rhythm": "1", "wake": "1", "A": "1", "alert": "1", "paced": "1"}


def left(k, rhythm, wake, adapted, alert, paced):
    """The drives x and w by hand: exp(-h z^g) with h such that D(1) = 1/2, and a graded loss of wakefulness; sedatives
    leave the shares `alert` of wakefulness and `paced` of the rhythm."""
    b, g = k["ventilation.tolerance"], 2.0
    omega, phi = k["ventilation.wakefulness"], k["ventilation.wakefulness_share"]
    awake = 1 / (1 + (omega * wake / (1 + b * omega * adapted)) ** g)
    at_one = 1 / (1 + omega**g)
    x1 = 0.5 / (1 - phi * (1 - at_one))
    kept = x1 ** ((max(0.0, rhythm) / (1 + b * adapted)) ** g) * paced
    return kept * awake * alert, kept


def drives_model():
    def build(m, n, g):
        felt = Stimuli(g["rhythm"], g["wake"])
        found = drives(felt, g["A"], Sedated(g["alert"], g["paced"]), n)
        return {
            "xw": (found.wakefulness, "1"),
            "x": (found.reflex, "1"),
            "D": (at_constant_co2(found, n), "1"),
        }

    return part(build, INPUTS)


@pytest.mark.parametrize("rhythm", [0.0, 0.3, 1.0, 4.0, 30.0])
@pytest.mark.parametrize("adapted", [0.0, 2.0])
def test_drives(rhythm, adapted):
    at = fractions(drives_model(), 111, rhythm=rhythm, A=adapted)
    k, x = numbers(at), at.states
    xw, reflex = left(k, rhythm, x["wake"], adapted, x["alert"], x["paced"])
    phi = k["ventilation.wakefulness_share"]
    assert at.outputs["xw"] == pytest.approx(xw, rel=1e-8, abs=1e-12)
    assert at.outputs["x"] == pytest.approx(reflex, rel=1e-8, abs=1e-12)
    assert at.outputs["D"] == pytest.approx(phi * xw + (1 - phi) * reflex, rel=1e-8, abs=1e-12)


def test_a_stimulus_of_one_leaves_one_half():
    at = fractions(drives_model(), 112, rhythm=1.0, wake=1.0, A=0.0, alert=1.0, paced=1.0)
    assert at.outputs["D"] == pytest.approx(0.5)


def test_adaptation_follows_tolerance():
    def build(m, n, g):
        before = m.parameter("before", 0.5, "1")
        return {"A": (adaptation(m, g["R"], before, n), "1")}

    at = fractions(part(build, {"R": "1"}), 114, before=0.3)
    k, x = numbers(at), at.states
    u = x["breathing_tolerance"]
    assert at.initial["breathing_tolerance"] == 0.3
    rate = (x["R"] - u) / k["adaptation.breathing_time"]
    assert at.rates["breathing_tolerance"] == pytest.approx(rate, rel=1e-9)
    assert at.outputs["A"] == pytest.approx(u / (1 - u), rel=1e-9)


@pytest.mark.parametrize(
    ("age", "as_if"), [(16.0, 20.0), (20.0, 20.0), (35.0, 35.0), (62.0, 62.0), (90.0, 85.0)]
)
def test_age(age, as_if):
    equations = part(lambda m, n, g: {"it": (by_age(m, n), "1")}, {"idle": "1"})
    at = point(equations, 115, spread=0.0, age=age)
    expected = math.exp(numbers(at)["ventilation.age"] * (as_if - 35))
    assert at.outputs["it"] == pytest.approx(expected, rel=1e-9)


def by_sedatives(k, concentrations):
    """Shares of wakefulness and rhythm that sedatives leave, by hand."""
    load = sum(c / k[f"{name}.sedative_c50"] for name, c in concentrations.items())
    most, taken = (
        k[f"ventilation.sedative_{name}"] if concentrations else 0.0
        for name in ("maximum", "rhythm")
    )
    at_rhythm = [
        c / k[own] for name, c in concentrations.items() if (own := f"{name}.rhythm_c50") in k
    ]
    asleep = load / (1 + load)
    return 1 - most * asleep, (1 - taken * asleep) * math.prod(1 / (1 + z**2) for z in at_rhythm)


@pytest.mark.parametrize("names", [["midazolam"], ["ethanol"], SEDATIVES])
def test_sedatives(names):
    def build(m, n, g):
        found = sedatives({name: g[name] for name in names}, n)
        return {"alert": (found.wakefulness, "1"), "paced": (found.rhythm, "1")}

    at = point(part(build, dict.fromkeys(names, "nmol/L") | {"idle": "1"}), 116, states=(1, 1e8))
    alert, paced = by_sedatives(numbers(at), {name: at.states[name] for name in names})
    assert at.outputs["alert"] == pytest.approx(alert, rel=1e-9)
    assert at.outputs["paced"] == pytest.approx(paced, rel=1e-9)


def test_without_a_sedative_nothing_is_lost():
    assert sedatives({}, None) == AWAKE == Sedated(1, 1)


def settled():
    def build(m, n, g):
        found = settled_breathing(m, Drives(g["xw"], g["x"]), n)
        return {
            "V": (found.minute_ventilation, "L/min"),
            "f": (found.respiratory_rate, "1/min"),
            "P": (found.end_tidal_co2, "mmHg"),
        }

    return part(build, {"xw": "1", "x": "1"})


@pytest.mark.parametrize(("x", "w"), [(1.0, 1.0), (0.9, 0.5), (0.6, 0.8), (0.35, 0.4), (0.2, 0.9)])
def test_settled_breathing_solves_its_equation(x, w):
    """v = xw + x G (p - 1)(1 + eta (p - 1)), p = m / v, with P = P0 p and the rate a power of v."""
    at = point(settled(), 117, spread=0.0, xw=x * w, x=x)
    k = numbers(at)
    gain = 10.74 * (k["ventilation.co2_gain"] / 4.7) ** 2
    made = max(0.87, (x * w) ** 0.06319)

    def missed(v):
        raised = made / v - 1
        return x * w + x * gain * raised * (1 + 1.76 * raised) - v

    v = brentq(missed, 0.3, 1.0)
    assert at.outputs["V"] == pytest.approx(k["ventilation.baseline"] * v, rel=0.01)
    assert at.outputs["P"] == pytest.approx(k["ventilation.resting_pco2"] * made / v, rel=0.01)
    share = at.outputs["V"] / k["ventilation.baseline"]
    rate = k["ventilation.resting_rate"] * share ** k["ventilation.rate_power"]
    assert at.outputs["f"] == pytest.approx(rate, rel=1e-9)


def test_without_rhythm_nothing_is_breathed():
    at = point(settled(), 118, spread=0.0, xw=0.0, x=0.0)
    assert at.outputs["V"] == at.outputs["f"] == 0.0


def test_below_the_share_that_oxygen_bears_breathing_stops():
    """It holds with a fiftieth of the rhythm and not with a hundredth."""
    typical = {"effects.ventilation.co2_gain": 4.7}
    held, lost = (
        point(settled(), 120, spread=0.0, xw=0.0, x=x, **typical).outputs["V"]
        for x in (0.022, 0.01)
    )
    assert held > 0.45 * 7.06 * 0.9 and lost == 0.0


def test_without_a_drug_breathing_is_at_rest():
    at = point(settled(), 119, xw=1.0, x=1.0)
    k = numbers(at)
    assert at.outputs["V"] == pytest.approx(k["ventilation.baseline"], rel=1e-9)
    assert at.outputs["P"] == pytest.approx(k["ventilation.resting_pco2"], rel=1e-9)
