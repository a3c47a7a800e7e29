"""Absorption: what enters which state, how much, when, and how it goes on from there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pharmacology.parts.exposure.by_hand.absorption import transit
from tests.pharmacology.parts.exposure.cases import GIVEN, Plain, alone, hand
from tests.pharmacology.parts.points import point

from speciosa.facts.sheets.sheet import sheet
from speciosa.model import Model
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.exposure.absorption import Way, absorb
from speciosa.pharmacology.exposure.disposition import distribute


@pytest.mark.parametrize("substance", GIVEN)
def test_a_dose_enters_the_first_state_of_each_path_with_its_share_and_lag(substance):
    equations, ways = alone(substance)
    by_hand = hand(equations, ways, seed=11)
    expected = {}
    for way in ways:
        entering = by_hand.entering(way)
        paths = sheet(substance).entry(way.route, way.form).paths
        if not paths:
            expected[way.target, f"central_{substance}"] = (entering, 0.0, None)
        for i, share in enumerate(by_hand.shares(way), start=1):
            states, lag, duration = by_hand.chain(way, i)
            first = states[0][0] if states else f"central_{substance}"
            expected[way.target, first] = (entering * share, lag, duration)
    found = by_hand.at.targets
    assert set(found) == set(expected)
    for key, (share, lag, duration) in expected.items():
        assert found[key][0] == pytest.approx(share, rel=1e-9), key
        assert found[key][1] == pytest.approx(lag, rel=1e-9, abs=1e-12), key
        assert found[key][2] == pytest.approx(duration), key


@pytest.mark.parametrize("substance", GIVEN)
def test_what_leaves_one_state_of_a_path_enters_the_next(substance):
    equations, ways = alone(substance)
    by_hand = hand(equations, ways, seed=12)
    rates = by_hand.at.rates
    for way in ways:
        for i in range(1, len(sheet(substance).entry(way.route, way.form).paths) + 1):
            inflow = 0.0
            for name, rate in by_hand.chain(way, i)[0]:
                outflow = rate * by_hand.at.states[name]
                assert rates[name] == pytest.approx(inflow - outflow, rel=1e-9), name
                inflow = outflow


def test_doses_per_kilogram_and_of_lots_are_turned_into_what_is_given():
    way = Way("oxycodone", "oral", "ir", per_kg=True, content_cv=0.2)
    equations = system(["oxycodone"], ["oxycodone"], ways=[way]).build()
    by_hand = hand(equations, (way,), seed=13)
    content = by_hand.at.values[f"{way.target}.content"]
    share = sum(found[0] for found in by_hand.at.targets.values())
    expected = by_hand.bioavailability(way) * content * by_hand.at.values["weight"]
    assert share == pytest.approx(expected, rel=1e-9)
    lot = {p.name: p for p in equations.parameters}[f"{way.target}.content"]
    assert (lot.value, lot.uncertainty_cv, lot.between_patient_sd) == (1.0, 0.2, 0.0)


def with_transits(n: float, mean: float, lag: float):
    """Oral morphine with one path of `n` transit compartments of mean time `mean` h behind `lag` h."""
    known = sheet("morphine")
    entry = known.entry("oral", "any")
    number = entry.F.model_copy(update={"value": n, "unit": "1", "scale": "log"})
    path = entry.paths[0].model_copy(
        update={
            "fraction": None,
            "k_release": None,
            "duration": None,
            "n_transit": number,
            "mtt": number.model_copy(update={"value": mean, "unit": "h"}),
            "lag": number.model_copy(update={"value": lag, "unit": "h"}),
            "ka": None,
        }
    )
    changed = entry.model_copy(update={"paths": (path,)})
    return known.model_copy(update={"absorption": (changed,)})


@settings(max_examples=40)
@given(
    st.one_of(st.integers(1, 12).map(float), st.floats(1.0, 30.0)),
    st.floats(0.1, 10.0),
    st.floats(0.0, 2.0),
)
def test_transits_keep_the_mean_and_the_variance(n, mean, lag):
    m = Model("transits")
    changed = with_transits(n, mean, lag)

    way = Way("morphine", "oral", "any")
    body = distribute(m, Plain(m, changed))
    m.add_rate(body.central, absorb(m, body, way).swallowed)
    equations = m.build()
    chain = [name for name in equations.state_names if name.startswith("transit")]
    count, rate, wait = transit(n, mean)
    assert len(chain) == count
    found = point(equations, 1, spread=0.0, **dict.fromkeys(equations.state_names, 0.0))
    for name in chain:
        at = point(
            equations, 1, spread=0.0, **dict.fromkeys(equations.state_names, 0.0) | {name: 1.0}
        )
        assert at.rates[name] == pytest.approx(-rate, rel=1e-9)
    (_, late, _) = next(iter(found.targets.values()))
    assert late == pytest.approx(lag + wait, rel=1e-9, abs=1e-12)
    assert late - lag + count / rate == pytest.approx(mean, rel=1e-9)
    if n not in (1, 2, 3, 4):
        assert count / rate**2 == pytest.approx(mean**2 / (n + 1), rel=1e-9)
        assert np.isfinite(late) and count <= 4
