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
