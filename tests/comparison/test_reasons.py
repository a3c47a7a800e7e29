"""Why a figure is not there, whether a study can be asked at all, and what a run rests on, in words."""

from pathlib import Path

import pytest
from tests.comparison.test_compare import STUDY as WEIGHED
from tests.comparison.test_findings import STUDY, found

from speciosa.comparison.findings import no_model
from speciosa.comparison.run import compare, question
from speciosa.comparison.special import special_people
from speciosa.errors import StudyError
from speciosa.outcomes import Outcomes
from speciosa.study.lock import write_lock
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Arm
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study
from speciosa.study.store import load

SMALL = """
title = "Small"
question = "Which?"
[population]
patients = 2
draws = 1
[follow_up]
until = "6 h"
outcomes = ["breathing_fall"]
[[arms]]
name = "Codeine"
regimen = "30 mg codeine oral"
[[arms]]
name = "Nothing"
regimen = "none"
[evidence]
networks = []
claims = false
risks = false
"""


@pytest.mark.parametrize(
    ("regimen", "said"),
    [
        ("none", "the time in which it is read is empty"),
        ("200 mg ketoconazole oral", "no model of what ketoconazole does to it"),
        (
            "200 mg ketoconazole oral; 300 mg rifampicin oral",
            "no model of what ketoconazole and rifampicin do to it",
        ),
    ],
)
def test_what_no_model_holds(regimen: str, said: str) -> None:
    assert no_model(Arm(name="x", regimen=regimen)) == said


def test_failures_and_an_empty_time_are_told_apart() -> None:
    """Nothing failed and no time is left; or patients failed in some draw."""
    levels = {("Codeine", "pain_relief"): 1.0}
    row = found(levels)["pain_relief"]
    assert row.cells["Ketoconazole"].reason == "no model of what ketoconazole does to it"
    assert row.cells["Codeine"].reason == "not told of Nothing, from which it would differ"
    failed = found(levels, {"too many steps": 1})["pain_relief"]
    assert failed.cells["Ketoconazole"].reason == "in some draw no patient could be solved"


def test_weights_that_cannot_be_are_refused_before_anything_runs() -> None:
    """Each entry holds alone; no weights satisfy both ratios."""
    text = WEIGHED.replace("weight = 3\n", "").replace("weight = 1\n", "")
    assert question(parse_study(text))[0].benefit_risk is not None
    for one, other in (("pain_relief", "breathing_fall"), ("breathing_fall", "pain_relief")):
        text += f'[[benefit_risk.ratios]]\nof = "{one}"\nto = "{other}"\nbetween = [2.0, 3.0]\n'
    with pytest.raises(StudyError, match="benefit_risk: "):
        question(parse_study(text))


def test_a_run_without_an_arm_that_gives_anything_has_no_special_people() -> None:
    study = parse_study(STUDY)
    nothing = study.model_copy(update={"arms": tuple(a for a in study.arms if a.name == "Nothing")})
    assert special_people(StudyRun(nothing, {}, (), Outcomes.concat([]))) == ()


def test_stages_are_told_and_finished_arms_are_kept_until_a_fresh_run(tmp_path: Path) -> None:
    """Also those of special people; a fresh run writes every one anew."""
    study = parse_study(SMALL)

    def stages(*, fresh: bool) -> list[tuple[str, int, int]]:
        told: list[tuple[str, int, int]] = []
        compare(
            study, folder=tmp_path, threads=1, fresh=fresh, progress=lambda *at: told.append(at)
        )
        return told

    def written() -> dict[str, int]:
        return {str(p.relative_to(tmp_path)): p.stat().st_ino for p in tmp_path.rglob("*.npz")}

    first = stages(fresh=False)
    assert first[-4:] == [
        ("special people", 0, 1), ("special people", 1, 1), ("pooling trials", 0, 1), ("pooling trials", 1, 1),
    ]  # fmt: skip
    assert first[0] == ("patients", 0, 4) and first[-5] == ("patients", 4, 4)
    before = written()
    assert any("special" in name for name in before)
    again = stages(fresh=False)
    assert again[-4:] == first[-4:] and ("patients", 4, 4) in again and written() == before
    assert stages(fresh=True) == first
    after = written()
    assert after.keys() == before.keys() and all(after[name] != before[name] for name in before)


def test_a_lock_file_has_both_its_tables(tmp_path: Path) -> None:
    path = tmp_path / "study.lock.toml"
    study = parse_study(SMALL)
    write_lock(path, study, [])
    assert question(path)[0] == study
    path.write_text(path.read_text(encoding="utf-8").replace("[lock", "[locks"), encoding="utf-8")
    with pytest.raises(StudyError, match="title: expected a value, found none"):
        question(path)


def test_kinds_of_pain_that_a_study_does_not_read_are_left_out_if_it_reads_another() -> None:
    read = found({("Codeine", "pain_relief"): 1.0, ("Nothing", "pain_relief"): 0.0})
    assert "pain_relief" in read and "acute_responders" not in read


@pytest.mark.parametrize(("patients", "draws", "shape"), [(3, 2, (2, 3)), (11, 2, (2, 8))])
def test_special_people_are_few_and_what_the_study_fixes_stays(
    tmp_path: Path, patients: int, draws: int, shape: tuple[int, int]
) -> None:
    """At most eight people a draw; a group that the study fixes is none of them."""
    text = SMALL.replace("patients = 2", f'patients = {patients}\ncovariates = "cyp2d6=poor"')
    run = run_study(parse_study(text.replace("draws = 1", f"draws = {draws}")), threads=1)
    found = special_people(run, folder=tmp_path, threads=1)
    groups = {each.group for each in found}
    assert "kidneys" in groups and "metaboliser" not in groups
    arms = [load(path) for path in tmp_path.rglob("*.npz")]
    assert arms and all(
        arm is not None and arm.values["breathing_fall"].shape == shape for arm in arms
    )
    assert len(arms) == 1 + sum(each.modelled for each in found)
