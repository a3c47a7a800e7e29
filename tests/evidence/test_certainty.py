"""Absolute effects and certainty: closed forms and refusals."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.reference import DATA

from speciosa.errors import EvidenceError
from speciosa.evidence.effects.absolute import absolute_effect
from speciosa.evidence.ledger.certainty import Domain, Judgement, grade, signals
from speciosa.evidence.pairwise.pooling import meta_analysis

risks = st.floats(0.01, 0.99)


@given(risks, st.sampled_from(["RR", "OR", "HR", "RD"]))
def test_no_effect_changes_no_risk(p, code):
    r = absolute_effect(code, 0.0, -0.1, 0.1, p, "test")
    assert r.with_treatment == pytest.approx(1000 * p)
    assert r.number_needed is None


@given(risks, risks)
def test_a_ratio_of_two_risks_leads_from_one_to_the_other(p, q):
    odds = np.log(q / (1 - q)) - np.log(p / (1 - p))
    assert absolute_effect("OR", odds, odds, odds, p, "test").with_treatment == pytest.approx(
        1000 * q
    )
    hazard = np.log(np.log(1 - q) / np.log(1 - p))
    assert absolute_effect("HR", hazard, hazard, hazard, p, "test").with_treatment == pytest.approx(
        1000 * q
    )


def test_number_needed_is_the_inverse_of_the_difference():
    r = absolute_effect("RD", -0.05, -0.08, -0.02, 0.3, "test")
    assert r.number_needed == pytest.approx(20)
    assert r.difference_interval == pytest.approx((-80, -20))


def test_a_baseline_needs_a_range_and_a_source():
    with pytest.raises(EvidenceError) as caught:
        absolute_effect("MD", 0, 0, 0, 1.4, " ")
    assert len(caught.value.faults) == 3


def five(**serious: str) -> list[Judgement]:
    return [
        Judgement(d, serious.get(d.replace(" ", "_"), "not serious"), "seen")
        for d in get_args(Domain)
    ]


@pytest.mark.parametrize(
    ("design", "judgements", "level"),
    [
        ("randomised", five(), "high"),
        ("randomised", five(imprecision="serious"), "moderate"),
        ("randomised", five(imprecision="very serious", indirectness="very serious"), "very low"),
        ("observational", five(), "low"),
        ("observational", [*five(), Judgement("large effect", "raises twice", "RR 6")], "high"),
    ],
)
def test_certainty_adds_its_judgements(design, judgements, level):
    assert grade(design, judgements).level == level


def test_a_judgement_without_reason_or_domain_is_refused():
    with pytest.raises(EvidenceError) as caught:
        grade(
            "randomised", [Judgement("imprecision", "bad", ""), Judgement("taste", "serious", "x")]
        )
    text = str(caught.value)
    for part in ("'risk of bias'", "a reason", "taste", "not serious or serious"):
        assert part in text


def test_signals_say_what_the_numbers_say():
    said = signals(meta_analysis(DATA / "data_bcg.csv", measure="RR"))
    assert "includes no effect" in said["inconsistency"]
    assert "excludes no effect" in said["imprecision"]
    assert "Egger" in said["publication bias"]
