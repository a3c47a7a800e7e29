"""What plans say of claims stands in the ledger, with today's plan and numbers of the slow clock."""

from speciosa.care.answers import PLAN, made
from speciosa.care.read import read_plan
from speciosa.evidence.ledger.claims import support
from speciosa.evidence.ledger.plan_answers import kept


def test_kept_answers_are_of_the_plan_and_the_slow_clock_of_today():
    assert {answer.made for answer in kept()} == {made()}, "python -m speciosa.care.answers"


def test_every_claim_on_care_has_its_answer_beside_the_verdict():
    names = {arm.name for arm in read_plan(PLAN).arms}
    for claim in ("c12", "c13", "c22", "c31"):
        found = support(claim)
        assert found.planned and "Simulated plan" in str(found)
        for answer in found.planned:
            assert answer.low <= answer.median <= answer.high and 0 <= answer.fewer <= 1
            assert all(each.split(" (leaving")[0] in names for each in (answer.arm, answer.versus))


def test_what_holds_kratom_is_assumed_and_moves_no_verdict():
    for answer in kept():
        assert (answer.basis == "assumed") == ("ratom" in answer.arm or "7-OH" in answer.arm)
    assert support("c12").verdict == support("c31").verdict == "not established"
