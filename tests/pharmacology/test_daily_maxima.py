"""Doses above labelled daily maxima are found in any 24 hours, with the harm of more and the fact that says so."""

import pytest

from speciosa.facts import fact
from speciosa.pharmacology.daily import daily_limits, daily_mg, daily_mme
from speciosa.regimen import parse_regimen
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
    ],
)
def test_the_day_is_counted_as_the_label_states_it(doses, way, mg):
    """A label of diclofenac counts the salt that its tablets name; doses by weight are of 70 kg."""
    assert daily_mg(parse_regimen(doses))[way] == pytest.approx(mg, rel=1e-3)


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
