"""Pain: what the opioid leaves is multiplied by what other sites and the placebo response leave."""

import math

import pytest
from sympy import Integer
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.facts.sheets.relieving import CONDITIONS
from speciosa.pharmacology.effect.analgesia import (
    IN_ACUTE_PAIN,
    SHARES,
    Relief,
    experimental_tolerance,
    pain_score,
)

INPUTS = {"s": "1", "R": "1"} | dict.fromkeys(SHARES, "1")


def left_over(sites, opioid=True):
    def build(m, n, g):
        others = {name: g[name] for name in sites}
        found = Relief(m, g["s"] if opioid else Integer(0), g["R"], others, n)
        return {
            "chronic": (found.chronic, "1"),
            "acute": (found.acute, "1"),
            "experimental": (found.experimental, "1"),
        }

    return part(build, INPUTS)


def answered(share, response):
    odds = response * share / (1 - share)
    return odds / (1 + odds)


@pytest.mark.parametrize("sites", [(), ("net",), ("alpha2a", "dor"), tuple(SHARES)])
@pytest.mark.parametrize("opioid", [True, False])
@pytest.mark.parametrize(("condition", "surgery"), [(1, 1), (2, 2), (3, 1), (4, 2)])
def test_mechanisms_act_on_what_the_others_leave(sites, opioid, condition, surgery):
    who = {"condition": condition, "surgery": surgery} if opioid else {}
    at = fractions(left_over(sites, opioid), 105, **who)
    k, x = numbers(at), at.states
    in_time = math.prod(1 - k[SHARES[name]] * x[name] for name in sites)
    at_once = math.prod(1 - k[IN_ACUTE_PAIN[name]] * x[name] for name in sites)
    effect, acute, chronic = 0.0, 0.0, 0.0
    if opioid:
        felt = k["pain.reserve"] * k["person.sensitivity"] * x["s"]
        felt /= 1 + k["pain.tolerance"] * x["R"]
        effect = felt ** k["pain.slope"] / (1 + felt ** k["pain.slope"])
        dental = k["acute_pain.opioid_dental"] if surgery == 1 else 1.0
        acute = answered(effect, k["acute_pain.response.opioid"] * dental)
        share = k[f"pain.responsive_{CONDITIONS[condition - 1]}"]
        chronic = answered(share * effect, k["pain.response.opioid"])
    expected = {
        "chronic": (1 - chronic) * in_time,
        "acute": (1 - acute) * at_once,
        "experimental": (1 - effect) * at_once,
    }
    assert at.outputs == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_each_site_has_its_own_share():
    assert SHARES == {
        "alpha2a": "pain.alpha2",
        "serotonin_1a": "pain.serotonin_1a",
        "net": "pain.noradrenaline",
        "sert": "pain.serotonin",
        "dor": "pain.delta",
    }
    assert {name for name in SHARES if IN_ACUTE_PAIN[name] != SHARES[name]} == {"net"}


def score(population, seed=106, time=0.0, **given):
    def build(m, n, g):
        return {"nrs": (pain_score(m, g["left"], g["W"], n, population), "1")}

    at = fractions(part(build, {"left": "1", "W": "1"}), seed, **given)
    at.time = time
    return at


@pytest.mark.parametrize(
    ("population", "who"),
    [
        ("pain", {}),
        ("acute_pain", {"surgery": 1, "rescue": 1}),
        ("acute_pain", {"surgery": 2, "rescue": 1}),
        ("acute_pain", {"surgery": 2, "rescue": 2}),
    ],
)
@pytest.mark.parametrize("time", [-3.0, 0.0, 0.7, 12.0, 500.0])
def test_placebo_and_drug_multiply(population, who, time):
    at = score(population, time=time, left=0.65, W=0.2, **who)
    k = numbers(at)
    response = k[f"{population}.placebo"]
    if who.get("surgery") == 1:
        response = answered(response, k["acute_pain.placebo_dental"])
    placebo = response * (1 - math.exp(-k[f"{population}.placebo_rate"] * max(time, 0.0)))
    start = k[f"{population}.baseline"] * (1 + k["pain.withdrawal"] * 0.2)
    seen = k["acute_pain.beside_rescue"] if who.get("rescue") == 2 else 1.0
    expected = min(10.0, start * (1 - placebo) * (1 - seen * 0.35))
    assert at.outputs["nrs"] == pytest.approx(expected, rel=1e-9)


def test_pain_is_ten_at_most_and_nothing_at_least():
    assert score("pain", W=50.0, left=1.0).outputs["nrs"] == 10.0
    assert score("pain", W=0.0, left=0.0).outputs["nrs"] == 0.0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_tolerance_in_a_laboratory_grows_with_the_odds_of_relief(share):
    equations = part(
        lambda m, n, g: {"ratio": (experimental_tolerance(g["left"], n), "1")}, {"left": "1"}
    )
    at = fractions(equations, 107, left=1 - share)
    expected = 1 + numbers(at)["pain.experimental_gain"] * share / (1 - share)
    assert at.outputs["ratio"] == pytest.approx(expected, rel=1e-9)
