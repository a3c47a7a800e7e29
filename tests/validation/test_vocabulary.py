"""What studies print, read as it was meant: compared groups, bounds, units, ratios per dose, scales."""

from pathlib import Path

import pytest

from speciosa.pharmacology.covariates import describe
from speciosa.units import factor
from speciosa.validation.bench import arms_of
from speciosa.validation.observed.timing import parse_at
from speciosa.validation.predict import Options, predict
from speciosa.validation.run import read, validate

HEADER = "id,n,doses,versus,covariates,analyte,metric,at,statistic,value,unit,versus_covariates\n"


def rows(folder: Path, *lines: str):
    path = folder / "rows.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    file = read(path)
    assert not file.faults, file.faults
    return file.rows


def predicted(folder: Path, *lines: str) -> list[float]:
    return [row.predicted for row in predict(rows(folder, *lines), Options(draws=20))[0]]


CODEINE = (
    "a,9,30 mg codeine oral,{},cyp2d6=poor; weight=60 kg,morphine,AUC0-inf_ratio,,mean,0.05,1,{}"
)


@pytest.mark.parametrize(
    ("versus", "column"),
    [
        ("30 mg codeine oral; cyp2d6=normal", ""),
        ("cyp2d6=normal", ""),
        ("30 mg codeine oral (cyp2d6=normal)", ""),
        ("30 mg codeine oral", "cyp2d6=normal"),
        ("same; cyp2d6=em", ""),
    ],
)
def test_a_compared_group_has_a_description_of_its_own(tmp_path, versus, column):
    row = rows(tmp_path, CODEINE.format(versus, column))[0]
    described, compared = (arm.patient.values for arm in arms_of(row))
    assert dict(described) == {"cyp2d6": 0.0, "weight": 60.0}
    assert dict(compared) == {"cyp2d6": 1.75, "weight": 60.0}
    assert str(row.versus) == str(row.regimen)


def test_the_same_regimen_without_a_description_is_the_undescribed_patient(tmp_path):
    row = rows(tmp_path, CODEINE.format("30 mg codeine oral", ""))[0]
    assert not arms_of(row)[1].patient.values


def test_two_groups_compare_as_their_courses_do(tmp_path):
    ratio, poor, normal = predicted(
        tmp_path,
        CODEINE.format("cyp2d6=normal", ""),
        "b,9,30 mg codeine oral,,cyp2d6=poor; weight=60 kg,morphine,AUC0-inf,,mean,1,ng*h/mL,",
        "c,9,30 mg codeine oral,,cyp2d6=normal; weight=60 kg,morphine,AUC0-inf,,mean,1,ng*h/mL,",
    )
    assert ratio == pytest.approx(poor / normal, rel=0.25) and ratio < 0.2


@pytest.mark.parametrize(
    ("text", "name", "low", "high"),
    [
        ("age>70", "age", 70, 80),
        ("age >= 65 y", "age", 65, 80),
        ("age=65-80", "age", 72, 73),
        ("age<40", "age", 20, 40),
        ("egfr<30", "egfr", 15, 30),
        ("egfr=30-59 mL/min/{1.73_m2}", "egfr", 44, 45),
        ("bmi>40 kg/m2", "bmi", 40, 50),
    ],
)
def test_a_group_between_bounds_stands_within_them(text, name, low, high):
    found, faults = describe(text)
    assert not faults and low < found.values[name] < high


@pytest.mark.parametrize("text", ["dialysis=yes", "smoking=no", "race=asian", "pregnant=yes"])
def test_what_is_not_modelled_is_refused_in_words(text):
    found, faults = describe(text)
    assert not found.values and "modelled" in str(faults[0])


@pytest.mark.parametrize(
    ("written", "meant", "size"),
    [
        ("mm[Hg]", "mmHg", 1),
        ("{breaths}/min", "1/min", 1),
        ("Cel", "degC", 1),
        ("[lb_av]", "lb", 1),
    ],
)
def test_units_of_ucum_are_understood(written, meant, size):
    assert factor(written, meant) == pytest.approx(size)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("72-96 h", "72 h to 96 h"),
        ("0–6 h", "0 h to 6 h"),
        ("30-90 min", "0.5 h to 1.5 h"),
        ("last + 2-4 h", "last + 2 h to 4 h"),
        ("1 to 2 h", "1 h to 2 h"),
        ("5 @ 1-3 d", "5 @ 24 h to 72 h"),
    ],
)
def test_a_window_may_be_written_with_a_hyphen(text, meant):
    at, faults = parse_at(text, "row")
    assert not faults and str(at) == meant


