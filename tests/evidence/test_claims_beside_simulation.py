"""What simulated draws say of a claim: shares by what was claimed, and where they disagree with the verdict."""

from dataclasses import replace

import numpy as np
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.ledger.claims import support

CLAIM = support("c03")
DRAWS = [2.0, 0.0, 0.0, -1.0, np.nan, np.inf]


def said(claimed: str, verdict: str, draws) -> str:
    claim = replace(
        CLAIM, verdict=verdict, simulation=dict(CLAIM.simulation) | {"claimed": claimed}
    )
    return claim.beside_simulation(draws)


@pytest.mark.parametrize(("claimed", "share"), [("above", 25), ("below", 25), ("not below", 75)])
def test_shares_of_finite_draws(claimed, share):
    text = said(claimed, "mixed", DRAWS)
    arm, other, outcome = (CLAIM.simulation[name] for name in ("arm", "versus", "outcome"))
    assert text == (
        f"Simulation: {outcome} with {arm} is {claimed} that with {other} in {share}% of draws, at the doses compared here."
    )


@pytest.mark.parametrize(
    ("verdict", "hits", "disagrees"),
    [
        ("supported", 0, True),
        ("supported", 4, True),
        ("supported", 5, False),
        ("supported", 100, False),
        ("contradicted", 100, True),
        ("contradicted", 96, True),
        ("contradicted", 95, False),
        ("contradicted", 0, False),
        ("mixed", 0, False),
        ("mixed", 100, False),
    ],
)
def test_one_in_twenty_is_the_bound_of_disagreement(verdict, hits, disagrees):
    draws = np.where(np.arange(100) < hits, 1.0, -1.0)
    text = said("above", verdict, draws)
    assert text.endswith(f"This disagrees with the verdict '{verdict}'.") is disagrees


def test_without_a_simulation_or_a_finite_draw_nothing_is_said():
    for claim, draws in (
        (replace(CLAIM, simulation={}), [1.0]),
        (CLAIM, [np.nan, np.inf]),
        (CLAIM, []),
    ):
        with pytest.raises(EvidenceError, match="a simulated outcome and finite draws"):
            claim.beside_simulation(draws)
