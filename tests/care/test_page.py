"""The page of a plan says first what rests on assumption, and recommends nothing."""

import re

import numpy as np
import polars as pl
import pytest

from speciosa.care import pathway
from speciosa.care.read import parse_plan
from speciosa.care.saving import save_run
from speciosa.report.plans.page import pathway_page
from speciosa.report.plans.plainly import first_lines

PLAN = """
title = "A page"
[population]
people = 30
draws = 30
[[arms]]
name = "Methadone"
start = "80 mg methadone oral daily"
[[arms]]
name = "Kratom leaf"
start = "5 g kratom_leaf oral every 8 h"
[follow_up]
until = "8 wk"
"""


@pytest.fixture(scope="module")
def run():
    return pathway(parse_plan(PLAN), threads=1)


def test_assumed_retention_stands_before_every_number(run):
    page = pathway_page(run)
    words = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert words.index("rests on assumed retention") < words.index("Median")
    assert "recommends nothing" in words
    for scenario in ("as buprenorphine", "as untreated", "between"):
        assert f"Kratom leaf (leaving {scenario})" in words
    assert "<script" not in page
    assert "Recorded harm of kratom" in words and "Observational" in words


def test_the_first_lines_say_in_plain_words_what_becomes_of_a_hundred_people(run):
    assumption, doubled, frame, *plans = first_lines(run)
    assert "rests on assumed retention" in assumption and "twice the deaths" in doubled
    assert "recommends nothing" in frame and len(plans) == len(run.arms)
    methadone = run.arms[0].counts.retained[:, 4] / run.plan.people
    assert f"{100 * np.median(methadone):.0f} (" in plans[0] and "after a month" in plans[0]
    assert all(("(assumed)" in line) is ("Kratom" in line) for line in plans)
    words = " ".join(plans).casefold()
    assert not re.search(r"\b(?:should|recommend|best|better|safe)\b", words)


def test_kratom_is_assumed_and_medicines_are_simulated(run):
    table = run.outcomes.table
    assert set(table.filter(pl.col("arm").str.starts_with("Kratom"))["basis"]) == {"assumed"}
    assert set(table.filter(pl.col("arm") == "Methadone")["basis"]) == {"simulated"}


def test_files_of_a_run(run, tmp_path):
    save_run(run, tmp_path)
    people = pl.read_parquet(tmp_path / "people.parquet")
    assert people.columns == ["arm", "person", "day", "state", "phase"]
    assert set(people["arm"]) == {arm.pathway.name for arm in run.arms}
    assert "hashes" in (tmp_path / "pathway.lock.toml").read_text(encoding="utf-8")


def test_the_scenario_between_lies_between_in_the_first_weeks(run):
    kept = {arm.pathway.phases[0].leaving: arm.counts.retained[:, 4].mean() for arm in run.arms[1:]}
    assert kept["as untreated"] < kept["between"] < kept["as buprenorphine"]


FEW = """
title = "Few"
[population]
people = 20
draws = 4
CONDITION
[[arms]]
name = "Only"
start = "START"
[follow_up]
until = "8 wk"
"""


def test_detoxification_alone_is_no_treatment_to_stay_in_and_uses_no_other_opioids():
    text = FEW.replace("CONDITION", "").replace("START", "detoxification")
    *_, line = first_lines(pathway(parse_plan(text), threads=1))
    assert "in their first treatment" not in line and "of 100 people opioids are used on" in line


@pytest.mark.parametrize("pain", [True, False])
def test_leaving_is_not_said_to_come_from_methadone_where_all_of_it_is_judgement(pain):
    head = 'condition = "chronic pain"\ncharacteristics = "chronic-pain"' if pain else ""
    text = FEW.replace("CONDITION", head).replace("START", "30 mg morphine_er oral every 12 h")
    notes = " ".join(pathway(parse_plan(text), threads=1).notes)
    assert ("no curve of leaving was calibrated" in notes) is not pain
