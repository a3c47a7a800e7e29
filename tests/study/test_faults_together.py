"""Several faults of one study file at once, and where a warning begins."""

import os
from pathlib import Path

import pytest
from tests.study.test_read_study import GOOD

from speciosa.errors import StudyError
from speciosa.facts import own_folder, use_folder
from speciosa.study.endpoints import definitions
from speciosa.study.question.check import dangers, values_kept
from speciosa.study.question.read import parse_study, read_study
from speciosa.study.question.schema import Study


def test_a_fault_of_one_part_does_not_hide_those_of_another() -> None:
    """Structure, single entries, entries that contradict each other, and names that nobody knows: all in one message."""
    text = """
question = "Which?"
[population]
patients = -1
[follow_up]
until = "soon"
[[arms]]
name = "A"
regimen = "15 IU morphine oral"
[[arms]]
name = "B"
regimen = "15 mg morfine oral"
covariates = "cyp2d6=purr"
[evidence]
networks = ["oud_retensions"]
[benefit_risk]
reference = "C"
samples = 3
[[benefit_risk.criteria]]
outcome = "pain_releif"
worst = 0.0
best = 4.0
"""
    with pytest.raises(StudyError) as caught:
        parse_study(text, "mine.toml")
    message = str(caught.value)
    for word in (
        "title", "patients", "soon", "IU", "morfine", "purr", "oud_retensions", "samples",
        "pain_releif", "morphine", "pain_relief",
    ):  # fmt: skip
        assert word in message, word


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('name = "Tea"', "name = 7", "arms, 1"),
        ('regimen = "2 g kratom_tea oral every 8 h x 21"', "regimen = 2", "arms, 1"),
        ('regimen = "none"', 'regmen = "none"', "regmen"),
        ("worst = 0.5", 'worst = "half"', "worst"),
        ("weight = 2", "wight = 2", "wight"),
    ],
)
def test_an_entry_without_sense_does_not_hide_a_name_that_nobody_knows(
    before: str, after: str, told: str
) -> None:
    text = GOOD.replace(before, after, 1) + '[evidence]\nnetworks = ["oud_retensions"]\n'
    with pytest.raises(StudyError) as caught:
        parse_study(text, "mine.toml")
    message = str(caught.value)
    assert told in message and "Did you mean oud_retention?" in message


