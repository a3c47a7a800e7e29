"""Rows as people write them: other spellings mean what the contract's do."""

from pathlib import Path

import pytest

from speciosa.validation.between_studies import kind
from speciosa.validation.predict import Options, predict
from speciosa.validation.run import read

HEADER = "id,n,doses,versus,covariates,analyte,metric,at,statistic,value,unit,spread_type,spread\n"
PLAIN = "a,12,10 mg morphine oral,,,morphine,AUC0-inf,,geomean,20,ng*h/mL,cv%,30"


def only_row(folder: Path, line: str):
    path = folder / "rows.csv"
    path.write_text(HEADER + line + "\n", encoding="utf-8")
    file = read(path)
    assert not file.faults, file.faults
    return file.rows[0]


@pytest.mark.parametrize(
    "line",
    [
        "a,12,10 mg Morphine PO,,,Morphine,AUCinf,,geometric mean,20,ng·h/mL,CV,30",
        "a,12,10 mg morphine p.o.,,,MORPHINE,AUC0-∞,,GM,20,ng.h.mL-1,CV%,30",
        "a,12,10 mg morphine oral,,,morphine,AUC,,geo mean,20,h ng/mL,%CV,30",
    ],
)
def test_another_spelling_is_the_same_row(tmp_path, line):
    wanted, found = only_row(tmp_path, PLAIN), only_row(tmp_path, line)
    for field in ("analyte", "metric", "statistic", "spread_type"):
        assert getattr(found, field) == getattr(wanted, field)
    assert [str(dose).casefold() for dose in found.regimen.doses] == ["10 mg morphine oral"]
    assert set(found.unit) == set(wanted.unit)


def test_an_area_alone_is_the_one_that_its_row_allows(tmp_path):
    partial = only_row(tmp_path, "a,9,10 mg morphine oral,,,morphine,AUC0-24,,mean,20,ng*h/mL,,")
    repeated = only_row(
        tmp_path, "a,9,10 mg morphine oral every 8 h x 9,,,morphine,AUC,,mean,20,ng*h/mL,,"
    )
    assert (partial.metric, partial.at.end_h, repeated.metric) == ("AUC0-t", 24.0, "AUC_tau")


def test_a_ratio_to_the_parent_may_be_in_percent(tmp_path):
    line = "a,9,39 mg mitragynine oral,,,7-OH/mitragynine,AUC0-inf,,mean,20,{},,"
    share, percent = (
        predict([only_row(tmp_path, line.format(unit))], Options(draws=10))[0][0].predicted
        for unit in ("1", "%")
    )
    assert percent == pytest.approx(100 * share)


def test_a_difference_is_of_two_arms_at_the_same_hours(tmp_path):
    line = "a,9,{},{},,pain_nrs,difference,last to last + 12 h,mean,-0.5,1,se,0.2"
    drug = "35 mg oxycodone_er oral every 12 h x 20"
    against, itself = (
        predict([only_row(tmp_path, line.format(drug, versus))], Options(draws=20))[0][0]
        for versus in ("placebo", drug)
    )
    assert against.predicted < -0.2 < 0 < itself.high
    assert abs(itself.predicted) < 0.3


def test_a_difference_needs_what_it_is_compared_with(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(
        HEADER + "a,9,10 mg morphine oral,,,pain_nrs,difference,2 h,mean,-1,1,,\n", encoding="utf-8"
    )
    assert "versus" in str(read(path).faults["a"][0])


@pytest.mark.parametrize(
    ("analyte", "metric", "unit", "meant"),
    [
        ("mor_occupancy", "value", "1", "fraction"),
        ("cows", "share_ge", "%", "fraction"),
        ("petco2_mmhg", "peak", "kPa", "normal"),
        ("pupil_diameter_mm", "change", "mm", "score"),
        ("cows", "value", "points", "score"),
        ("pain_nrs", "difference", "1", "difference"),
    ],
)
def test_what_studies_differ_by_has_the_scale_of_the_effect(tmp_path, analyte, metric, unit, meant):
    line = f"a,9,10 mg morphine iv,none,,{analyte},{metric},5 @ 2 h,mean,1,{unit},,"
    assert kind(only_row(tmp_path, line)) == meant


def test_an_occupancy_is_never_more_than_the_whole(tmp_path):
    row = only_row(tmp_path, "a,9,70 mg naloxone iv,,,mor_occupancy,value,1 h,mean,0.9,1,,")
    found = predict([row], Options(draws=40))[0][0]
    assert 0.8 < found.low <= found.high <= 1.0


def test_a_short_effect_is_not_missed_between_two_looks(tmp_path):
    lines = [
        f"{name},9,35 ug remifentanil iv,,weight=70 kg,minute_ventilation,{metric},{at},mean,3,L/min,,"
        for name, metric, at in (("nadir", "nadir", ""), ("late", "value", "1 h"))
    ]
    path = tmp_path / "rows.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    nadir, late = predict(read(path).rows, Options(draws=10))[0]
    assert nadir.predicted < 0.75 * late.predicted


@pytest.mark.parametrize(
    ("analyte", "metric", "plain", "factor"),
    [
        ("pain_nrs", "change", "1", None),
        ("liking_vas", "peak", "1", 1.0),
        ("cows", "value", "1", 100 / 48),
    ],
)
def test_percent_of_an_effect_is_of_its_scale_or_of_its_baseline(
    tmp_path, analyte, metric, plain, factor
):
    line = "a,9,10 mg morphine iv,,opioid_history=naive,{},{},2 h,mean,1,{},,"
    plainly, percent = (
        predict([only_row(tmp_path, line.format(analyte, metric, unit))], Options(draws=10))[0][0]
        for unit in (plain, "%")
    )
    if factor is None:
        assert -100 < percent.predicted < 10 * plainly.predicted < 0
    else:
        assert percent.predicted == pytest.approx(factor * plainly.predicted)


def test_a_pupil_stays_a_pupil(tmp_path):
    row = only_row(tmp_path, "a,9,100 mg methadone iv,,,pupil_diameter_mm,value,2 h,mean,2,mm,,")
    assert predict([row], Options(draws=40))[0][0].low > 0.5
