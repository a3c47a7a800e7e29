"""Doses above labelled daily maxima are found in any 24 hours, with the harm of more and the fact that says so."""

import numpy as np
import pytest

from speciosa import facts
from speciosa.facts import fact
from speciosa.pharmacology.daily import KINDS, daily_limits, daily_mg, daily_mme, mme_caution
from speciosa.regimen import ROUTES, parse_regimen
from speciosa.study.arm_model import absences
from speciosa.study.cautions import cautions
from speciosa.study.question.read import parse_study

STUDY = """
title = "Doses"
question = "Who is warned?"
[population]
patients = 4
draws = 2
[follow_up]
until = "3 d"
[[arms]]
name = "Much"
regimen = "1.5 g acetaminophen oral every 6 h x 8"
[[arms]]
name = "Labelled"
regimen = "1 g acetaminophen oral every 6 h x 8"
[[arms]]
name = "Two products"
regimen = "1 g acetaminophen oral every 6 h x 8"
comedication = "500 mg acetaminophen oral at 12 h"
[[arms]]
name = "With an opioid"
regimen = "1 g acetaminophen oral every 6 h x 8; 5 mg oxycodone oral every 6 h x 8"
"""


@pytest.mark.parametrize(
    ("doses", "mg"),
    [
        ("1 g acetaminophen oral every 6 h x 8", None),
        ("1 g acetaminophen oral every 4 h x 8", 6000),
        ("5 g acetaminophen oral at 3 d", 5000),
        ("3 g acetaminophen oral every 24 h x 3; 2 g acetaminophen oral at 30 h", 5000),
        ("600 mg ibuprofen oral every 4 h x 12", 3600),
        ("550 mg naproxen_sodium oral every 8 h x 9", 1506),
        ("10 mg morphine oral every 4 h x 60", None),
    ],
)
def test_the_most_of_any_day_is_compared_with_the_label(doses, mg):
    text = f'title="x"\nquestion="q"\nconfirm="meant"\n[[arms]]\nname="a"\nregimen="{doses}"\n'
    told = [one.text for one in cautions(parse_study(text)) if "labels state" in one.text]
    taken = daily_mg(parse_regimen(doses))
    (name,) = {name for name, _ in taken}
    most = next(iter(daily_limits(name, "")), None)
    if mg is None or mg <= 1.01 * most.mg:
        assert told == []
    else:
        assert taken[name, ""] == pytest.approx(mg, rel=1e-3)
        assert most.harm in told[0] and fact(most.fact).substance == name


@pytest.mark.parametrize(
    ("doses", "way", "mg"),
    [
        ("50 mg diclofenac oral every 8 h x 3", ("diclofenac", ""), 150.0),
        ("50 mg diclofenac oral every 8 h x 3", ("diclofenac", "oral"), 150.0),
        ("10 mg morphine oral every 6 h x 8", ("morphine", "oral"), 40.0),
        ("0.1 mg/kg morphine iv every 6 h x 4", ("morphine", "iv"), 28.0),
        ("10 mg morphine iv over 2 h", ("morphine", "iv"), 10.0),
        ("15 mg morphine oral; 5 mg morphine iv", ("morphine", "oral"), 15.0),
        ("15 mg morphine oral; 5 mg morphine oral at 2 h", ("morphine", "oral"), 20.0),
        ("500 mg naproxen oral; 250 mg naproxen oral at 2 h", ("naproxen", ""), 750.0),
        ("900 mg st_johns_wort oral", ("hyperforin", "oral"), 900 * 0.042),
        (
            "8 mg buprenorphine sublingual every 24 h x 3 at 0.7 h",
            ("buprenorphine", "sublingual"),
            8.0,
        ),
    ],
)
def test_the_day_is_counted_as_the_label_states_it(doses, way, mg):
    """A label of diclofenac counts the salt that its tablets name; doses by weight are of 70 kg."""
    assert daily_mg(parse_regimen(doses))[way] == pytest.approx(mg, rel=1e-3)


