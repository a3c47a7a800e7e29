"""Records of a study file at their bounds, what they are where nothing is said, and what a taper and a value curve mean."""

import pytest
from pydantic import ValidationError

from speciosa.study.question.schema import (
    Arm,
    BenefitRisk,
    Criterion,
    Evidence,
    FollowUp,
    Population,
    Study,
)

ARM = Arm(name="a", regimen="none")


@pytest.mark.parametrize(
    ("record", "field", "least", "most"),
    [
        (Population, "patients", 2, 1_000_000),
        (Population, "draws", 1, 100_000),
        (Population, "seed", 0, 2**63 - 1),
        (BenefitRisk, "samples", 1000, 5_000_000),
    ],
)
def test_whole_numbers_hold_at_their_bounds_and_not_beyond(record, field, least, most) -> None:
    for value in (least, most):
        assert getattr(record(**{field: value}), field) == value
    for value in (least - 1, most + 1, str(least), float(least)):
        with pytest.raises(ValidationError, match=field):
            record(**{field: value})


def test_what_holds_where_a_file_says_nothing() -> None:
    size, shown = Population(), Evidence()
    assert (size.patients, size.draws, size.seed, size.covariates) == (200, 100, 1, "")
    assert (shown.networks, shown.risks, shown.claims, shown.recalled) == ((), True, True, False)
    assert (FollowUp().until, BenefitRisk().samples) == ("21 d", 20_000)
    arms = tuple(Arm(name=name, regimen="none") for name in "abc")
    study = Study(title="t", question="q", arms=arms)
    assert (study.reference, study.until_h, study.indication) == ("c", 21 * 24, "pain")
    named = study.model_copy(update={"benefit_risk": BenefitRisk(reference="b")})
    assert named.reference == "b"


def test_texts_hold_up_to_their_length() -> None:
    assert len(Arm(name="n" * 2000, regimen="none", note="w" * 2000).note) == 2000
    for fields in ({"name": ""}, {"name": "n" * 2001}, {"name": "n", "note": "w" * 2001}):
        with pytest.raises(ValidationError):
            Arm(**{"regimen": "none", **fields})
    whole = {"title": "t", "question": "q", "arms": (ARM,)}
    assert Study(**whole, facts="f" * 500).facts
    with pytest.raises(ValidationError, match="500"):
        Study(**whole, facts="f" * 501)


def test_a_study_has_one_to_forty_arms() -> None:
    arms = [Arm(name=f"a{number}", regimen="none") for number in range(41)]
    for count in (1, 40):
        assert len(Study(title="t", question="q", arms=arms[:count]).arms) == count
    for count in (0, 41):
        with pytest.raises(ValidationError):
            Study(title="t", question="q", arms=arms[:count])


@pytest.mark.parametrize(
    ("until", "holds"), [("0.5 h", True), ("366 d", True), ("366.1 d", False), ("0 h", False)]
)
def test_a_follow_up_is_above_nothing_and_at_most_a_year(until: str, holds: bool) -> None:
    if holds:
        assert FollowUp(until=until).until == until
    else:
        with pytest.raises(ValidationError, match="up to a year"):
            FollowUp(until=until)


def test_an_arm_has_at_most_a_hundred_thousand_doses() -> None:
    many, more = "1 mg morphine oral every 1 min x 60000", "1 mg ibuprofen oral every 1 min x {}"
    assert (
        Arm(name="a", regimen=many, comedication=more.format(40_000)).doses.doses[1].count == 40_000
    )
    with pytest.raises(ValidationError, match="at most 100000 doses"):
        Arm(name="a", regimen=many, comedication=more.format(40_001))


def test_records_do_not_change_and_a_copy_without_changes_is_the_same() -> None:
    arm = Arm(name=" a ", regimen="none")
    assert arm.name == "a" and arm.model_copy() == arm
    with pytest.raises(ValidationError, match="frozen"):
        arm.name = "b"


@pytest.mark.parametrize(
    ("every", "taper", "amounts", "a_day"),
    [
        (8, "1 d", [6.0], 3),
        (8, "6 h", [6.0], 3),
        (6, "3 d", [9.0, 6.0, 3.0], 4),
        (1, "2 d", [8.0, 4.0], 24),
        (24, "2 d", [8.0, 4.0], 1),
        (48, "2 d", [8.0, 4.0], 1),
        (12, "14 d", [12 * (1 - day / 15) for day in range(1, 15)], 2),
    ],
)
def test_a_taper_goes_down_in_equal_steps_of_a_day(every, taper, amounts, a_day) -> None:
    arm = Arm(name="a", regimen=f"12 mg morphine oral every {every} h x 5", taper=taper)
    steps = arm.doses.doses[1:]
    assert [step.amount for step in steps] == pytest.approx(amounts)
    assert [step.at_h for step in steps] == [5 * every + 24 * day for day in range(len(steps))]
    assert {(step.every_h, step.count) for step in steps} == {(every, a_day)}


@pytest.mark.parametrize(
    ("worst", "best", "points"),
    [
        (0, 4, ()),
        (4, 0, ()),
        (0, 4, ((3, 0.9), (1, 0.5))),
        (4, 0, ((1, 0.9), (3, 0.5))),
        (4, 0, ((3, 0.5), (1, 0.9))),
        (-2, 2, ((0, 0.5),)),
        (0, 4, ((2, 1e-6), (2.1, 1 - 1e-6))),
    ],
)  # fmt: skip
def test_values_rise_from_the_worst_to_the_best_in_whatever_order_they_are_given(
    worst, best, points
) -> None:
    held = Criterion(outcome="x", worst=worst, best=best, points=points)
    assert (held.worst, held.best, held.points) == (worst, best, points)


@pytest.mark.parametrize(
    ("worst", "best", "points"),
    [
        (0, 4, ((4, 0.5),)),
        (0, 4, ((0, 0.5),)),
        (0, 4, ((-1, 0.5),)),
        (4, 0, ((5, 0.5),)),
        (0, 4, ((2, 0.0),)),
        (0, 4, ((2, 1.0),)),
        (0, 4, ((2, 1.1),)),
        (0, 4, ((1, 0.5), (2, 0.5))),
        (0, 4, ((1, 0.5), (1, 0.6))),
        (0, 4, ((1, 0.6), (2, 0.5))),
        (4, 0, ((1, 0.5), (3, 0.6))),
        (4, 4, ()),
    ],
)
def test_values_that_do_not_rise_or_lie_outside_are_refused(worst, best, points) -> None:
    with pytest.raises(ValidationError, match="expected"):
        Criterion(outcome="x", worst=worst, best=best, points=points)
