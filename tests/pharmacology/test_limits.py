"""Doses beyond which a reader is warned, from the tables by hand."""

import csv

import pytest

from speciosa import facts
from speciosa.facts.tables import DATA
from speciosa.pharmacology.dosing import SubstanceDose, SubstanceDoses, schedule
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.pharmacology.limits import UNKNOWN_SHIFT, danger, largest_dose
from speciosa.regimen import parse_regimen

WAY = Way("morphine", "iv", "any")


def table(name):
    lines = [
        line
        for line in (DATA / "effects" / name).read_text().splitlines()
        if not line.startswith("#")
    ]
    return list(csv.DictReader(lines))


ROWS = {(row["substance"], row["route"]): row for row in table("apnoea-doses.csv")}


def taken(*doses, history=0.0):
    return danger(SubstanceDoses(doses), history)


def nmol(mg):
    return mg / facts.molar_mass("morphine") * 1e6


def test_one_dose_is_a_share_of_that_of_the_table():
    naive = float(ROWS["morphine", "iv"]["naive_mg"])
    assert taken(SubstanceDose(WAY, nmol(naive))) == pytest.approx(1)
    assert taken(SubstanceDose(WAY, nmol(3.0))) == pytest.approx(3.0 / naive)
    per_kg = Way("morphine", "iv", "any", per_kg=True)
    assert taken(SubstanceDose(per_kg, nmol(0.1))) == pytest.approx(7.0 / naive)


@pytest.mark.parametrize("history, share", [(0, 0), (25, 0.25), (100, 1), (400, 1)])
def test_use_before_moves_the_dose_of_the_table_along_a_line(history, share):
    row = ROWS["morphine", "iv"]
    naive = float(row["naive_mg"])
    used = float(row["used_mg"] or UNKNOWN_SHIFT * naive)
    limit = naive + share * (used - naive)
    assert taken(SubstanceDose(WAY, nmol(4.0)), history=history) == pytest.approx(4.0 / limit)


def test_where_used_is_not_known_it_is_a_multiple():
    unknown = [way for way, row in ROWS.items() if row["naive_mg"] and not row["used_mg"]]
    for substance, route in unknown:
        dose = SubstanceDose(Way(substance, route, "any"), 1e3)
        ratio = taken(dose) / taken(dose, history=100.0)
        assert ratio == pytest.approx(UNKNOWN_SHIFT)


@pytest.mark.parametrize("hours, together", [(0.0, 2), (3.99, 2), (4.0, 1), (9.0, 1)])
def test_doses_within_four_hours_count_together(hours, together):
    one = taken(SubstanceDose(WAY, nmol(1.0)))
    both = taken(
        SubstanceDose(WAY, nmol(1.0), at_h=5.0), SubstanceDose(WAY, nmol(1.0), at_h=5.0 + hours)
    )
    assert both == pytest.approx(together * one)
    series = SubstanceDose(WAY, nmol(1.0), every_h=1.5, count=9)
    assert taken(series) == pytest.approx(3 * one)


def test_what_stops_nobody_is_no_danger():
    assert taken() == 0.0
    assert taken(SubstanceDose(Way("acetaminophen", "oral", "any"), 1e9)) == 0.0


def test_the_largest_dose_is_the_largest_of_both_tables_by_its_route_or_of_any():
    rows = table("largest-doses.csv") + table("labelled-doses.csv")
    by_way = {}
    for row in rows:
        by_way.setdefault((row["substance"], row["route"]), []).append(float(row["mg"]))
    for (substance, route), amounts in by_way.items():
        assert largest_dose(substance, route).mg == max(amounts)
        first = next(
            row["source"]
            for row in rows
            if (row["substance"], row["route"], float(row["mg"]))
            == (substance, route, max(amounts))
        )
        assert largest_dose(substance, route).source == first
        every = [mg for (name, _), more in by_way.items() if name == substance for mg in more]
        assert largest_dose(substance, "by no route").mg == max(every)
    assert largest_dose("water", "oral") is None


@pytest.mark.parametrize(
    ("doses", "patches"),
    [
        ("100 ug/h fentanyl_patch transdermal over 72 h", 1),
        ("100 ug/h fentanyl_patch transdermal over 24 h", 1),
        ("100 ug/h fentanyl_patch transdermal every 72 h x 5", 1),
        ("100 ug/h fentanyl_patch transdermal; 200 ug/h fentanyl_patch transdermal", 3),
    ],
)
def test_a_patch_is_a_share_of_the_dose_an_hour_of_the_table(doses, patches):
    naive = float(ROWS["fentanyl", "transdermal"]["naive_mg"])
    leaves = 8.8 / 72  # of a patch of 100 ug/h, mg/h
    found = danger(schedule(parse_regimen(doses)), 0.0)
    assert found == pytest.approx(patches * leaves / naive, rel=0.01)


def test_patches_of_people_who_never_used_opioids_warn_before_they_kill_half():
    """A patch of 12 ug/h stops nobody; 1 mg/h brings 20 ng/mL (dose over 51 L/h), at which nobody breathes alone."""
    row = ROWS["fentanyl", "transdermal"]
    few, half = float(row["naive_mg"]), float(row["naive_half_mg"])
    assert 0.012 < few < half < 1.0 < float(row["used_half_mg"])
    assert not ROWS["buprenorphine", "transdermal"]["naive_mg"]