def test_an_exposure_per_dose_is_that_exposure_over_the_dose(tmp_path):
    per_dose, whole, ratio = predicted(
        tmp_path,
        "a,9,20 mg oxymorphone oral,,,oxymorphone,Cmax/D,,mean,1,ng/mL/mg,",
        "b,9,20 mg oxymorphone oral,,,oxymorphone,Cmax,,mean,1,ng/mL,",
        "c,9,20 mg oxymorphone oral,5 mg oxymorphone oral,,oxymorphone,dose-normalised AUC0-inf ratio,,mean,1,1,",
    )
    assert per_dose == pytest.approx(whole / 20, rel=0.2)
    assert ratio == pytest.approx(1)


@pytest.mark.parametrize("metric", ["AUC_ratio", "metabolic ratio", "AUC0-inf", "MR"])
def test_a_ratio_of_metabolite_to_parent_needs_no_comparison(tmp_path, metric):
    row = rows(
        tmp_path,
        f"a,9,30 mg morphine oral,,,morphine_6_glucuronide/morphine,{metric},,mean,4,1,",
    )[0]
    assert (row.metric, row.is_ratio) == ("AUC0-inf", False)


def test_a_volume_without_a_name_is_the_one_of_its_route(tmp_path):
    line = "{},9,10 mg morphine {},,,morphine,{},,mean,3,L/kg,"
    found = rows(
        tmp_path,
        line.format("a", "iv", "Vd"),
        line.format("b", "oral", "Vd/F"),
        line.format("c", "iv", "Vz"),
    )
    assert [row.metric for row in found] == ["Vss", "Vz_F", "Vz"]


def test_a_visual_analogue_scale_is_a_line_of_100_mm(tmp_path):
    line = "{},9,10 mg morphine iv,none,,pain vas,difference,1-2 h,mean,-10,{},"
    points, mm = predicted(tmp_path, line.format("a", "points"), line.format("b", "mm"))
    assert mm == pytest.approx(10 * points)


def test_a_scale_that_is_not_modelled_names_the_nearest(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        HEADER + "a,9,10 mg morphine iv,,,OAA/S,value,1 h,mean,3,1,\n", encoding="utf-8"
    )
    assert "sedation_probability" in str(read(path).faults["a"][0])


def test_what_a_row_says_and_no_model_uses_is_told(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        HEADER
        + "a,4,400 mg gabapentin oral,,sex=female; egfr=30,gabapentin,CL_F,,mean,3,L/h,\n"
        + "b,4,10 mg morphine iv,,,morphine,CL,,mean,80,L/h,\n",
        encoding="utf-8",
    )
    report = validate(path, options=Options(draws=10))
    assert report.notes == ("a: no effect of sex is modelled on gabapentin after gabapentin.",)


def test_errors_of_effects_are_by_unit_and_never_over_a_mixture(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        HEADER
        + "a,4,10 mg morphine iv,,,petco2,value,1 h,mean,45,mm[Hg],\n"
        + "b,4,10 mg morphine iv,,,ventilation_fraction,value,1 h,mean,0.7,1,\n"
        + "c,4,10 mg morphine iv,,,cows,value,1 h,mean,0,points,\n",
        encoding="utf-8",
    )
    summary = validate(path, options=Options(draws=10)).summary
    assert summary.overall.rmse is None and summary.groups["value"].rmse is None
    assert all(summary.groups[unit].rmse is not None for unit in ("mmHg", "1", "points of 48"))


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("CYP2D6 poor metabolisers", "cyp2d6", 0),
        ("CYP2D6 PM", "cyp2d6", 0),
        ("cyp2d6=*4/*4", "cyp2d6", 0),
        ("cyp2d6=*10/*1", "cyp2d6", 1.25),
        ("CYP2C9 *3/*1", "cyp2c9", 0.6),
        ("eGFR 15-30 mL/min", "egfr", 22.5),
        ("severe renal impairment", "egfr", 22),
        ("hepatic=Child-Pugh class B", "hepatic", 0.4),
        ("Child-Pugh C", "hepatic", 0.25),
        ("fasted", "food", 0),
        ("elderly", "age", 72),
    ],
)
def test_people_are_described_as_studies_print_them(text, name, value):
    found, faults = describe(text)
    assert (dict(found.values), faults) == ({name: value}, [])


