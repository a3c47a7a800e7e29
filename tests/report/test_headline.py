"""What a study asks is answered, benefits first."""

from types import SimpleNamespace

from speciosa.report.first.headline import headline
from speciosa.study.endpoints import definitions


def test_what_the_study_asks_is_answered_benefits_first() -> None:
    asked = ("breathing_fall", "acute_relief", "nausea")
    run = SimpleNamespace(
        study=SimpleNamespace(indication="pain", follow_up=SimpleNamespace(outcomes=asked)),
        definitions={key: definitions()[key] for key in asked},
    )
    keys = [outcome.key for outcome in headline(run)]  # type: ignore[arg-type]
    assert keys == ["acute_relief", "breathing_fall", "nausea"]
