"""Study files: what reads, and that every fault is named with its line and the way out."""

import importlib
import pkgutil
import re
from functools import cached_property
from pathlib import Path

import pytest
from pydantic import BaseModel

import speciosa
from speciosa.comparison import question
from speciosa.errors import StudyError, UnknownNameError
from speciosa.study.lock import write_lock
from speciosa.study.question.read import SHIPPED, json_schema, parse_study, read_study
from speciosa.study.question.schema import Arm
from speciosa.toml_lines import line_numbers

GOOD = """\
title = "Tea"
question = "Does tea work?"

[population]
patients = 20
draws = 4

[[arms]]
name = "Tea"
regimen = "2 g kratom_tea oral every 8 h x 21"

[[arms]]
name = "Placebo"
regimen = "none"

[follow_up]
until = "10 d"

[benefit_risk]
reference = "Placebo"

[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0
best = 4
weight = 2

[[benefit_risk.criteria]]
outcome = "breathing_fall"
worst = 0.5
best = 0
weight = 1
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_studies_read(name: str) -> None:
    study = read_study(name)
    assert len(study.arms) >= 6
    assert all(arm.source for arm in study.arms if "kratom" in arm.regimen)


def test_a_good_study_reads() -> None:
    study = parse_study(GOOD)
    assert study.reference == "Placebo"
    assert study.arms[0].stop_h == 21 * 8
    assert study.until_h == 240


FAULTS = {
    "unknown product": ("kratom_tea oral", "kratom_tee oral", 10, "kratom_tea"),
    "unknown route": ("kratom_tea oral", "kratom_tea rectal", 10, "oral"),
    "route the product does not have": ("kratom_tea oral", "kratom_tea iv", 10, "oral"),
    "wrong unit": ("2 g kratom_tea", "2 mL kratom_tea", 10, "mass"),
    "unknown unit": ("2 g kratom_tea", "2 spoons kratom_tea", 10, "unit"),
    "negative dose": ("2 g kratom_tea", "-2 g kratom_tea", 10, "0 or more"),
    "impossible dose": ("2 g kratom_tea", "5000 g kratom_tea", 10, "at most"),
    "grams for milligrams": ("2 g kratom_tea oral", "15 g morphine oral", 10, "at most 5 g of"),
    "unreadable regimen": ("2 g kratom_tea oral every 8 h x 21", "some tea", 10, "AMOUNT UNIT"),
    "duplicate arm": ('name = "Placebo"', 'name = "Tea"', 13, "each arm name once"),
    "a number too many": ("weight = 2", "weight = [0.2, 0.6, 0.7]", 26, "a low and a high one"),
    "negative weight": ("weight = 2", "weight = -2", 26, "0 or more"),
    "no weight at all": ("weight = 2", "weight = nan", 26, "a low and a high one"),
    "weights upside down": ("weight = 2", "weight = [0.6, 0.2]", 26, "before the high one"),
    "shares above 1": ("weight = 2", "weight = [0.2, 0.6]", 22, "can add up to 1"),
    "a level without end": ("best = 4", "best = inf", 25, "finite"),
    "points outside": ("weight = 2", "points = [[9, 0.5]]", 22, "between worst and best"),
    "criterion that is not read": (
        'until = "10 d"',
        'until = "10 d"\noutcomes = ["breathing_fall"]',
        24,
        "follow_up.outcomes",
    ),
    "dose before the beginning": ("every 8 h x 21", "every 8 h x 21 at -5 h", 10, "0 h or later"),
    "last dose at the end": ("every 8 h x 21", "every 8 h x 31", 10, "before the end of follow-up"),
    "late co-medication": (
        'x 21"',
        'x 21"\ncomedication = "2 mg midazolam oral at 20 d"',
        11,
        "end of follow-up",
    ),
    "taper without time": ('x 21"', 'x 21"\ntaper = "30 d"', 11, "end of follow-up"),
    "time without a unit": ('until = "10 d"', 'until = "10"', 17, "with its unit"),
    "a covariate twice": ("draws = 4", 'draws = 4\ncovariates = "age=50; age=70"', 7, "age once"),
    "a covariate in two ways": (
        "draws = 4",
        'draws = 4\ncovariates = "renal=severe; egfr=90"',
        7,
        "egfr once",
    ),
    "a negative weight": ("draws = 4", 'draws = 4\ncovariates = "weight=-80 kg"', 7, "2 to 400"),
    "yes for a number": ("draws = 4", "draws = true", 6, "whole number"),
    "a name of nothing": ('name = "Tea"', 'name = ""', 9, "some text"),
    "words after the route": ("every 8 h x 21", "every 8 h or so", 10, "'every 8 h or so'"),
    "misspelt key": ("patients = 20", "patient = 20", 5, "patients"),
    "text for a number": ("patients = 20", 'patients = "many"', 5, "whole number"),
    "no patients": ("patients = 20", "patients = 0", 5, "at least 2"),
    "huge": ("patients = 20\ndraws = 4", "patients = 1000000\ndraws = 100000", 4, "GB"),
    "missing title": ('title = "Tea"\n', "", None, "title"),
    "missing regimen": ('regimen = "none"\n', "", 12, "regimen"),
    "unknown outcome": ('outcome = "pain_relief"', 'outcome = "pain_releif"', 23, "pain_relief"),
    "upside-down criterion": (
        "worst = 0\nbest = 4",
        "worst = 4\nbest = 0",
        22,
        "more than the worst",
    ),
    "weight and order": (
        'reference = "Placebo"',
        'reference = "Placebo"\norder = ["pain_relief", "breathing_fall"]',
        21,
        "weights or an order",
    ),
    "unknown reference arm": (
        'reference = "Placebo"',
        'reference = "placebo"',
        20,
        "Did you mean 'Placebo'",
    ),
    "taper of nothing": (
        'regimen = "none"',
        'regimen = "none"\ntaper = "7 d"',
        15,
        "repeated doses",
    ),
    "follow-up too short": ('until = "10 d"', 'until = "2 d"', 10, "before the end of follow-up"),
    "not a time": ('until = "10 d"', 'until = "10 g"', 17, "unit"),
    "unknown covariate": ("draws = 4", 'draws = 4\ncovariates = "cyp2d7=poor"', 7, "cyp2d6"),
    "a patient of 0 kg": ("draws = 4", 'draws = 4\ncovariates = "weight=0 kg"', 7, "kg"),
    "unknown source": (
        'regimen = "none"',
        'regimen = "none"\nsource = ["nobody1999"]',
        15,
        "references",
    ),
    "unknown network": (
        'until = "10 d"',
        'until = "10 d"\n[evidence]\nnetworks = ["oud_retentoin"]',
        19,
        "oud_retention",
    ),
    "not TOML": ("[population]", "[population", None, "TOML"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_each_kind_of_wrong_study_is_explained(kind: str) -> None:
    old, new, line, hint = FAULTS[kind]
    assert old in GOOD
    with pytest.raises(StudyError) as caught:
        parse_study(GOOD.replace(old, new, 1), "my.toml")
    message = str(caught.value)
    assert hint in message
    assert "my.toml" in message
    if line is not None:
        assert f"line {line}" in message


@pytest.mark.parametrize(
    ("old", "new", "where", "found"),
    [
        ("patients = 20", 'patients = "many"', "population, patients", '"many"'),
        ("patients = 20", "patients = 1", "population, patients", "1"),
        ("draws = 4", "draws = 4.5", "population, draws", "4.5"),
        ("draws = 4", "draws = true", "population, draws", "true"),
        ('until = "10 d"', "until = 10", "follow_up, until", "10"),
        ('until = "10 d"', 'until = "soon"', "follow_up, until", "'soon'"),
        ('regimen = "none"', 'regimen = ["a"]', "arms, 2 ('Placebo'), regimen", '["a"]'),
        ('title = "Tea"', 'title = ""', "title", '""'),
        ('title = "Tea"', "", "title", "none"),
        ("weight = 2", "weight = [0.2, 0.6, 0.7]", "weight", "[0.2, 0.6, 0.7]"),
        ("weight = 2", 'weight = "heavy"', "weight", '"heavy"'),
        ("weight = 2", 'weight = [0.1, "b"]', "weight", '[0.1, "b"]'),
        ("weight = 2", "weight = {a = 1}", "weight", '{"a": 1}'),
        ("worst = 0\n", "worst = inf\n", "criteria, 1 ('pain_relief'), worst", "Infinity"),
        ("worst = 0\n", "worst = 4\n", "criteria, 1 ('pain_relief')", "4.0 twice"),
        ("worst = 0\n", "worst = 0\npoints = [[1]]\n", "points", "[1]"),
        ("worst = 0\n", "worst = 0\npoints = [[5, 0.5]]\n", "('pain_relief')", "[[5.0, 0.5]]"),
        ("worst = 0\n", "worst = 0\nwrost = 1\n", "wrost", "'wrost'"),
        ('reference = "Placebo"', 'reference = "Plaecbo"', "reference", "'Plaecbo'"),
    ],
)
def test_a_fault_shows_what_stands_in_the_file_and_where(
    old: str, new: str, where: str, found: str
) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(GOOD.replace(old, new, 1))
    (fault,) = caught.value.faults
    assert fault.where.endswith(where) and fault.found == found


def test_all_faults_of_a_file_are_named_at_once() -> None:
    text = GOOD.replace("patients = 20", "patient = 20").replace(
        "2 g kratom_tea", "-2 g kratom_tea"
    )
    with pytest.raises(StudyError) as caught:
        parse_study(text.replace("worst = 0.5", 'worst = "a lot"'))
    assert len(caught.value.faults) == 3


def test_a_missing_file_offers_what_ships() -> None:
    with pytest.raises(UnknownNameError, match="default"):
        read_study("defualt")


def test_line_numbers_are_those_of_the_keys() -> None:
    numbers = line_numbers(GOOD)
    lines = GOOD.splitlines()
    for path, number in numbers.items():
        key = [part for part in path if isinstance(part, str)][-1]
        assert key in lines[number - 1]
    assert numbers[("benefit_risk", "criteria", 1, "weight")] == len(lines)


def test_a_taper_falls_in_equal_daily_steps() -> None:
    text = GOOD.replace('x 21"', 'x 21"\ntaper = "4 d"', 1).replace('"10 d"', '"12 d"')
    arm = parse_study(text).arms[0]
    steps = arm.doses.doses[1:]
    assert [step.amount for step in steps] == pytest.approx([1.6, 1.2, 0.8, 0.4])
    assert [step.at_h for step in steps] == [168, 192, 216, 240]
    assert all(step.count == 3 for step in steps)
    assert arm.stop_h == 168 + 96


@pytest.mark.parametrize(
    ("doses", "begins"),
    [
        ("every 8 h x 1", None),
        ("at 4 h", None),
        ("every 8 h x 2", 16),
        ("every 12 h x 2 at 6 h", 30),
        ("every 24 h x 3", 72),
    ],
)
def test_what_is_given_more_than_once_tapers_off_from_when_the_next_would_be_due(
    doses: str, begins: float | None
) -> None:
    arm = Arm(name="Tea", regimen=f"6 g kratom_tea oral {doses}", taper="2 d")
    steps = arm.doses.doses[1:]
    if begins is None:
        assert steps == ()
        return
    assert [step.at_h for step in steps] == [begins, begins + 24]
    assert [step.amount for step in steps] == pytest.approx([4, 2])
    every = arm.treatment.doses[0].every_h
    assert all((s.every_h, s.count, s.unit) == (every, 24 / every, "g") for s in steps)


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ("-1", "-1"),
        ("[-0.1, 0.4]", "-0.1 to 0.4"),
        ("[0.4, 0.1]", "0.4 to 0.1"),
        ("[0.5, 1.5]", "0.5 to 1.5"),
        ("[0.7, 0.8]", "shares that add up to 1.4 to 1.6"),
        ("[0.1, 0.2]", "shares that add up to 0.2 to 0.4"),
        ("0", "all 0"),
    ],
)
def test_weights_that_cannot_be_are_shown_as_they_were_found(weights: str, found: str) -> None:
    text = GOOD.replace("weight = 2", f"weight = {weights}")
    text = text.replace("weight = 1", "weight = 0" if weights == "0" else f"weight = {weights}")
    with pytest.raises(StudyError) as caught:
        parse_study(text)
    assert found in [fault.found for fault in caught.value.faults]


def test_a_changed_copy_of_a_study_is_read_anew() -> None:
    """What was computed of an arm before it was copied does not go along, and a copy cannot hold what a file may not."""
    study = parse_study(GOOD)
    arm = study.arms[0]
    assert [dose.amount for dose in arm.doses.doses] == [2]
    assert arm.companions.doses == ()
    other = {"regimen": "5 g kratom_tea oral every 6 h x 8", "comedication": "1 g ibuprofen oral"}
    changed = arm.model_copy(update=other)
    assert changed == Arm(name="Tea", **other) and changed.doses == Arm(name="Tea", **other).doses
    assert [dose.amount for dose in changed.treatment.doses] == [5]
    assert [dose.product for dose in changed.companions.doses] == ["ibuprofen"]
    assert changed.stop_h == 48
    assert arm.doses.doses[0].amount == 2
    with pytest.raises(ValueError, match="AMOUNT UNIT"):
        arm.model_copy(update={"regimen": "some tea"})
    with pytest.raises(ValueError, match="each arm name once"):
        study.model_copy(update={"arms": (arm, arm)})


def test_no_record_keeps_what_was_computed_of_values_before_a_copy() -> None:
    """Pydantic copies cached properties as they are, so a record that has some makes its copies itself."""
    for _, name, _ in pkgutil.walk_packages(speciosa.__path__, "speciosa."):
        if not name.endswith("__main__"):
            importlib.import_module(name)
    records = [BaseModel]
    for record in records:
        records += record.__subclasses__()
    own = [record for record in records if record.__module__.startswith("speciosa.")]
    caching = {
        record
        for record in own
        if any(
            isinstance(v, cached_property) for base in record.__mro__ for v in vars(base).values()
        )
    }
    assert Arm in caching
    assert all(record.model_copy is not BaseModel.model_copy for record in caching)


def test_the_schema_describes_what_the_reader_takes() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    named = set(re.findall(r'"title": "(\w+)"', str(schema).replace("'", '"')))
    assert {"Arm", "Population", "BenefitRisk"} <= named


def test_the_documented_study_reads() -> None:
    page = Path(__file__).parents[2] / "docs" / "study.md"
    block = re.search(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    assert len(parse_study(block[1]).arms) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_files_of_any_editor_read(tmp_path: Path, encoding: str, ends: str) -> None:
    file = tmp_path / "tea.toml"
    file.write_bytes(GOOD.replace("Tea", "Thé").replace("\n", ends).encode(encoding))
    assert read_study(file).arms[0].name == "Thé"


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "tea.toml"
    file.write_bytes(GOOD.replace('name = "Tea"', 'name = "Thé"').encode("latin-1"))
    with pytest.raises(StudyError, match=r"line 9: expected text in UTF-8"):
        read_study(file)
    with pytest.raises(StudyError, match="found a folder"):
        read_study(tmp_path)


def test_an_edited_lock_file_is_read_as_carefully_as_a_study(tmp_path: Path) -> None:
    file = tmp_path / "study.lock.toml"
    write_lock(file, parse_study(GOOD), [])
    assert question(file)[0].arms[0].name == "Tea"
    file.write_text(file.read_text().replace("kratom_tea", "kratom_tee"))
    with pytest.raises(StudyError, match=r"line \d+, arms, 1 \('Tea'\).*Did you mean kratom_tea"):
        question(file)


@pytest.mark.parametrize(
    ("regimen", "stop_h"),
    [
        ("10 mg morphine iv", 24),
        ("5 mg midazolam oral at 96 h", 120),
        ("2 mg hydromorphone iv over 10 min", 24),
        ("20 ug/h buprenorphine_patch transdermal over 7 d", 168),
        ("20 ug/h buprenorphine_patch transdermal every 7 d x 2 over 7 d", 336),
        ("10 mg morphine iv; 15 mg morphine oral every 6 h x 8 at 6 h", 54),
        ("none", 0),
    ],
)
def test_what_is_given_once_counts_for_a_day(regimen: str, stop_h: float) -> None:
    assert Arm(name="A", regimen=regimen).stop_h == stop_h


def test_a_fault_of_the_unit_does_not_hide_an_unknown_product() -> None:
    regimen = "5 spoons kratm_leaf oral every 8 x 3; 3 g unicorn oral; 2 mg morphine orl"
    with pytest.raises(StudyError) as caught:
        parse_study(GOOD.replace("2 g kratom_tea oral every 8 h x 21", regimen))
    found = [fault.found for fault in caught.value.faults]
    assert found == ["spoons", "'every 8 x 3'", "orl", "'kratm_leaf'", "'unicorn'"]
