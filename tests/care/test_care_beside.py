"""Behavioural care that the arm of a row names beside its medicine is simulated, and care that it excludes is not."""

from speciosa.care.observed.trial import predict_trial
from speciosa.care.read import parse_plan

PLAN = """
title = "Beside"
[population]
people = 40
draws = 10
[[arms]]
name = "Other"
start = "16 mg buprenorphine_naloxone sublingual daily"
[follow_up]
until = "12 wk"
"""
ARMS = (
    "methadone 80 mg",
    "methadone 80 mg plus contingency management",
    "vouchers + methadone 80 mg",
    "methadone 80 mg without incentives",
    "methadone 80 mg and CBT",
)


def test_care_beside_a_medicine_acts_where_a_row_names_it(tmp_path):
    lines = [
        f"r{k},{arm},opioid-positive urine recorded,12 wk,0.3,100" for k, arm in enumerate(ARMS)
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["id,arm,quantity,at,value,n", *lines]) + "\n")
    report = predict_trial(parse_plan(PLAN), path)
    assert report.not_predicted == ()
    alone, managed, vouchers, without, therapy = (row.predicted for row in report.rows)
    assert managed < alone - 0.02
    assert vouchers == managed and without == alone and therapy == alone
