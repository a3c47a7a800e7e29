"""Metabolism: first pass, the ways out, and what they form, in gut wall, liver and elsewhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pharmacology.parts.exposure.by_hand.metabolism import well_stirred
from tests.pharmacology.parts.exposure.cases import GIVEN, Plain, alone, hand
from tests.pharmacology.parts.points import point

from speciosa.facts.sheets.sheet import sheet
from speciosa.model import Model
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.covariates import figures
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.pharmacology.exposure.disposition import distribute
from speciosa.pharmacology.exposure.metabolism import clearing, eliminate


@pytest.mark.parametrize("substance", GIVEN)
def test_what_plasma_gains_and_loses_is_absorption_formation_and_clearance(substance):
    equations, ways = alone(substance)
    for seed in (31, 32):
        by_hand = hand(equations, ways, seed=seed)
        rates = by_hand.at.rates
        for name in by_hand.substances:
            expected = by_hand.central_rate(name, interactions=False)
            assert rates[f"central_{name}"] == pytest.approx(expected, rel=1e-8), name


@settings(max_examples=20)
@given(st.floats(1.0, 5e4), st.floats(10.0, 2e3))
def test_a_saturable_pathway_loses_half_at_its_concentration(amount, half):
    """C / (1 + C/K) of it is formed; the other pathways, and a model that leaves saturation out, do not change."""
    known = sheet("codeine")
    number = known.disposition.V1.model_copy(update={"value": half, "unit": "nmol/L"})
    first, *rest = known.pathways
    changed = known.model_copy(
        update={
            "pathways": (first.model_copy(update={"saturable": number}), *rest),
            "first_pass": None,
            "covariates": (),
        }
    )
    lost = []
    for saturable in (False, True):
        m = Model("saturable")
        body = distribute(m, Plain(m, changed))
        eliminate(m, clearing(m, body, lambda *_: 1, constant=True), {}, saturable=saturable)
        equations = m.build()
        empty = dict.fromkeys(equations.state_names, 0.0) | {"central_codeine": amount}
        at = point(equations, 1, spread=0.0, weight=70.0, **empty)
        lost.append(-sum(at.rates.values()))
        level = amount / at.derived["codeine.V1"]
    share = first.fraction.value / sum(path.fraction.value for path in known.pathways)
    assert lost[1] / lost[0] == pytest.approx(1 - share + share / (1 + level / half), rel=1e-9)


@pytest.mark.parametrize("substance", [name for name in GIVEN if sheet(name).first_pass])
def test_first_pass_at_typical_activity_is_that_of_the_sheet(substance):
    equations, ways = alone(substance)
    enzymes = {"cyp2d6": 1.5, "cyp2b6": 1.0, "cyp2c9": 1.0, "cyp2c19": 1.0, "cyp3a": 1.0}
    usual = enzymes | {"hepatic": 1.0, "egfr": 95.0}
    by_hand = hand(equations, ways, seed=34, **usual)
    state = by_hand.cleared(substance, interactions=False)
    assert (state.liver, state.gut) == pytest.approx((1.0, 1.0))
    for i in range(len(state.shares)):
        assert by_hand.taken_out(substance, i, state) == pytest.approx(1.0)


def test_the_well_stirred_organ_has_its_limits():
    assert well_stirred(0.4, 1.0) == pytest.approx(1.0)
    assert well_stirred(0.4, 0.0) == pytest.approx(2.5)
    assert well_stirred(0.4, 1e9) == pytest.approx(0.0, abs=1e-6)


def test_in_a_weak_liver_the_gut_wall_goes_on_forming_what_it_forms():
    """Glucuronides of swallowed morphine come from gut wall and liver; only the liver's part follows its capacity."""
    ways = (Way("morphine", "oral", "any"),)
    equations = system(["morphine"], ["morphine_3_glucuronide"], ways=ways).build()
    weak, usual = (
        hand(
            equations, ways, 35, hepatic=h, **{n: 0.0 for n in equations.state_names if "cent" in n}
        )
        for h in (0.3, 1.0)
    )
    formed = [at.at.rates["central_morphine_3_glucuronide"] for at in (weak, usual)]
    fg, fh = (usual.number("morphine", f"first_pass.{f}") for f in ("Fg", "Fh"))
    capacity = 0.3 ** figures()["cirrhosis"]["power"]["ugt2b7"]
    liver = capacity * weak.cleared("morphine").liver
    share = (1 - fg + fg * (1 - fh) * liver) / (1 - fg * fh)
    assert formed[0] / formed[1] == pytest.approx(share, rel=1e-9)
    assert share > liver
