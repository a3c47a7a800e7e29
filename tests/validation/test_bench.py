"""From courses to the number of a row: arms compared, timing of doses, ratios, per dose and per mass, and spreads."""

import numpy as np
import pytest
from tests.validation.rows import observed

from speciosa.errors import InputError
from speciosa.facts.products import contents
from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.covariates import Description
from speciosa.regimen import parse_regimen
from speciosa.validation.arms import FOLLOWED, Arm, follow_until, merged, pilot_times, plan, timing
from speciosa.validation.bench import (
    Solved,
    arms_of,
    count_of,
    individual,
    lay_out,
    times_of,
)
from speciosa.validation.between_studies import kind, spread_at
from speciosa.validation.metrics import Course, sampling_times
from speciosa.validation.observed.observations import Observation

TIMES = np.unique(np.concatenate([sampling_times(0.0, 120.0, count=600), [5.0]]))
BASE = contents("morphine")["morphine"].value
A_MILLIGRAM = 1e6 * BASE / sheet("morphine").molar_mass.to("g/mol")
"""Nanomoles of morphine in a milligram of its salt."""
RATES = np.array([0.1, 0.2, 0.05, 0.1])


def when(doses: str, *sources: str):
    return timing(plan(Arm(parse_regimen(doses))), sources)


def test_timing_of_one_dose():
    found = when("10 mg morphine iv at 3 h over 2 h", "morphine")
    nanomoles = 10 * A_MILLIGRAM
    assert (found.first_h, found.last_h, found.interval_h, found.over_h) == (3.0, 3.0, 0.0, 2.0)
    assert found.last_nmol == found.total_nmol == pytest.approx(nanomoles)
    assert found.injected and not found.repeated and not found.per_kg


def test_timing_of_many_doses():
    found = when("10 mg morphine oral every 6 h x 5; 20 mg morphine oral at 30 h", "morphine")
    assert (found.first_h, found.last_h, found.interval_h) == (0.0, 30.0, 6.0)
    assert found.last_nmol == pytest.approx(20 * A_MILLIGRAM)
    assert found.total_nmol == pytest.approx(70 * A_MILLIGRAM)
    assert not found.injected and found.repeated


def test_what_is_given_at_once_is_one_dose():
    found = when("10 mg morphine oral every 8 h x 3; 5 mg morphine iv at 16 h", "morphine")
    assert found.last_nmol == pytest.approx(15 * A_MILLIGRAM) and not found.injected
    assert (found.last_h, found.interval_h) == (16.0, 8.0)
    pair = when("10 mg morphine oral; 5 mg morphine oral", "morphine")
    assert pair.interval_h == 0.0 and pair.last_nmol == pytest.approx(15 * A_MILLIGRAM)


def test_only_sources_count():
    both = "10 mg morphine oral; 5 mg fentanyl iv at 9 h"
    assert when(both, "morphine").last_h == 0.0 and when(both, "fentanyl").last_h == 9.0
    assert when(both, "methadone") is None
    assert when("0.1 mg/kg morphine iv", "morphine").per_kg


def test_a_course_is_followed_until_nearly_all_of_its_area():
    times = pilot_times(0.0)
    for rate in (0.05, 0.5):
        end = follow_until(Course(times, np.exp(-rate * times)[None, :]))
        exact = -np.log(1 - FOLLOWED) / rate
        assert 1.1 * exact < end < 1.3 * exact
    later = follow_until(Course(times + 10.0, np.exp(-0.05 * times)[None, :]))
    assert later == pytest.approx(10 + follow_until(Course(times, np.exp(-0.05 * times)[None, :])))
    assert follow_until(Course(times, np.exp(-99 * times)[None, :])) >= 1.0
    assert follow_until(Course(times + 5.0, np.zeros((1, len(times))))) == 29.0
    assert times[-1] == 8000.0
    assert pilot_times(7.0)[[0, -1]].tolist() == [7.0, 8007.0]


def test_windows_are_merged_once_each_in_order():
    found = merged([np.array([3.0, 1.0]), np.array([1.0 + 1e-12, 2.0])])
    assert found.tolist() == [0.0, 1.0, 2.0, 3.0]


IV, ORAL = "10 mg morphine iv", "20 mg morphine oral"


