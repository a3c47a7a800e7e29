"""Trials of others: which may calibrate, and that the closed form of who stays is what people one by one do."""

from dataclasses import replace

import numpy as np
import pytest

from speciosa.care.calibrate.abstinent import counted, starters
from speciosa.care.calibrate.published import DETOXIFIED, RATIO, observed, stays, trials
from speciosa.care.hazards.setting import Setting
from speciosa.care.hazards.use import blocked
from speciosa.care.mechanism import readings, untreated
from speciosa.care.parameters import posterior, values
from speciosa.care.phases import USUAL, Phase
from speciosa.care.plan import PLACEBO
from speciosa.care.read import parse_plan
from speciosa.care.run import pathway
from speciosa.facts import reference
from speciosa.facts.splits import identifier, split_by_rule

DRAWS = 4
PLAN = """
title = "Who stays"
[population]
people = 3000
draws = 4
[[arms]]
name = "daily"
start = "50 mg methadone oral daily"
[[arms]]
name = "injected"
start = "380 mg naltrexone_depot depot every 28 d"
[[arms]]
name = "detoxified"
start = "380 mg naltrexone_depot depot every 28 d"
detoxification = "0 d"
[[arms]]
name = "inert"
start = "placebo"
[[arms]]
name = "in trials of others"
start = "50 mg methadone oral daily"
setting = "other trials"
[follow_up]
until = "24 wk"
"""


@pytest.mark.parametrize("row", trials(), ids=lambda row: row["id"])
def test_only_studies_that_the_rule_gives_calibrate(row):
    name = row["doi"] or identifier(reference(row["reference"]))
    assert split_by_rule(name.lower()) == "fit"
    value, sd, _ = observed(row)
    assert sd > 0 and (row["what"] == RATIO or 0 < value < 1)


@pytest.mark.parametrize("row", starters(), ids=lambda row: row["id"])
def test_only_studies_of_people_without_use_that_the_rule_gives_calibrate(row):
    assert split_by_rule((row["doi"] or row["reference"].removeprefix("pmid")).lower()) == "fit"
    value, sd, n = counted(row)
    assert 0.0 < value < 1.0 and sd > 0.0 and n > 0


@pytest.fixture(scope="module")
def run():
    return pathway(parse_plan(PLAN), threads=1)


WEEKS = [(0, (2, 12, 24)), (1, (12, 24)), (2, (10, 18, 22)), (3, (2, 12)), (4, (2, 12, 24))]


@pytest.mark.parametrize(("arm", "weeks"), WEEKS)
def test_the_closed_form_is_what_people_one_by_one_do(run, arm, weeks):
    plan, v = run.plan, values(posterior()[:DRAWS])
    # Deaths are not in the closed form.
    reference_ = {name: readings(text, 120.0, DRAWS).tolerance for name, text in USUAL.items()}
    setting = Setting(
        v, untreated(120.0, DRAWS), reference_, 168, 0.0, 0.0, v["return"], v["attends"]
    )
    regimen = plan.arms[arm].start
    daily = 0 if "depot" in regimen else 1
    inert = regimen == PLACEBO
    read = None if inert else readings(regimen, 120.0, DRAWS)
    for week in weeks:
        expected = stays(
            7.0 * week, read, setting, regimen, detoxified=arm == 2, elsewhere=arm == 4
        ) * (v["starts_detoxified"] if arm == 2 else v["starts"])
        seen = run.arms[arm].counts.retained[:, week - daily] / plan.people
        error = 4.0 * np.sqrt(expected * (1.0 - expected) / plan.people) + 0.01
        assert (np.abs(seen - expected) < error).all(), (week, seen, expected)


def test_more_of_a_medicine_holds_more_and_tablets_of_naltrexone_hold_fewest(run):
    text = PLAN.replace("people = 3000", "people = 1000").replace(
        "380 mg naltrexone_depot depot every 28 d", "50 mg naltrexone oral daily"
    )
    plan = parse_plan(text.replace("50 mg methadone", "110 mg methadone"))
    high, tablets = pathway(replace(plan, arms=plan.arms[:2]), threads=1).arms
    kept = [
        arm.counts.retained[:, 24].mean() / arm.counts.occupied[0, 0].sum()
        for arm in (*run.arms, high, tablets)
    ]
    methadone, injected, detoxified, inert, _, more, oral = kept
    assert more > methadone > injected > oral
    assert detoxified > injected > inert
    assert next(row for row in trials() if row["what"] == DETOXIFIED)


def test_a_usual_dose_does_least_under_a_blocking_medicine_and_methadone_blocks_only_with_time(run):
    setting = Setting(
        values(posterior()[:DRAWS]), untreated(120.0, DRAWS), {}, 168, 0.0, 0.0, np.zeros(DRAWS), np.ones(DRAWS)
    )  # fmt: skip
    gone = {
        name: blocked(Phase(text, name, readings(text, 120.0, DRAWS)), setting, np.arange(168.0))
        for name, text in USUAL.items()
    }
    first, later = ({name: each[:, day].mean() for name, each in gone.items()} for day in (3, 90))
    assert first["methadone"] < 0.05 < later["methadone"] < later["buprenorphine"]
    assert first["buprenorphine"] > later["methadone"]
