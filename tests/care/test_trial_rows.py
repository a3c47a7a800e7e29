"""Predicting observed statistics: rows that can be read, rows that cannot, and what the JSON holds."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from speciosa.care.observations import rows
from speciosa.care.observed.asked import asked
from speciosa.care.observed.periods import PeriodError, contrast, period
from speciosa.care.observed.rates import denominator
from speciosa.care.observed.rows import Observed, read_rows
from speciosa.care.observed.settings import setting_of
from speciosa.care.observed.spans import Span, span
from speciosa.care.observed.trial import lines_of, predict_trial
from speciosa.care.read import parse_plan
from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.errors import InputError

PLAN = """
title = "Rows"
[population]
people = 40
draws = 10
[[arms]]
name = "Buprenorphine"
start = "16 mg buprenorphine_naloxone sublingual daily"
[follow_up]
until = "12 wk"
"""
ROWS = """id,arm,quantity,at,value,low,high,n
a,16 mg buprenorphine_naloxone sublingual daily,retained,4 wk,0.76,,,740
b,Buprenorphine,relapsed,12 wk,0.5,,,740
c,Buprenorphine,days of opioid use recorded,d 29-56,1.5,1.2,1.8,740
d,Buprenorphine,mortality ratio,weeks 1-2 after stopping against on treatment,9,5.4,14.9,
e,Buprenorphine,started,4 wk,0.98,,,740
f,2 spoons of hope,retained,4 wk,0.5,,,10
g,Buprenorphine,happiness,4 wk,0.5,,,10
h,Buprenorphine,retained,soon,0.5,,,10
i,380 mg naltrexone_depot depot every 28 d,retained,24 wk,0.3,,,100
j,Buprenorphine,seven days of use in a row recorded (from day 21),12 wk,0.07,,,740
k,Buprenorphine,hazard of the last dose,d 28-56,5.9,,,
l,Buprenorphine,opioid-positive urine recorded,12 wk,0.25,,,740
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    (folder / "rows.csv").write_text(ROWS, encoding="utf-8")
    register(app)
    words = ["pathway", str(folder / "plan.toml"), "--trial", str(folder / "rows.csv"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_rows_are_predicted_or_named_with_their_reason(report):
    assert {row["id"] for row in report["rows"]} == set("abcdeijkl")
    reasons = {row["id"]: row["reason"] for row in report["not_predicted"]}
    assert set(reasons) == set("fgh")
    assert "spoons" in reasons["f"] and "retained" in reasons["g"] and "24 wk" in reasons["h"]


def test_what_is_wrong_is_told_with_its_place(report):
    reasons = {row["id"]: row["reason"] for row in report["not_predicted"]}
    for name, place in (("f", "line 7, arm"), ("g", "line 8, quantity"), ("h", "line 9, at")):
        assert f"rows.csv, {place}" in reasons[name], reasons[name]


MESSY = """ID;Study;Treatment;Outcome;Time;Observed;N;Events;Lower;Unit
1;A;Buprenorphine;Retention in treatment;week 12;71 %;100;;;
;A;buprenorphine;left treatment;3 months;0,4;NA;;n/a;
3;B;Buprenorphine;retained;24-week;;200;90;;
4;B;Buprenorphine;retained;12 wk;71;100;;;
5;B;Buprenorphine;overdose mortality;out of treatment;0,5;;;;per 100 person-years
6;B;Buprenorphine;all-cause mortality ratio;in to out;-2;;;;
7;B;;retained;12 wk;many;0;;;
8;B;no medication;all-cause mortality;out of treatment;12;;;;
9;B;Methadone;retained;w12;80%;;;;
"""


def test_files_of_other_hands_are_read(tmp_path):
    plan, path = parse_plan(PLAN), tmp_path / "messy.csv"
    path.write_text(MESSY, encoding="utf-8-sig")
    found = predict_trial(plan, path, threads=1)
    read = {row.id: row for row in found.rows}
    assert set(read) == {"1", "line 3", "3", "5", "9"}
    assert read["9"].predicted > read["1"].predicted
    assert read["1"].observed == pytest.approx(0.71) and read["3"].observed == 0.45
    assert read["line 3"].predicted > 1.0 - read["1"].predicted
    assert read["5"].kind == "ratio" and 0.01 < read["5"].predicted < 20
    reasons = dict(found.not_predicted)
    assert "a share from 0 to 1" in reasons["4"] and "line 7, value" in reasons["6"]
    assert all(f"line 8, {cell}" in reasons["7"] for cell in ("arm", "value", "n"))
    assert "people of the arm live" in reasons["8"]


def test_missing_columns_are_told_at_once(tmp_path):
    (tmp_path / "few.csv").write_text("id,arm,quantities\n1,a,b\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        predict_trial(parse_plan(PLAN), tmp_path / "few.csv")
    told = "\n".join(map(str, error.value.faults))
    assert (
        "no quantity" in told and "'quantities'" in told and "no at" in told and "no value" in told
    )


def test_predictions_lie_in_their_intervals_and_errors_are_of_shares_only(report):
    for row in report["rows"]:
        assert row["low"] <= row["predicted"] <= row["high"], row
    shares = [row for row in report["rows"] if row["id"] in "abeijl"]
    assert all(row["kind"] == "share" and row["predicted"] < 1 for row in shares)
    errors = [(row["predicted"] - row["observed"]) ** 2 for row in shares]
    assert report["summary"]["rmse"] == pytest.approx((sum(errors) / len(errors)) ** 0.5)
    assert 0 <= report["summary"]["coverage_90"] <= 1
    spread = [row["expected_error"] for row in shares]
    assert report["summary"]["rmse_expected"] == pytest.approx(np.sqrt(np.mean(np.square(spread))))
    # What is expected lies between the error of counting and the ends of the interval.
    assert all(0.3 * (row["high"] - row["low"]) / 3.3 < row["expected_error"] for row in shares)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("out to in", ((1, 0, 53), (0, 0, 53))),
        ("out of treatment vs in treatment", ((1, 0, 53), (0, 0, 53))),
        ("first 2 weeks on against the rest on", ((0, 0, 2), (0, 2, 53))),
        ("weeks 3-4 after stopping against on treatment", ((1, 2, 4), (0, 0, 53))),
        ("first 4 weeks after leaving / rest of time off", ((1, 0, 4), (1, 4, 53))),
        ("first month after cessation versus remainder on treatment", ((1, 0, 4), (0, 4, 53))),
        ("methadone against none", ((0, 0, 53), (1, 0, 53))),
        ("weeks 5+ off against stable on treatment", ((1, 4, 53), (0, 0, 53))),
        ("weeks 1-4 after initiation vs more than 4 weeks on", ((0, 0, 4), (0, 4, 53))),
        ("", ((1, 0, 53), (0, 0, 53))),
    ],
)
def test_contrasts_are_read_as_cohorts_write_them(words, expected):
    assert contrast(words) == expected


def test_times_that_mean_nothing_are_refused():
    long = "9" * 5000
    for words in (
        "yesterday", "weeks 1-2", "year after the overdose", "hours 1-2 after stopping", f"week {long} on",
        f"weeks 1-{long} after stopping", f"weeks {long}+ off", f"first {long} weeks on", f"more than {long} weeks out",
    ):  # fmt: skip
        with pytest.raises(PeriodError):
            period(words)


SETTINGS = """id,study,arm,quantity,at,value,n,setting,note
all,,380 mg naltrexone_depot depot every 28 d,retained,12 wk,0.5,100,,
detoxified,,380 mg naltrexone_depot depot every 28 d,retained,12 wk,0.5,100,randomised after detoxification,
noted,,380 mg naltrexone_depot depot every 28 d,retained,12 wk,0.5,100,,HIV clinics; detoxified before
heroin,,Buprenorphine,retained,12 wk,0.5,100,people who use heroin,
prescribed,,Buprenorphine,retained,12 wk,0.5,100,dependence on prescription opioids,
register,,Methadone,retained,12 wk,0.5,100,first entrants in a register,
same,CTN-0027,Buprenorphine,retained,12 wk,0.5,100,,
other,Newman 1979,Methadone,retained,12 wk,0.5,100,,
methadone,,Methadone,retained,12 wk,0.5,100,,
later,,Buprenorphine,retained,12 wk,0.5,100,randomised after 2 weeks of run-in,
lost,,Buprenorphine,left treatment,12 wk,0.5,100,randomised after 2 weeks of run-in,
inert,,placebo,retained,12 wk,0.5,100,,
street,,Buprenorphine,retained,12 wk,0.5,100,people without a home,
parole,,Buprenorphine,retained,12 wk,0.5,100,people on parole,
fixed,,Methadone,retained,12 wk,0.5,100,fixed doses,
waiting,,waiting list,opioid-positive urine recorded,12 wk,0.5,100,,
"""


def test_the_people_of_a_study_are_those_that_its_row_tells_of(tmp_path):
    (tmp_path / "rows.csv").write_text(SETTINGS, encoding="utf-8")
    found = predict_trial(parse_plan(PLAN), tmp_path / "rows.csv", threads=1)
    read = {row.id: row.predicted for row in found.rows}
    assert read["detoxified"] == read["noted"] > read["all"] + 0.02
    assert read["prescribed"] > read["heroin"] + 0.02
    assert read["register"] < read["methadone"] - 0.02
    assert (
        read["same"] < read["heroin"] - 0.02
    )  # a trial of which nothing is told is rarely CTN-0027
    assert read["other"] >= read["methadone"]
    assert read["later"] > read["heroin"] + 0.02
    assert max(read["street"], read["parole"]) < read["heroin"] - 0.02
    assert read["fixed"] < read["methadone"] - 0.02
    assert read["lost"] == pytest.approx(1.0 - read["later"], abs=1e-9)
    assert read["inert"] < read["heroin"] - 0.1 and read["waiting"] > 0.4
    told = ["all", "detoxified", "noted", "heroin", "prescribed", "register"]
    told += ["same", "other", "methadone", "later", "lost"]
    told += ["inert", "street", "parole", "fixed", "waiting"]
    assert [row.id for row in found.rows] == told


def test_a_dose_that_cannot_be_is_told_by_place(tmp_path):
    path = tmp_path / "doses.csv"
    arm = f"methadone {'9' * 5000} mg"
    path.write_text(f"id,arm,quantity,at,value\na,{arm},retained,12 wk,0.5", encoding="utf-8")
    found = predict_trial(parse_plan(PLAN), path, threads=1)
    assert not found.rows and "doses.csv, line 2, arm" in found.not_predicted[0][1]


def test_a_name_with_its_year_in_an_id_tells_of_a_study(tmp_path):
    path = tmp_path / "ids.csv"
    lines = [
        "id,arm,quantity,at,value",
        *(f"{name},Buprenorphine,retained,12 wk,0.5" for name in IDS),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    told = {row.id: setting_of("", row.study).elsewhere for row in read_rows(path).read}
    assert told == IDS


IDS = {
    "mattick2003_bup": True,
    "hser2014-a": False,
    "row12": False,
    "p2024": False,
    "ctn-0051-x": True,
}


def test_what_was_observed_changes_no_prediction(tmp_path):
    """Not even where it is what the calibration saw, at the same time."""
    seen = next(row for row in rows() if row["trial"] == "CTN-0027" and row["at"] == "12 wk")
    head = "id,arm,quantity,at,value,n"
    found = []
    for value in (f"{float(seen['value']):.3f}", "0.5", "0.99"):
        path = tmp_path / "bare.csv"
        path.write_text(f"{head}\na,Buprenorphine,retained,12 wk,{value},740", encoding="utf-8")
        (row,) = predict_trial(parse_plan(PLAN), path, threads=1).rows
        found.append((row.predicted, row.low, row.high, row.expected_error))
    assert found[0] == found[1] == found[2]


def test_a_bare_row_lies_between_settings_and_that_is_told(tmp_path):
    line = "Buprenorphine,retained,12 wk,0.5,740"
    bare, named = tmp_path / "bare.csv", tmp_path / "named.csv"
    head = "id,arm,quantity,at,value,n"
    bare.write_text(f"{head}\na,{line}", encoding="utf-8")
    lines = [f"a,{line},CTN-0027,", f"b,{line},Ling 1998,", f"ctn-0027-12,{line},,"]
    lines += [f"c,{line},A 1998,routine care", f"d,{line},,"]
    named.write_text("\n".join([f"{head},study,setting", *lines]), encoding="utf-8")
    plan = parse_plan(PLAN.replace("draws = 10", "draws = 100"))
    one, other = (predict_trial(plan, each, threads=1) for each in (bare, named))
    (alone,), (own, elsewhere, by_id, routine, untold) = one.rows, other.rows
    assert own.predicted == by_id.predicted < elsewhere.predicted - 0.02
    assert routine.predicted + 0.01 < untold.predicted < elsewhere.predicted
    assert untold.expected_error > 1.01 * elsewhere.expected_error
    assert alone.predicted == pytest.approx(untold.predicted, abs=0.02)
    assert alone.expected_error > 1.05 * untold.expected_error
    assert "in two of three draws" in one.assumed[0] and "column `study`" in one.assumed[0]
    assert [each for each in other.assumed if "Row d names no study" in each] == list(other.assumed)
    for setting, words in (("other trials", "as in trials of others"), ("trial", "as in CTN-0027")):
        said = parse_plan(PLAN.replace('daily"', f'daily"\nsetting = "{setting}"'))
        assert words in predict_trial(said, bare, threads=1).assumed[0]
    assert list(lines_of(one))[-len(one.assumed) :] == list(one.assumed) == one.as_dict()["assumed"]


RATES = """id,arm,quantity,at,value,unit
usual,Buprenorphine,overdose mortality,out of treatment,5,
py,Buprenorphine,overdose mortality,out of treatment,5,"per 1,000 person-years at risk"
people,Buprenorphine,overdose mortality,out of treatment,5,per 100 people per year
population,Buprenorphine,overdose mortality,out of treatment,5,"per 100,000 population per year"
percent,Buprenorphine,overdose mortality,out of treatment,5,% per year
sign,Buprenorphine,overdose mortality,out of treatment,0.5%,per year
month,Buprenorphine,overdose mortality,out of treatment,5,/1000 patient-months
all,Buprenorphine,overdose,out of treatment,5,
nonfatal,Buprenorphine,Nonfatal overdose,out of treatment,5,
non-fatal,Buprenorphine,non-fatal opioid overdose,out of treatment,5,
both,Buprenorphine,fatal and nonfatal overdose,out of treatment,5,
months,Buprenorphine,hazard of the last dose,months 1-3,2,
days,Buprenorphine,hazard of the last dose,1 to 3 months,2,
use weeks,Buprenorphine,days of opioid use,weeks 1-13,2,
use months,Buprenorphine,days of opioid use,months 1-3,2,
use later,Buprenorphine,days of opioid use,month 3,2,
"""
REFUSED = """id,arm,quantity,at,value,unit,events,n
population,Buprenorphine,overdose mortality,out of treatment,5,"per 100,000 population",,
counts,Buprenorphine,overdose mortality,out of treatment,5,deaths,,
percent,Buprenorphine,overdose mortality,out of treatment,5%,,,
events,Buprenorphine,overdose mortality,out of treatment,,,5,100
weekly,Buprenorphine,days of opioid use,d 1-28,2,days per week,,
visits,Buprenorphine,hazard of the last dose,visits 1-3,2,,,
bare,Buprenorphine,hazard of the last dose,28-56,2,,,
hours,Buprenorphine,days of opioid use,hours 0-72,2,,,
digits,Buprenorphine,retained,week LONG,0.5,,,
digits span,Buprenorphine,hazard of the last dose,weeks 1-LONG,0.5,,,
digits rate,Buprenorphine,mortality,week LONG after stopping,0.5,,,
many,Buprenorphine,retained,week MANY,0.5,,,
"""


@pytest.fixture(scope="module")
def rates(tmp_path_factory):
    path = tmp_path_factory.mktemp("rates") / "rates.csv"
    path.write_text(RATES, encoding="utf-8")
    found = predict_trial(parse_plan(PLAN), path, threads=1)
    assert not found.not_predicted
    return {row.id: row.predicted for row in found.rows}


@pytest.mark.parametrize(
    ("unit", "share"),
    [("py", 1), ("people", 0.1), ("population", 100), ("percent", 0.1), ("sign", 0.1), ("month", 1 / 12)],
)  # fmt: skip
def test_rates_are_told_in_the_unit_of_the_row(rates, unit, share):
    assert rates[unit] == pytest.approx(rates["usual"] * share)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("deaths/1000 PY", (1000, 365.25)),
        ("1 / 1000 person–years", (1000, 365.25)),
        ("1,000 person-years", (1000, 365.25)),
        ("per 100 000 inhabitants a year", (100_000, 365.25)),
        ("per cent per month", (100, 30.4375)),
        ("per patient-week", (1, 7)),
        ("percent per 1000 person-years", None),
        ("% per 2 years", None),
        ("per 0 person-years", None),
        (f"per {'9' * 5000} person-years", None),
    ],
)
def test_units_of_rates(unit, expected):
    assert denominator(unit) == expected


