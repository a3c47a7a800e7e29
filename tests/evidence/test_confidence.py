"""The rule that gives the confidence in a verdict, and what no verdict may rest on."""

import pytest

from speciosa import facts
from speciosa.evidence.ledger.claims import check_ledger, claim_ids, confidence_by_rule, support
from speciosa.evidence.ledger.confidence import confidence, stands_aside, weight


@pytest.mark.parametrize("name", claim_ids())
def test_every_recorded_confidence_is_the_rule_s(name):
    assert support(name).confidence == confidence_by_rule(name)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("kratomstudy-0095", 3),  # a randomised trial
        ("legal-0093", 3),  # a statute read
        ("kratom-0075", 2),  # content of a product
        ("kratomstudy-0071", 2),  # surveillance of deaths
        ("kratomstudy-0023", 1),  # a survey
        ("kratomstudy-0064", 1),  # a poison centre
        ("kratomstudy-0093", 1),  # a trial that only a company reports
        ("kratomstudy-0088", 0.5),  # mice
        ("receptors-0121", 0.5),  # cells
        ("kratomstudy-0059", 1),  # a case
        ("treatment-0042", 1.5),  # counts of a trial, from memory
        ("kratomstudy-0086", 0),  # a newspaper
        ("kratomstudy-0005", 0),  # an advocate
    ],
)
def test_a_row_counts_by_what_it_is(row, expected):
    assert weight(row) == expected


def test_the_rule_by_hand():
    """Two surveys against one trial and a mouse: F = 2, A = 3.5."""
    rows = ["kratomstudy-0023", "kratomstudy-0031"], ["kratomstudy-0095", "kratomstudy-0088"]
    assert confidence("supported", "efficacy", *rows) == 0.4  # 3 / 7.5
    assert confidence("contradicted", "efficacy", *rows) == 0.6  # 4.5 / 7.5
    assert confidence("mixed", "efficacy", *rows) == 0.65  # 5 / 7.5
    assert confidence("not established", "efficacy", *rows) == 0.8
    assert confidence("not established", "efficacy", *rows, searched=True) == 0.95


def test_a_trial_of_the_claim_itself_makes_not_established_less_sure():
    rows = ["kratomstudy-0095"], []
    assert confidence("not established", "efficacy", *rows, searched=True) == 0.5
    assert confidence("not established", "efficacy", *rows, rows[0], searched=True) == 0.95


def test_rows_of_one_source_count_once():
    one = confidence("supported", "efficacy", ["kratomstudy-0023"], [])
    assert confidence("supported", "efficacy", ["kratomstudy-0023", "kratomstudy-0024"], []) == one


def test_no_verdict_rests_on_a_newspaper_or_an_advocate():
    assert stands_aside("latimes2025seven")
    assert stands_aside("aka2024fda")
    for row in facts.records("claims"):
        assert not any(stands_aside(key) for key in row.sources), row.id
    assert check_ledger() == []


def test_a_confidence_of_ones_own_and_a_newspaper_are_faults(monkeypatch):
    from speciosa.evidence.ledger import claims

    judged = {name: dict(spec) for name, spec in claims._judgements().items()}
    judged["c24"]["against"] = [*judged["c24"]["against"], "kratomstudy-0086"]
    judged["c08"]["for"] = ["kratomstudy-0095"]
    judged["c09"]["indirect"] = ["kratomstudy-0090"]
    monkeypatch.setattr(claims, "_judgements", lambda: judged)
    faults = [str(fault) for fault in check_ledger()]
    assert any("claim c24" in text and "newspaper" in text for text in faults)
    assert any("claim c08, confidence: expected 0.5, by the rule" in text for text in faults)
    assert any("claim c09, indirect" in text for text in faults)


def test_every_claim_says_which_trials_are_under_way():
    for name in claim_ids():
        assert support(name).under_way_sentence.startswith("Trials under way: ")
    assert "NCT06089980" in support("c25").under_way_sentence
    assert support("c08").under_way_sentence == (
        "Trials under way: none known, as far as a search on 2026-11-29 went."
    )
    assert "registered-0001" in support("c19").as_dict()["under_way"]


def test_every_assertion_of_the_article_has_a_claim():
    """The seven that had none: stimulation, mood, complexity, 7-OH in the leaf, extracts, a best dose, guidance."""
    assert {f"c{number}" for number in range(25, 32)} <= set(claim_ids())