def test_a_plain_row_has_one_arm_and_a_comparison_two():
    assert len(arms_of(observed("Cmax", "ng/mL"))) == 1
    assert len(arms_of(observed("Cmax", "ng/mL", versus=IV))) == 1
    one, other = arms_of(observed("Cmax_ratio", "1", ORAL, IV, patient="renal=severe"))
    assert str(one.regimen) == str(parse_regimen(ORAL)) and str(other.regimen) == str(
        parse_regimen(IV)
    )
    assert one.patient == other.patient and one.patient.values == {"egfr": 22.0}


def test_the_same_regimen_is_compared_with_an_undescribed_patient():
    one, other = arms_of(observed("Cmax_ratio", "1", ORAL, ORAL, patient="renal=severe"))
    assert one.patient.values == {"egfr": 22.0} and other.patient == Description()
    stated = observed(
        "Cmax_ratio", "1", ORAL, ORAL, patient="renal=severe", against=Description({"egfr": 45.0})
    )
    assert arms_of(stated)[1].patient.values == {"egfr": 45.0}


def test_bioavailability_is_against_an_injection_in_the_same_patient():
    one, other = arms_of(observed("F_absolute", "%", ORAL, patient="hepatic=moderate"))
    assert [str(dose.route) for dose in other.regimen.doses] == ["iv"]
    assert one.patient == other.patient
    with pytest.raises(InputError, match="something given"):
        arms_of(observed("F_absolute", "%", "1 mg fentanyl iv"))


def test_arms_are_shared_by_what_they_are():
    assert Arm(parse_regimen(IV)) == Arm(parse_regimen(IV))
    assert Arm(parse_regimen(IV)) != Arm(parse_regimen(IV), effects=True)
    assert Arm(parse_regimen(IV)) != Arm(parse_regimen(IV), Description({"weight": 80.0}))
    assert len({Arm(parse_regimen(IV)), Arm(parse_regimen(IV)), Arm(parse_regimen(ORAL))}) == 2


@pytest.mark.parametrize(
    ("metric", "n", "count"),
    [("Cmax", None, 12), ("Cmax", 8, 8), ("Cmax", 100, 24), ("share_ge", 100, 48)],
)
def test_as_many_patients_as_the_study_had(metric, n, count):
    at = "5 @ 2 h" if metric == "share_ge" else ""
    assert count_of(observed(metric, "1", analyte="cows", at=at, n=n)) == count


def bench(row: Observation, **levels: float):
    """A row's arms, each analyte of the n-th arm an exponential from its level, faster in some patients."""
    wanted, failed = lay_out([row])
    assert not failed
    solved = {}
    for number, arm in enumerate(wanted):
        courses = {
            name: level / (number + 1) * np.exp(-RATES[:, None] * TIMES)
            for name, level in levels.items()
        }
        weight = np.array([50.0, 60.0, 70.0, 80.0])
        solved[arm] = Solved(TIMES, courses, weight, draws=2, patients=2)
    return individual(row, solved, wanted, 2)


def test_patients_and_draws_keep_their_places():
    found = bench(observed("AUC0-inf", "nmol*h/L"), morphine=7.0)
    assert found == pytest.approx((7 / RATES).reshape(2, 2), rel=1e-3)


@pytest.mark.parametrize(("unit", "factor"), [("1", 1.0), ("%", 100.0)])
def test_a_ratio_is_of_the_first_over_the_second(unit, factor):
    found = bench(observed("AUC0-inf_ratio", unit, ORAL, IV), morphine=7.0)
    assert found == pytest.approx(np.full((2, 2), 2.0 * factor))


def test_a_difference_is_the_first_less_the_second():
    row = observed("difference", "mm", ORAL, IV, analyte="pupil_diameter_mm", at="5 h")
    expected = 3.0 * np.exp(-RATES * 5.0)
    assert bench(row, pupil_diameter_mm=6.0) == pytest.approx(expected.reshape(2, 2), rel=1e-4)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("1", 1.0),
        ("%", 100.0),
        (
            "ng/mL / ng/mL",
            sheet("morphine_6_glucuronide").molar_mass.value / sheet("morphine").molar_mass.value,
        ),
    ],
)
def test_metabolite_over_parent(unit, factor):
    row = observed("AUC0-inf", unit, ORAL, analyte="morphine_6_glucuronide/morphine")
    found = bench(row, morphine=2.0, morphine_6_glucuronide=8.0)
    assert found == pytest.approx(np.full((2, 2), 4.0 * factor))


