"""When a regimen gives what, how long it is followed, and which arms share a simulation: by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from speciosa.pharmacology.covariates import Description
from speciosa.pharmacology.dosing import SubstanceDose, SubstanceDoses
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.regimen import parse_regimen
from speciosa.validation.arms import (
    FOLLOWED,
    LONGEST_H,
    Arm,
    follow_until,
    merged,
    pilot_times,
    timing,
)
from speciosa.validation.metrics import Course

ORAL, IV = Way("morphine", "oral", "any"), Way("morphine", "iv", "bolus")


def of(*doses):
    return timing(SubstanceDoses(doses), ["morphine"])


def test_one_dose():
    found = of(SubstanceDose(ORAL, 7.0, at_h=3.0))
    assert (found.first_h, found.last_h, found.interval_h, found.over_h) == (3, 3, 0, 0)
    assert (found.last_nmol, found.total_nmol, found.repeated, found.injected) == (
        7,
        7,
        False,
        False,
    )


def test_a_series():
    found = of(SubstanceDose(ORAL, 7.0, at_h=1.0, every_h=6.0, count=4, over_h=0.5))
    assert (found.first_h, found.last_h, found.interval_h, found.over_h) == (1, 19, 6, 0.5)
    assert (found.last_nmol, found.total_nmol, found.repeated) == (7, 28, True)


def test_a_loading_dose_then_a_single_one():
    found = of(SubstanceDose(ORAL, 7.0), SubstanceDose(ORAL, 3.0, at_h=12.0))
    assert (found.first_h, found.last_h, found.interval_h) == (0, 12, 12)
    assert (found.last_nmol, found.total_nmol) == (3, 10)


def test_three_single_doses_take_the_last_interval():
    found = of(*(SubstanceDose(ORAL, 1.0, at_h=t) for t in (0.0, 12.0, 17.0)))
    assert (found.first_h, found.interval_h, found.last_h) == (0, 5, 17)


def test_two_at_once_count_together_and_only_all_by_vein_are_injected():
    both = of(SubstanceDose(IV, 7.0, over_h=0.25), SubstanceDose(ORAL, 5.0, over_h=0.1))
    assert (both.last_nmol, both.total_nmol, both.over_h) == (12, 12, 0.25)
    assert not both.injected and both.interval_h == 0
    assert of(SubstanceDose(IV, 7.0), SubstanceDose(ORAL, 5.0, at_h=-4.0)).injected


def test_of_two_series_that_end_together_the_rarer_gives_the_interval():
    found = of(
        SubstanceDose(ORAL, 7.0, every_h=4.0, count=7),
        SubstanceDose(ORAL, 5.0, every_h=12.0, count=3),
    )
    assert (found.interval_h, found.last_h, found.last_nmol, found.total_nmol) == (12, 24, 12, 64)


def test_other_substances_do_not_count_and_nothing_is_none():
    other = SubstanceDose(Way("naloxone", "oral", "any"), 99.0, at_h=-5.0, every_h=1.0, count=50)
    found = of(other, SubstanceDose(ORAL, 7.0))
    assert (found.first_h, found.last_h, found.total_nmol) == (0, 0, 7)
    assert of(other) is None


def test_amounts_by_weight_are_told():
    assert of(SubstanceDose(Way("morphine", "iv", "bolus", per_kg=True), 7.0)).per_kg
    assert not of(SubstanceDose(IV, 7.0)).per_kg


@given(st.floats(0.02, 40), st.floats(0, 500))
def test_a_monoexponential_course_is_followed_until_its_share_is_reached(half_life, begin):
    rate = np.log(2) / half_life
    times = pilot_times(begin)
    found = follow_until(Course(times, np.exp(-rate * (times - begin))[None, :])) - begin
    wanted = 1.15 * -np.log(1 - FOLLOWED) / rate
    # the pilot is sparse: the share is reached at the first time looked at after it
    step = np.diff(times).max(initial=0, where=times[1:] - begin < 1.2 * wanted)
    assert max(min(wanted, LONGEST_H), 1) * 0.99 <= found <= max(wanted + 1.2 * step + 1, 1.0)


def test_a_course_of_nothing_and_one_that_is_not_finite_are_followed_a_day():
    times = pilot_times(2.0)
    for level in (0.0, -1.0, np.nan):
        assert follow_until(Course(times, np.full((1, len(times)), level))) == 26.0


def test_the_whole_course_counts_for_how_long_it_is_followed():
    """One that breaks off is followed a day; one that begins late is followed to its own end."""
    times = pilot_times(0.0)
    broken = np.where(times < 100.0, 1.0, np.nan)
    assert follow_until(Course(times, broken[None, :])) == 24.0
    late = np.where(times < 5.0, 0.0, np.exp(-0.05 * times))
    assert follow_until(Course(times, late[None, :])) > 60.0


def test_a_flat_course_is_followed_no_longer_than_the_longest():
    times = pilot_times(0.0)
    assert follow_until(Course(times, np.ones((1, len(times))))) == LONGEST_H


def test_windows_are_merged_in_order_with_0_and_without_near_twins():
    found = merged([np.array([5.0, 1.0]), np.array([1.0 + 5e-10, 1.0 + 5e-9, 5.0])])
    assert found.tolist() == [0.0, 1.0, 1.0 + 5e-9, 5.0]


def test_arms_that_share_a_simulation_are_equal():
    one = Arm(parse_regimen("10 mg morphine oral"), Description({"weight": 60.0}))
    same = Arm(parse_regimen("10 mg morphine oral"), Description({"weight": 60.0}))
    assert one == same and hash(one) == hash(same) and len({one, same}) == 1
    for other in (
        Arm(parse_regimen("11 mg morphine oral"), one.patient),
        Arm(one.regimen, Description({"weight": 61.0})),
        Arm(one.regimen, one.patient, effects=True),
    ):
        assert one != other
    assert one != "an arm"
