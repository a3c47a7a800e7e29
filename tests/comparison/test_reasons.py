"""Why a figure is not there, whether a study can be asked at all, and what a run rests on, in words."""

import pytest
from tests.comparison.test_compare import STUDY as WEIGHED
from tests.comparison.test_findings import STUDY, found

from speciosa.comparison.findings import no_model
from speciosa.comparison.run import question
from speciosa.comparison.special import special_people
from speciosa.errors import StudyError
from speciosa.outcomes import Outcomes
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Arm
from speciosa.study.result import StudyRun


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
