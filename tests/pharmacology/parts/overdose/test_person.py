"""An overdose of anybody with anything: the same course whichever way it is asked for, and rescue when it is due."""

import numpy as np
import pytest

from speciosa.errors import InputError
from speciosa.pharmacology.breathing.numbers import number
from speciosa.pharmacology.overdose.course import OverdoseCourse, Rescue
from speciosa.pharmacology.overdose.person import opioid_course, person_course

UNTIL_S, EVERY_S = 900.0, 10.0
DOSE = "0.3 mg fentanyl iv"


def course(doses: str = DOSE, covariates: str = "", rescue: Rescue | None = None) -> OverdoseCourse:
    return person_course(
        doses, covariates=covariates, rescue=rescue, until_s=UNTIL_S, every_s=EVERY_S
    )


@pytest.fixture(scope="module")
def alone() -> OverdoseCourse:
    return course()


def test_who_cannot_be_is_told_before_anything_is_solved():
    with pytest.raises(InputError, match="cyp2d6"):
        course(covariates="cyp2d9=poor")


def test_times_reach_the_end_at_equal_steps(alone):
    assert alone.time_s.tolist() == np.arange(0, UNTIL_S + 1, EVERY_S).tolist()


def test_times_of_a_course_are_those_at_which_it_is_so(alone):
    """When ventilation first falls below the share of its baseline, and how low it comes."""
    share = alone["ventilation_l_min"] / alone["ventilation_l_min"][0]
    below = alone.time_s[share < number("rescue rule", "ventilation_trigger").value]
    assert alone.below_40_percent_s == below[0] > 0
    found = alone.numbers()
    assert found["baseline_ventilation_l_min"] == alone["ventilation_l_min"][0]
    assert found["lowest_ventilation_l_min"] == alone["ventilation_l_min"].min()
    assert found["lowest_ventilation_s"] == alone.time_s[alone["ventilation_l_min"].argmin()]
    assert found["last_ventilation_l_min"] == alone["ventilation_l_min"][-1]
    assert not alone.arrest and found["naloxone_s"] == []


def test_rescue_comes_by_the_rule_or_at_its_time_with_its_gap(alone):
    by_rule = course(rescue=Rescue("iv", (0.4, 0.4), delay_s=30.0, gap_s=100.0))
    first = alone.below_40_percent_s + 30.0
    assert by_rule.naloxone_s == (first, first + 100.0)
    at_once = course(rescue=Rescue("iv", (0.4,), first_s=20.0))
    assert at_once.naloxone_s == (20.0,)
    lowest = [each["ventilation_l_min"].min() for each in (alone, by_rule, at_once)]
    # The lowest may come before naloxone acts.
    assert lowest[0] <= lowest[1] * (1 + 1e-6) < lowest[2]
    before = alone.time_s <= first
    np.testing.assert_allclose(
        by_rule["ventilation_l_min"][before], alone["ventilation_l_min"][before], rtol=1e-4
    )
    assert by_rule["ventilation_l_min"][-1] > alone["ventilation_l_min"][-1] + 1


def test_who_never_falls_so_low_is_given_none():
    light = course("0.02 mg fentanyl iv", rescue=Rescue("iv", (0.4,)))
    assert light.below_40_percent_s is None and light.naloxone_s == ()


def test_one_opioid_is_a_person_with_that_dose_by_vein():
    """And as it usually is where it is not given so; histories that have a name are those."""
    one = opioid_course("fentanyl", "0.3 mg", user="chronic", until_s=60.0)
    same = person_course(DOSE, covariates="opioid_history=tolerant 100 MME", until_s=60.0)
    np.testing.assert_array_equal(one["ventilation_l_min"], same["ventilation_l_min"])
    other = opioid_course("7oh_tablet", "15 mg", user="tolerant 50 MME", until_s=60.0)
    swallowed = person_course(
        "15 mg 7oh_tablet oral", covariates="opioid_history=tolerant 50 MME", until_s=60.0
    )
    np.testing.assert_array_equal(other["ventilation_l_min"], swallowed["ventilation_l_min"])