def test_an_exposure_per_dose_is_per_mass_of_what_was_given():
    row = observed("AUC0-inf_per_dose", "ng*h/mL/mg", ORAL)
    plain = bench(observed("AUC0-inf", "ng*h/mL", ORAL), morphine=9.0)
    assert bench(row, morphine=9.0) == pytest.approx(plain / (20.0 * BASE), rel=1e-6)
    metabolite = observed(
        "AUC0-inf_per_dose", "nmol*h/L/mg", ORAL, analyte="morphine_6_glucuronide"
    )
    found = bench(metabolite, morphine_6_glucuronide=9.0)
    assert found == pytest.approx((9 / RATES / (20.0 * BASE)).reshape(2, 2), rel=1e-3)


def test_bioavailability_takes_the_doses_into_account():
    """20 mg by mouth against 1 mg into the vein, areas 2 to 1 here: F is a tenth."""
    found = bench(observed("F_absolute", "%", ORAL), morphine=9.0)
    assert found == pytest.approx(np.full((2, 2), 10.0))


def test_arms_are_stored_where_their_rows_look():
    rows = [
        observed("concentration", "ng/mL", ORAL, at="2.5 h", id="a"),
        observed("concentration", "ng/mL", ORAL, at="30 h to 31 h", id="b"),
        observed("AUC0-inf", "ng*h/mL", ORAL, id="c"),
    ]
    wanted, _ = lay_out(rows)
    (want,) = wanted.values()
    times = times_of(want)
    assert want.outputs == {"morphine": None} and len(want.rows) == 3 and want.patients == 12
    assert 2.5 in times and 30.0 in times and 31.0 in times
    assert ((times >= 30.0) & (times <= 31.0)).sum() >= 61
    assert times[0] == 0.0 and (np.diff(times) > 0).all()
    assert times[1] == pytest.approx(1 / 120) and times[-1] > 12.0


def test_an_effect_after_an_infusion_is_watched_after_its_end():
    row = observed(
        "nadir", "1", "5 mg morphine iv over 3 h", analyte="ventilation_fraction", at="0 h to 9 h"
    )
    (want,) = lay_out([row])[0].values()
    times = times_of(want)
    assert np.abs(times - (3 + 1 / 60)).min() < 1e-9


@pytest.mark.parametrize(
    ("metric", "analyte", "expected"),
    [
        ("Cmax", "morphine", "exposure"),
        ("CL", "morphine", "exposure"),
        ("Tmax", "morphine", "time"),
        ("t_half", "morphine", "time"),
        ("Tmax_ratio", "morphine", "ratio"),
        ("AUC0-inf_ratio", "morphine", "ratio"),
        ("F_absolute", "morphine", "ratio"),
        ("value", "pupil_diameter_mm", "normal"),
        ("change", "pupil_diameter_mm", "score"),
        ("value", "cows", "score"),
        ("difference", "pain_nrs", "difference"),
        ("share_ge", "cows", "fraction"),
        ("value", "mor_occupancy", "fraction"),
        ("difference", "nausea_probability", "fraction"),
        ("nadir", "ventilation_fraction", "fraction"),
    ],
)
def test_every_row_has_its_kind_of_spread(metric, analyte, expected):
    assert kind(observed(metric, "1", versus=ORAL, analyte=analyte, at="5 @ 2 h")) == expected


def test_ratios_spread_the_more_the_further_they_are_from_one():
    known = {"ratio": 0.1, "strength": 0.2, "exposure": 0.3}
    ratio = observed("Cmax_ratio", "1", ORAL, IV)
    found = spread_at(ratio, np.array([1.0, 0.5, 4.0]), known)
    expected = np.sqrt(0.01 + (0.2 * np.log([1.0, 0.5, 4.0])) ** 2)
    assert found == pytest.approx(expected)
    assert spread_at(observed("Cmax", "ng/mL"), np.ones(3), known).tolist() == [0.3] * 3
    bioavailability = observed("F_absolute", "1", ORAL)
    assert spread_at(bioavailability, np.array([0.2]), known).tolist() == [0.1]


@pytest.mark.parametrize(("trials", "share"), [(1, 1.0), (2, 0.5**0.5), (4, 0.5), (100, 0.25)])
def test_pooling_at_best_quarters_what_studies_differ_by(trials, share):
    assert observed("Cmax", "ng/mL", trials=trials).averaging == pytest.approx(share)


def test_parts_of_a_metric():
    row = observed(
        "AUC0-inf_per_dose_ratio", "1", ORAL, IV, analyte="morphine_6_glucuronide / morphine"
    )
    assert row.base_metric == "AUC0-inf" and row.per_dose and row.is_ratio and not row.is_effect
    assert row.substances == ("morphine_6_glucuronide", "morphine")
    assert observed("value", "1", analyte="cows").substances == ()
