"""Judgements of risk of bias as tables write them, study by study and domain by domain."""

import pytest

from speciosa.evidence.table.assessments import (
    DOMAINS,
    Assessment,
    assessments,
    is_judgement,
    judged,
    older_domains,
    overall_of,
)


@pytest.mark.parametrize(
    ("cell", "level"),
    [
        ("Low", "low"),
        ("L", "low"),
        (1, "low"),
        (1.0, "low"),
        ("+", "low"),
        ("low risk", "low"),
        ("Some concerns", "some concerns"),
        ("unclear", "some concerns"),
        ("M", "some concerns"),
        ("2.0", "some concerns"),
        ("?", "some concerns"),
        ("high risk", "high"),
        ("serious", "high"),
        ("3", "high"),
        ("-", "high"),
        ("High (blinding)", "high"),
        ("high, open label", "high"),
        ("low: RoB 1", "low"),
        ("low to some concerns", "some concerns"),
        ("some concerns to high", "high"),
        ("x to high", None),
        ("low to x", None),
        (None, None),
        ("", None),
        ("4", None),
        ("highly", None),
        ("not assessed", None),
    ],
)
def test_words_of_a_judgement(cell, level):
    assert judged(cell) == level


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("Overall bias (judgement)", True),
        ("Bias due to missing outcome data (judgement)", True),
        ("D1 judgment", True),
        ("Overall bias", False),
        ("Overall bias (support)", False),
        ("judgement", False),
        ("Other (judgement)", False),
    ],
)
def test_columns_of_judgements(name, yes):
    assert is_judgement(name) is yes


def test_domains_of_the_older_tool_and_the_worse_of_two():
    assert older_domains("some concerns: sequence unclear, allocation low") == {
        "randomisation": "some concerns"
    }
    assert older_domains("sequence low, allocation HIGH") == {"randomisation": "high"}
    assert older_domains("allocation high, sequence low") == {"randomisation": "high"}
    assert older_domains("blinding high, attrition low, reporting unclear") == {
        "deviations": "high",
        "measurement": "high",
        "missing data": "low",
        "reporting": "some concerns",
    }
    assert older_domains(None) == older_domains("low") == older_domains("sequenced low") == {}


def test_the_worst_of_five_domains_is_the_whole():
    low = dict.fromkeys(DOMAINS, "low")
    assert overall_of(low) == "low"
    assert overall_of(low | {"measurement": "some concerns"}) == "some concerns"
    assert overall_of(low | {"measurement": "some concerns", "reporting": "high"}) == "high"
    four = {name: low[name] for name in DOMAINS[:4]}
    assert overall_of(four) is None and overall_of({}) is None
    assert overall_of(four | {"measurement": "high"}) == "high"


FIVE = {"D1": "L", "D2": "M", "D3": "L", "D4": "L", "D5": "L"}


def test_studies_and_what_was_judged_of_them():
    rows = [
        {"study": "A", "RoB": "H", "indirectness": "L"},
        {"study": "B", "RoB": None, "indirectness": ""},
        {"study": "A", "RoB": "L", "indirectness": "H"},
    ]
    assert assessments(rows) == {"A": Assessment("high", "low", {})}
    late = [{"study": "A", "RoB": ""}, {"study": "A", "RoB": "L"}]
    assert assessments(late) == {"A": Assessment("low")}
    assert assessments([]) == assessments([{"study": "A", "dose": "L"}]) == {}
    assert assessments([{"trial": 1, "rob": "L"}], "trial") == {"1": Assessment("low")}


def test_five_numbered_domains_are_domains_and_one_is_perhaps_a_dose():
    (found,) = assessments([{"study": "A"} | FIVE]).values()
    assert found.bias == "some concerns" and dict(found.domains) == {
        "randomisation": "low",
        "deviations": "some concerns",
        "missing data": "low",
        "measurement": "low",
        "reporting": "low",
    }
    stated = assessments([{"study": "A", "overall": "H"} | FIVE])["A"]
    assert stated.bias == "high"
    assert (
        assessments([{"study": "A", "D1": "1"}])
        == assessments([{"study": "A", "overall": "1"}])
        == {}
    )
    assert assessments([{"study": "A"} | {k: v for k, v in FIVE.items() if k != "D4"}]) == {}
    assert assessments([{"study": "A", "rob": "L", "D1": "3"}]) == {"A": Assessment("low")}
    assert assessments([{"study": "A", "rob_d1": "H"}])["A"] == Assessment(
        "high", None, {"randomisation": "high"}
    )
    assert assessments([{"study": "A", "rob_d1": "M"}])["A"] == Assessment(
        None, None, {"randomisation": "some concerns"}
    )


def test_domains_by_name_go_before_those_that_a_remark_spells_out():
    rows = [
        {
            "study": "A",
            "rob": "some concerns: sequence unclear, attrition low",
            "randomisation": "H",
        }
    ]
    assert assessments(rows)["A"] == Assessment(
        "some concerns", None, {"randomisation": "high", "missing data": "low"}
    )
