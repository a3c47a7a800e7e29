"""An overdose of anybody with anything: the same course whichever way it is asked for, and rescue when it is due."""

from dataclasses import replace

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
    end = float(at_once.time_s[-1])
    beyond = replace(at_once, naloxone_s=(20.0, end, end + 1.0))
    assert beyond.numbers()["naloxone_s"] == [20.0, end]
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


def test_an_hour_is_followed_second_by_second_where_nothing_else_is_said():
    light = "0.02 mg fentanyl iv"
    for found in (person_course(light), opioid_course("fentanyl", "0.02 mg")):
        assert found.time_s.tolist() == list(range(3601))


@pytest.mark.parametrize("dose", ["1.001 kg fentanyl iv", "1001 g fentanyl iv"])
def test_more_than_a_kilogram_is_a_slip_of_the_unit(dose: str):
    with pytest.raises(InputError, match="at most 1 kg at once"):
        course(dose)


def test_blood_flow_begins_to_fail_when_oxygen_has_been_low_for_long_enough():
    """Without a break, and at the end of that time; the heart stops after."""
    deep = person_course("2 mg fentanyl iv", until_s=1500.0, every_s=2.0)
    low = deep["arterial_po2_mmhg"] <= number("collapse", "P_o2_trigger").value
    assert deep.collapse_s is not None and deep.arrest and not low[0]
    first = deep.time_s[low][0]
    assert low[deep.time_s >= first].all()
    assert deep.collapse_s == pytest.approx(first + number("collapse", "delay").to("s"))
    early = person_course("2 mg fentanyl iv", until_s=float(first), every_s=2.0)
    assert early.collapse_s is None and not early.arrest


def test_what_is_swallowed_is_followed_until_it_has_done_its_worst():
    """Methadone by mouth stops the heart hours after it, when an hour of the course says nothing yet."""
    swallowed = opioid_course("methadone", "300 mg", route="oral")
    assert swallowed.time_s[-1] == 12 * 3600 and swallowed.arrest
    assert not opioid_course("methadone", "300 mg", route="oral", until_s=3600.0).arrest


def test_a_name_that_says_the_route_is_taken_so():
    named = opioid_course("Actiq", "800 ug", until_s=600.0)
    written = person_course("800 ug fentanyl transmucosal", until_s=600.0)
    np.testing.assert_array_equal(named["ventilation_l_min"], written["ventilation_l_min"])


@pytest.mark.parametrize("opioid", ["morphine", "oxycodone"])
def test_twenty_times_a_usual_dose_by_vein_stops_the_heart(opioid: str) -> None:
    usual, large = (
        opioid_course(opioid, dose, route="iv", until_s=3 * 3600.0) for dose in ("10 mg", "200 mg")
    )
    assert large.arrest and not usual.arrest
    assert usual["ventilation_l_min"].min() > 0.7 * usual.baseline_l_min
