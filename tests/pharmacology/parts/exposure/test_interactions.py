"""Interactions: what perpetrators do to enzymes of liver and gut wall, and what victims notice of it."""

import pytest
from tests.pharmacology.parts.exposure.cases import TOGETHER, hand, together

from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.covariates import figures


@pytest.mark.parametrize("substances", TOGETHER, ids=" and ".join)
def test_enzymes_are_made_lost_destroyed_and_induced(substances):
    equations, ways = together(substances)
    found = set()
    for seed in (41, 42):
        by_hand = hand(equations, ways, seed=seed)
        rates = by_hand.at.rates
        for victim in by_hand.substances:
            of = sheet(victim)
            met = {(path.enzyme, path.organ) for path in of.pathways}
            met |= {(of.first_pass.gut_enzyme, "gut")} if of.first_pass else set()
            for enzyme, organ in met:
                acting = by_hand.acting(enzyme, organ, victim)
                pool = by_hand.pool(enzyme, organ, acting)
                if not acting or pool is None:
                    continue
                _, lost, more = by_hand.pressure(enzyme, organ, acting)
                key = next(
                    k for k in (f"{enzyme}_{organ}", enzyme, "other") if k in figures()["turnover"]
                )
                loss, here = by_hand.at.values[f"kdeg_{key}"], by_hand.at.states[pool]
                expected = loss * more - (loss + lost) * here
                assert rates[pool] == pytest.approx(expected, rel=1e-8), pool
                found.add(pool)
    assert found == {name for name in equations.state_names if name.startswith(("cyp", "ugt"))}


@pytest.mark.parametrize("substances", TOGETHER, ids=" and ".join)
def test_a_victim_meets_what_is_left_of_its_enzymes(substances):
    equations, ways = together(substances)
    for seed in (43, 44):
        by_hand = hand(equations, ways, seed=seed)
        rates = by_hand.at.rates
        for name in by_hand.substances:
            expected = by_hand.central_rate(name)
            assert rates[f"central_{name}"] == pytest.approx(expected, rel=1e-8), name


@pytest.mark.parametrize("substances", TOGETHER, ids=" and ".join)
def test_enzymes_begin_at_rest(substances):
    equations, ways = together(substances)
    by_hand = hand(equations, ways, seed=45)
    for name, value in by_hand.at.initial.items():
        assert value == (1.0 if name.startswith(("cyp", "ugt")) else 0.0), name


def test_the_cases_hold_every_kind_of_interaction():
    kinds = {
        kind
        for substances in TOGETHER
        for name in substances
        for entry in sheet(name).interactions
        for kind in ("Ki", "KI", "Emax", "Emax_gut", "own")
        if getattr(entry, kind)
    }
    assert kinds == {"Ki", "KI", "Emax", "Emax_gut", "own"}
