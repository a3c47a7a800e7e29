"""Disposition: exchange between compartments, and how clearances and volumes follow the patient."""

import pytest
from tests.pharmacology.parts.exposure.cases import GIVEN, alone, hand

from speciosa.facts.sheets.sheet import sheet


@pytest.mark.parametrize("substance", GIVEN)
def test_peripheral_compartments_exchange_with_plasma(substance):
    equations, ways = alone(substance)
    by_hand = hand(equations, ways, seed=21)
    rates = by_hand.at.rates
    for name in by_hand.substances:
        for number, flow in by_hand.exchanges(name).items():
            assert rates[f"peripheral{number}_{name}"] == pytest.approx(flow, rel=1e-8)
        count = sum(state.endswith(f"_{name}") and state.startswith("periph") for state in rates)
        assert count == sheet(name).disposition.compartments - 1


@pytest.mark.parametrize("substance", GIVEN)
def test_clearances_flows_and_volumes_follow_weight_and_covariates(substance):
    equations, ways = alone(substance)
    for seed in (22, 23):
        by_hand = hand(equations, ways, seed=seed)
        derived = by_hand.at.derived
        for name in by_hand.substances:
            symbols = ["CL", "V1"]
            for number in range(2, sheet(name).disposition.compartments + 1):
                symbols += [f"Q{number}", f"V{number}"]
            for symbol in symbols:
                expected = by_hand.scaled(name, symbol)
                assert derived[f"{name}.{symbol}"] == pytest.approx(expected, rel=1e-9), symbol


def test_plasma_is_amount_over_central_volume():
    equations, ways = alone("morphine")
    by_hand = hand(equations, ways, seed=24)
    for name, value in by_hand.at.outputs.items():
        assert value == pytest.approx(by_hand.concentration(name), rel=1e-9)