@pytest.mark.parametrize("seed", range(12))
def test_the_most_of_a_day_is_that_of_any_window_of_24_hours(seed):
    """What begins within 24 h of each dose, the next day's at the same hour left out, counted one by one."""
    random = np.random.default_rng(seed)
    parts, begun = [], []
    for _ in range(int(random.integers(1, 5))):
        mg, every, count = (
            int(random.integers(low, high)) for low, high in ((1, 900), (2, 40), (2, 9))
        )
        at = int(random.integers(0, 60))
        parts.append(f"{mg} mg acetaminophen oral every {every} h x {count} at {at} h")
        begun += [(at + i * every, mg) for i in range(count)]
    most = max(sum(mg for hour, mg in begun if at <= hour < at + 24) for at, _ in begun)
    assert daily_mg(parse_regimen("; ".join(parts)))["acetaminophen", ""] == pytest.approx(
        most, abs=1e-3
    )


def test_equivalents_add_up_over_what_is_swallowed_and_patches():
    each = [
        {("morphine", "oral"): 10.0}, {("oxycodone", "oral"): 10.0}, {("codeine", "oral"): 100.0},
        {("fentanyl", "transdermal"): 0.6}, {("buprenorphine", "transdermal"): 0.48},
    ]  # fmt: skip
    alone = [daily_mme(taken) for taken in each]
    assert alone[:2] == [10.0, 15.0] and alone[3] == pytest.approx(60.0)
    together = {way: mg for taken in each for way, mg in taken.items()}
    assert daily_mme(together) == pytest.approx(sum(alone))
    assert daily_mme({("morphine", "iv"): 10.0, ("midazolam", "oral"): 5.0}) == 0.0


def test_a_limit_is_of_a_route_or_of_all_routes_and_the_largest_comes_first():
    rows = [row for kind in KINDS for row in facts.records("parameters", parameter=kind)]
    told = {}
    for row in rows:
        routes = [route for route in (*ROUTES, "") if daily_limits(row.substance, route)]
        assert routes and (routes == [""] or "" not in routes)
        for route in routes:
            limits = daily_limits(row.substance, route)
            kinds = [KINDS.index(limit.kind) for limit in limits]
            assert kinds == sorted(kinds)
            told |= {limit.fact: (limit.kind, limit.mg, limit.reference) for limit in limits}
    # a row of no route says nothing where another row of the substance has one
    said = {row.id: (row.parameter, row.value, row.reference) for row in rows}
    assert told.items() <= said.items() and len(told) > 20
    for row in rows:
        assert row.id in told or not set(ROUTES) & {part.strip() for part in row.system.split(",")}
        assert row.id in told or daily_limits(row.substance, "oral")
    assert daily_limits("water", "oral") == ()
    assert [limit.kind for limit in daily_limits("oxycodone", "oral")] == [KINDS[0], KINDS[2]]
    assert (
        mme_caution().kind == "MME_caution" and mme_caution().mg == fact(mme_caution().fact).value
    )


def test_of_a_patch_the_part_of_a_day_counts():
    taken = daily_mg(parse_regimen("25 ug/h fentanyl transdermal over 72 h"))
    assert taken["fentanyl", "transdermal"] == pytest.approx(0.6, rel=1e-3)
    assert daily_mme(taken) == pytest.approx(25 * 2.4, rel=1e-3)


def test_a_study_says_the_harm_in_words():
    told = [str(one) for one in cautions(parse_study(STUDY)) if "acetaminophen" in one.text]
    assert [text.split(":")[0] for text in told] == ["Much", "Two products"]
    assert all("liver failure" in text and "4000 mg" in text for text in told)


def test_outcomes_that_a_drug_cannot_have_say_why():
    told = absences(parse_study(STUDY))
    assert [text.split(":")[0] for text in told] == ["Much", "Labelled", "Two products"]
    assert all("worst withdrawal" in text and "no opioid" in text for text in told)