@pytest.mark.parametrize("unit", ["days per 28", "days (0-28)", "days per 4-week period", ""])
def test_days_of_28_in_other_words(unit):
    row = Observed("a", "a.csv, line 2", "x", "days of use", "d 1-28", unit, 2.0, None, None, None)
    assert asked(row).kind == "days"


def test_overdoses_that_are_survived_are_not_deaths(rates):
    assert rates["nonfatal"] == rates["non-fatal"] > 2 * rates["usual"]
    assert rates["both"] == rates["all"] > rates["nonfatal"]


def test_spans_keep_their_unit_and_their_start(rates):
    assert rates["months"] == rates["days"] > 0
    assert rates["use months"] == rates["use weeks"] != rates["use later"]
    assert span("months 2-3") == Span(2.0, 3.0, 30.4375, numbered=True)


def test_units_and_times_that_are_not_understood_are_told_by_place(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(REFUSED.replace("LONG", "9" * 5000).replace("MANY", "9" * 250), "utf-8")
    found = predict_trial(parse_plan(PLAN), path, threads=1)
    reasons = dict(found.not_predicted)
    assert not found.rows
    for line, text in enumerate(REFUSED.splitlines()[1:], 2):
        reason = reasons[text.split(",")[0]]
        assert reason.startswith(f"bad.csv, line {line}, {'unit' if line <= 6 else 'at'}: "), reason


STARTERS = """id,study,arm,quantity,at,value,n,note
using,,usual treatment,relapsed,12 wk,0.5,100,
jail,,counselling only,relapsed,12 wk,0.5,100,released from jail
long,,counselling only,relapsed,12 wk,0.5,100,abstinent for 2 months
rule,,counselling only,relapsed,12 wk,0.5,100,released from jail; ten days of use within 28
free,,counselling only,relapse-free,12 wk,0.5,100,released from jail; 10 or more days of use in 28
lapse,,counselling only,lapsed,12 wk,0.5,100,released from jail
without,,counselling only,abstinent,12 wk,0.5,100,released from jail
lone,Smith 2001,placebo,lapsed,1 wk,0.5,100,
beside,Jones 2002,placebo,lapsed,1 wk,0.5,100,
drug,Jones 2002,XR-NTX,relapsed,12 wk,0.5,100,
positive,,Buprenorphine,opioid-positive urine,12 wk,0.5,100,
negative,,Buprenorphine,opioid-negative urine,12 wk,0.5,100,
missing,,Buprenorphine,opioid-positive urine,12 wk,0.5,100,missing counted as positive
left,,Buprenorphine,opioid-positive urine,12 wk,0.5,100,missing is not positive
left too,,Buprenorphine,opioid-positive urine,12 wk,0.5,100,missing tests were never counted as positive
tested,,Buprenorphine,opioid-positive urine of tests given,12 wk,0.5,100,
tested negative,,Buprenorphine,opioid-negative of urine samples,12 wk,0.5,100,
"""


def test_who_begins_without_use_and_how_a_trial_counts_is_read(tmp_path):
    path = tmp_path / "starters.csv"
    path.write_text(STARTERS, encoding="utf-8")
    found = predict_trial(parse_plan(PLAN), path, threads=1)
    assert not found.not_predicted
    read = {row.id: row.predicted for row in found.rows}
    assert read["long"] < read["jail"] - 0.02 < read["using"] - 0.04
    assert read["beside"] < read["lone"] - 0.1
    assert read["rule"] != read["jail"] and read["rule"] + read["free"] == pytest.approx(1.0)
    assert read["jail"] <= read["lapse"] and 0.0 < read["without"] < 1.0
    assert read["positive"] < read["tested"] < read["missing"]
    assert read["positive"] == read["left"] == read["left too"]
    assert read["missing"] + read["negative"] == pytest.approx(1.0)
    assert read["tested"] + read["tested negative"] == pytest.approx(1.0, abs=0.02)