@pytest.mark.parametrize(
    "text", ["poor", "severe", "no renal impairment", "CYP2D6 poor or ultrarapid"]
)
def test_words_that_may_mean_two_things_are_refused(text):
    found, faults = describe(text)
    assert not found.values and len(faults) == 1


@pytest.mark.parametrize("versus", ["10 mg oxymorphone oral fasted", "fasted", "same; food=fasted"])
def test_meals_stand_behind_a_regimen(tmp_path, versus):
    line = f"a,9,10 mg oxymorphone oral fed,{versus},,oxymorphone,Cmax_ratio,,mean,1.4,1,"
    fed, fasted = arms_of(rows(tmp_path, line)[0])
    assert (fed.patient.values, fasted.patient.values) == ({"food": 1.0}, {"food": 0.0})
    assert str(fed.regimen) == str(fasted.regimen) == "10 mg oxymorphone oral"


def test_a_ratio_of_a_group_without_a_comparison_is_one_to_people_not_described(tmp_path):
    line = "a,9,100 mg tapentadol oral,,hepatic=moderate,tapentadol,AUC ratio,,mean,4.2,1,"
    described, compared = arms_of(rows(tmp_path, line)[0])
    assert described.patient.values == {"hepatic": 0.4} and not compared.patient.values


@pytest.mark.parametrize(
    "cells",
    [
        "10 mg oxycodone oral; 200 mg ketoconazole oral,,hepatic=moderate",
        "10 mg oxycodone oral,,weight=60 kg",
    ],
)
def test_a_ratio_of_which_nobody_knows_to_what_is_refused_with_the_way_out(tmp_path, cells):
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + f"a,9,{cells},oxycodone,AUC ratio,,mean,2,1,\n", encoding="utf-8")
    ((fault,),) = read(path).faults.values()
    assert "versus" in fault.where and "the compared group" in fault.fix


def test_a_scale_of_pain_in_people_after_an_operation_is_one_of_acute_pain(tmp_path):
    line = (
        "a,9,1 g acetaminophen oral,placebo,surgery=dental,{},difference,0 h to 6 h,mean,-1,points,"
    )
    assert rows(tmp_path, line.format("pain intensity"))[0].analyte == "acute_pain_nrs"
    assert rows(tmp_path, line.format("pain_nrs"))[0].analyte == "pain_nrs"


def test_pieces_of_a_product_count_in_observations(tmp_path):
    line = "a,9,240 mL grapefruit juice oral; 2 capsules of kratom oral,,,mitragynine,Cmax,,mean,9,ng/mL,"
    assert (
        str(rows(tmp_path, line)[0].regimen)
        == "240 g grapefruit_juice oral; 1 g kratom_capsule oral"
    )


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("10 mg morphine oral,,,morphine,Css_avg,,mean,4,ng/mL", "'every 8 h x 21'"),
        ("10 mg morphine oral,,,morphine,Cmin,,mean,4,ng/mL", "Cmax or concentration"),
        ("10 mg morphine oral,,,morphine,AUC_tau,,mean,4,ng*h/mL", "AUC0-inf or AUC0-t"),
    ],
)
def test_an_interval_of_a_single_dose_is_refused_instead_of_being_zero(tmp_path, cells, told):
    failed = predict(rows(tmp_path, f"a,9,{cells},"), Options(draws=10))[1]
    assert [name for name, _ in failed] == ["a"] and told in failed[0][1]


def test_the_level_of_an_infusion_is_that_of_its_plateau(tmp_path):
    """0.5 ug/kg/min over a clearance of 40 mL/min/kg is 12 ng/mL."""
    line = "a,12,0.5 ug/kg/min remifentanil iv for 30 min,,weight=70 kg,remifentanil,Css,,mean,12,ng/mL,"
    assert predicted(tmp_path, line) == [pytest.approx(12, rel=0.2)]


def test_an_unknown_name_is_told_with_the_names_that_things_have(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        HEADER + "a,9,10 mg oxymorfone oral,,,cortisol,Cmax,,mean,1,ng/mL,\n", encoding="utf-8"
    )
    dose, analyte = next(iter(read(path).faults.values()))
    assert "Did you mean oxymorphone" in dose.fix and "oxymorphone_er" in dose.expected
    assert "opana" not in dose.expected and "actiq" not in analyte.expected
    assert len(dose.expected) < 3000 and "cows" in analyte.expected