def test_no_folder_of_facts_is_none(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('facts = ""\n' + GOOD, encoding="utf-8")
    assert read_study(tmp_path / "mine.toml").facts == ""
    assert own_folder() is None


@pytest.mark.parametrize(("share", "warned"), [(0.8, False), (1.3, True), (1.8, True)])
def test_a_dose_that_stops_breathing_is_warned_of_from_once_on(share: float, warned: bool) -> None:
    def study(milligrams: float) -> Study:
        taken = f"{milligrams:g} mg fentanyl iv"
        return parse_study(GOOD.replace("2 g kratom_tea oral every 8 h x 21", taken))

    (said,) = dangers(study(0.5))
    times = float(said.split("warning: ")[1].split(" times")[0])
    assert bool([*dangers(study(0.5 * share / times))]) is warned


def test_no_arms_and_arms_that_are_wrong_are_told_apart() -> None:
    with pytest.raises(StudyError, match="begins with ..arms.."):
        parse_study('title = "t"\nquestion = "q"\n')
    with pytest.raises(StudyError) as caught:
        parse_study(
            'title = "t"\nquestion = "q"\n[[arms]]\nname = "A"\nregimen = "1 mg morphine orl"\n'
        )
    assert len(caught.value.faults) == 1


def test_names_that_clash_are_told_beside_faults_of_single_entries() -> None:
    text = GOOD.replace("draws = 4", "drws = 4").replace('name = "Placebo"', 'name = "Tea"')
    with pytest.raises(StudyError) as caught:
        parse_study(text.replace('outcome = "breathing_fall"', 'outcome = "pain_relief"'))
    message = str(caught.value)
    for told in (
        "Did you mean draws?",
        "each arm name once",
        "to be an arm",
        "each criterion once",
    ):
        assert told in message
    assert len(caught.value.faults) == 4


def fitted(*substances: str, number: bool = True) -> str:
    """The good study with fits, each of one number."""
    value = "parameters.'morphine.disposition.CL' = { value = 100.0 }\n" if number else ""
    return GOOD + "".join(
        f'[[fitted]]\nsubstance = "{name}"\nfile = "fit.json"\n{value}' for name in substances
    )


@pytest.mark.parametrize(
    ("substances", "told"),
    [
        (("mitragynine",), ""),
        (("fentanyl",), "fitted, 1 ('fentanyl'), substance: expected a substance that an arm gives: 7_hydroxymitragynine"),
        (("mitragynine", "mitragynine"), "fitted, 2 ('mitragynine'), substance: expected one fit of each substance"),
    ],
)  # fmt: skip
def test_a_fit_is_of_a_substance_that_is_given_and_there_is_one(
    substances: tuple[str, ...], told: str
) -> None:
    text = fitted(*substances)
    if not told:
        assert [one.substance for one in parse_study(text).fitted] == list(substances)
        return
    with pytest.raises(StudyError) as caught:
        parse_study(text)
    assert len(caught.value.faults) == 1 and told in str(caught.value)


def test_the_folder_of_one_study_is_not_that_of_the_next(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "first.toml").write_text('facts = "own"\n' + GOOD, encoding="utf-8")
    (tmp_path / "second.toml").write_text(GOOD, encoding="utf-8")
    try:
        read_study(tmp_path / "first.toml")
        assert own_folder() == tmp_path / "own"
        read_study(tmp_path / "second.toml")
        assert own_folder() is None
    finally:
        use_folder(None)


def test_a_folder_with_a_fault_is_told_with_the_study(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "products.toml").write_text("name = [", encoding="utf-8")
    (tmp_path / "mine.toml").write_text('facts = "own"\n' + GOOD, encoding="utf-8")
    with pytest.raises(StudyError, match="mine.toml, facts, .*products.toml"):
        read_study(tmp_path / "mine.toml")
    assert own_folder() is None


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("patients = 20", "patients = 0", ["patients"]),
        ('title = "Tea"', "title = 3", ["title"]),
        ('until = "10 d"', 'until = "10 d"\noutcomes = 3', ["outcomes"]),
        ("[population]", "population = 3\n[elsewhere]", ["population", "elsewhere"]),
        ("worst = 0.5", 'worst = "much"', ["worst"]),
        ("[benefit_risk]", "[evidence]\nnetworks = 3\n[benefit_risk]", ["networks"]),
        ('regimen = "none"', 'regimn = "none"', ["regimen", "regimn"]),
    ],
)
def test_every_single_fault_is_told_once_and_brings_no_other(
    before: str, after: str, told: list[str]
) -> None:
    """Nor does it hide what is wrong elsewhere, each way round."""
    for also, more in (
        ("", []),
        (
            '[[benefit_risk.criteria]]\noutcome = "likin"\nworst = 1\nbest = 0\nweight = 1\n',
            ["likin"],
        ),
    ):
        with pytest.raises(StudyError) as caught:
            parse_study(GOOD.replace(before, after, 1) + also)
        found = [str(fault) for fault in caught.value.faults]
        for word in (*told, *more):
            assert any(word in fault for fault in found), (word, found)
        assert len(found) == len(told) + len(more), found


@pytest.mark.parametrize(("patients", "draws"), [(20, 4), (21, 4), (20, 5)])
def test_the_numbers_that_a_run_holds_are_counted(patients: int, draws: int) -> None:
    """Of each arm, patient and draw those outcomes that are read and four more."""
    text = GOOD.replace("patients = 20", f"patients = {patients}")
    study = parse_study(text.replace("draws = 4", f"draws = {draws}"))
    named = parse_study(
        text.replace(
            'until = "10 d"', 'until = "10 d"\noutcomes = ["pain_relief", "breathing_fall"]'
        )
    )
    outcomes = sum("pain" in entry.indications for entry in definitions().values())
    assert values_kept(study) == 2 * patients * draws * (outcomes + 4)
    assert values_kept(named) == 2 * patients * 4 * 6


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("weight = 2", f'weight = "{"x" * 300}"'),
        ("patients = 20", f'patients = "{"x" * 300}"'),
        ("draws = 4", f"draws = {[1] * 150}"),
    ],
)
def test_of_a_long_value_its_beginning_is_shown(before: str, after: str) -> None:
    with pytest.raises(StudyError) as caught:
        parse_study(GOOD.replace(before, after, 1))
    (fault,) = caught.value.faults
    assert len(fault.found) == 120


@pytest.mark.parametrize(
    ("size", "told"), [(50_000_000, "which is no JSON"), (50_000_001, "a file beyond 50 MB")]
)
def test_a_fit_of_fifty_megabytes_is_read_and_no_larger_one(
    size: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "fit.json").touch()
    os.truncate(tmp_path / "fit.json", size)
    with pytest.raises(StudyError, match=told):
        parse_study(GOOD + '[[fitted]]\nfile = "fit.json"\n', folder=tmp_path)
